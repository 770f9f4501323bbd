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

/** Which events have a bound at which moment. `''` is before everything. */
const boundsOf = ({ entries }: Known): Map<string, string[]> => {
  const bounds = new Map<string, string[]>()
  for (const { event, earliest, latest } of entries)
    for (const bound of new Set([earliest, latest])) {
      const ids = bounds.get(bound)
      if (ids) ids.push(event.id)
      else bounds.set(bound, [event.id])
    }
  return bounds
}

/** Valid time from before anything on, cut at every bound of an event and of a lapse. */
export function* stretches(known: Known): Generator<Stretch> {
  const bounds = boundsOf(known)
  const moments = [...bounds.keys()].filter((bound) => bound !== '').toSorted()
  let index = 0
  let lapse: Lapse | null = null
  for (let at: string | null = ''; at !== null;) {
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
