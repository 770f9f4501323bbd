import type { Event, Moment } from '../src/vocabulary/envelope.ts'
import type { Actor } from '../src/vocabulary/party.ts'
import { asserterOf } from '../src/vocabulary/source.ts'

/**
 * An event of the world as it is counted: its corrections applied. It always has a `when`. What the log gives it besides its
 * revision counts for nothing, so that it is known before it is recorded.
 */
export type Told<Data = Readonly<Record<string, unknown>>> = Omit<
  Event,
  'data' | 'position' | 'recordedAt'
> & {
  data: Data
  when: Moment
}

/** When something held, and who asserts it. */
export type Telling = { when: Moment; by: Actor }

export const telling = (event: Told<unknown>): Telling => ({
  when: event.when,
  by: event.source ? asserterOf(event.source) : { name: event.recordedBy },
})

/** Whether an end has come when the event's own `when` begins. */
export const isOver = (end: { latest: string }, event: Told<unknown>): boolean =>
  event.when.earliest !== null && end.latest <= event.when.earliest
