import type { Lapse } from '../../projections/projection.ts'
import type { Instant } from '../time/instant.ts'
import { type Candidate, outcomesAt } from './candidates.ts'
import { entriesOf, type Known } from './known.ts'
import { firstReaching } from './step.ts'

/** A stretch of valid time between two moments at which something may change, and the lapse at `from`. Null: open. */
export type Stretch = {
  from: Instant | null
  to: Instant | null
  candidates: readonly Candidate[]
  lapse: Lapse | null
}

/** A stretch with the events one of whose bounds lies at `from`. */
export type Turn = Stretch & { events: readonly string[] }

/**
 * Valid time from a moment on (`''`: from before anything), cut at every bound of an event and of a lapse, up to an end,
 * if there is one.
 */
export function* stretches(known: Known, start = '', end: Instant | null = null): Generator<Stretch> {
  const moments = momentsOf(known, start, end)
  let index = 0
  let lapse: Lapse | null = null
  for (let at: string | null = start; at !== null && at !== end;) {
    const { candidates, next } = outcomesAt(known, at)
    while (index < moments.length && moments[index]! <= at) index++
    const bound: string | null = index < moments.length ? moments[index]! : end
    const lapses: boolean = next !== null && (bound === null || next.at <= bound)
    const to: string | null = lapses ? next!.at : bound
    yield { from: at === '' ? null : at, to, candidates, lapse }
    lapse = lapses ? next!.lapse : null
    at = to
  }
}

/** All stretches of valid time, each with the events that it begins with. */
export function* turns(known: Known): Generator<Turn> {
  const events = new Map<string, string[]>()
  for (const { event, earliest, latest } of entriesOf(known))
    for (const bound of new Set([earliest, latest])) {
      const ids = events.get(bound)
      if (ids) ids.push(event.id)
      else events.set(bound, [event.id])
    }
  for (const stretch of stretches(known)) yield { ...stretch, events: events.get(stretch.from ?? '') ?? [] }
}

/** The bounds of events after a moment and before another, each once, in their order. */
const momentsOf = ({ steps }: Known, from: string, end: string | null): string[] => {
  const moments: string[] = []
  for (let index = from === '' ? 0 : firstReaching(steps, from); index < steps.length; index++) {
    const { dawn, entry } = steps[index]!
    if (end !== null && dawn >= end) break
    const { earliest, latest } = entry
    if (earliest > from && (end === null || earliest < end)) enter(moments, earliest)
    if (latest !== earliest && latest > from && (end === null || latest < end)) enter(moments, latest)
  }
  return moments
}

/** Enters a moment where it belongs, if it is not there. Most come nearly in their order. */
const enter = (moments: string[], moment: string): void => {
  let place = moments.length
  while (place > 0 && moments[place - 1]! > moment) place--
  if (place > 0 && moments[place - 1] === moment) return
  if (place === moments.length) moments.push(moment)
  else moments.splice(place, 0, moment)
}
