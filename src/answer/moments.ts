import { type Instant, instantOf, millisecondsOf } from '../time/instant.ts'
import { decidedAt, outcomesAt } from './candidates.ts'
import type { Entry } from './counted.ts'
import type { Known } from './known.ts'
import { firstReaching } from './step.ts'

/** The moment just before another: instants are whole milliseconds. */
export const justBefore = (at: Instant): Instant => instantOf(millisecondsOf(at) - 1)

/** The first moment after one at which time alone may change something: a bound of an event or of a lapse. Null: none. */
export const nextMoment = (known: Known, asOf: Instant): Instant | null => {
  const { steps } = known
  let next = outcomesAt(known, asOf).next?.at ?? null
  for (let index = decidedAt(known, asOf); index < steps.length; index++) {
    const { dawn, entry } = steps[index]!
    if (next !== null && dawn >= next) break
    for (const bound of [entry.earliest, entry.latest])
      if (bound > asOf && (next === null || bound < next)) next = bound
  }
  return next
}

/** The events and the lapse one of whose bounds lies at a moment. */
export const turningAt = (known: Known, at: Instant): readonly (string | { lapse: string })[] => {
  const { steps } = known
  const turning: Entry[] = []
  for (let index = firstReaching(steps, at); index < steps.length && steps[index]!.dawn <= at; index++) {
    const { entry } = steps[index]!
    if (entry.earliest === at || entry.latest === at) turning.push(entry)
  }
  const events = turning.sort((a, b) => a.event.revision - b.event.revision).map(({ event }) => event.id)
  const { next } = outcomesAt(known, justBefore(at))
  return next?.at === at ? [...events, { lapse: next.lapse.status }] : events
}
