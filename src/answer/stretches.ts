import type { Lapse } from '../../projections/projection.ts'
import type { Instant } from '../time/instant.ts'
import { type Candidate, outcomesAt } from './candidates.ts'
import type { Known } from './known.ts'

/** A stretch of valid time between two moments at which something may change. Null: open. */
export type Stretch = {
  from: Instant | null
  to: Instant | null
  candidates: readonly Candidate[]
  /** The events and the lapse one of whose bounds lies at `from`. */
  events: readonly string[]
  lapse: Lapse | null
}

/** Which events have a bound at which moment, from one on. `''` is before everything. */
const boundsOf = ({ entries, steps, reach }: Known, from: string): Map<string, string[]> => {
  const bounds = new Map<string, string[]>()
  const late = from === '' ? entries : steps.slice(firstFrom(reach, from)).map(({ entry }) => entry)
  for (const { event, earliest, latest } of late)
    for (const bound of earliest === latest ? [earliest] : [earliest, latest]) {
      if (bound < from) continue
      const ids = bounds.get(bound)
      if (ids) ids.push(event.id)
      else bounds.set(bound, [event.id])
    }
  return bounds
}

/** The place of the first text that is not before another, in an ascending list. */
export const firstFrom = (ascending: readonly string[], least: string): number => {
  let low = 0
  let high = ascending.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (ascending[middle]! < least) low = middle + 1
    else high = middle
  }
  return low
}

/** Valid time from a moment on (`''`: from before anything), cut at every bound of an event and of a lapse. */
export function* stretches(known: Known, start = ''): Generator<Stretch> {
  const bounds = boundsOf(known, start)
  const moments = [...bounds.keys()].filter((bound) => bound !== '').toSorted()
  let index = 0
  let lapse: Lapse | null = null
  for (let at: string | null = start; at !== null;) {
    const { candidates, next } = outcomesAt(known, at)
    while (index < moments.length && moments[index]! <= at) index++
    const bound: string | undefined = moments[index]
    const lapses: boolean = next !== null && (bound === undefined || next.at <= bound)
    const to: string | null = lapses ? next!.at : (bound ?? null)
    yield { from: at === '' ? null : at, to, candidates, events: bounds.get(at) ?? [], lapse }
    lapse = lapses ? next!.lapse : null
    at = to
  }
}
