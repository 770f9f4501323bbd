import { type Instant, instantOf, millisecondsOf } from '../time/instant.ts'
import { outcomesAt } from './candidates.ts'
import type { Known } from './known.ts'

/** The moment just before another: instants are whole milliseconds. */
export const justBefore = (at: Instant): Instant => instantOf(millisecondsOf(at) - 1)

/** The first moment after one at which time alone may change something: a bound of an event or of a lapse. Null: none. */
export const nextMoment = (known: Known, asOf: Instant): Instant | null => {
  let next = outcomesAt(known, asOf).next?.at ?? null
  for (const { earliest, latest } of known.entries)
    for (const bound of [earliest, latest]) if (bound > asOf && (next === null || bound < next)) next = bound
  return next
}

/** The events and the lapse one of whose bounds lies at a moment. */
export const turningAt = (known: Known, at: Instant): readonly (string | { lapse: string })[] => {
  const events = known.entries
    .filter(({ earliest, latest }) => earliest === at || latest === at)
    .map(({ event }) => event.id)
  const { next } = outcomesAt(known, justBefore(at))
  return next?.at === at ? [...events, { lapse: next.lapse.status }] : events
}
