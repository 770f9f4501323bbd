import type { Lapse } from '../../projections/projection.ts'
import type { Instant } from '../time/instant.ts'
import { type Candidate, outcomesAt } from './candidates.ts'
import type { Entry } from './counted.ts'
import { entriesOf, type Known } from './known.ts'
import { firstReaching } from './order.ts'

/** A stretch of valid time between two moments at which something may change. Null: open. */
export type Stretch = {
  from: Instant | null
  to: Instant | null
  candidates: readonly Candidate[]
  /** The events and the lapse one of whose bounds lies at `from`. */
  events: readonly string[]
  lapse: Lapse | null
}

/** Which events have a bound at which moment, from one on (`''`: from before everything) and before another. */
const boundsOf = (known: Known, from: string, end: string | null): Map<string, string[]> => {
  const { steps } = known
  const bounds = new Map<string, string[]>()
  const add = ({ event, earliest, latest }: Entry) => {
    for (const bound of earliest === latest ? [earliest] : [earliest, latest]) {
      if (bound < from || (end !== null && bound >= end)) continue
      const ids = bounds.get(bound)
      if (ids) ids.push(event.id)
      else bounds.set(bound, [event.id])
    }
  }
  if (from === '') for (const entry of entriesOf(known)) add(entry)
  else
    for (let index = firstReaching(steps, from); index < steps.length; index++) {
      if (end !== null && steps[index]!.dawn >= end) break
      add(steps[index]!.entry)
    }
  return bounds
}

/**
 * Valid time from a moment on (`''`: from before anything), cut at every bound of an event and of a lapse, up to an end,
 * if there is one.
 */
export function* stretches(known: Known, start = '', end: Instant | null = null): Generator<Stretch> {
  const bounds = boundsOf(known, start, end)
  const moments = [...bounds.keys()].filter((bound) => bound !== '').sort()
  let index = 0
  let lapse: Lapse | null = null
  for (let at: string | null = start; at !== null && at !== end;) {
    const { candidates, next } = outcomesAt(known, at)
    while (index < moments.length && moments[index]! <= at) index++
    const bound: string | null = moments[index] ?? end
    const lapses: boolean = next !== null && (bound === null || next.at <= bound)
    const to: string | null = lapses ? next!.at : bound
    yield { from: at === '' ? null : at, to, candidates, events: bounds.get(at) ?? [], lapse }
    lapse = lapses ? next!.lapse : null
    at = to
  }
}
