import type { History } from '../../src/readmodel/history.ts'
import type { Events } from '../../src/readmodel/store.ts'
import type { Event } from '../../src/vocabulary/envelope.ts'

/** Events in memory as a read model reads them. They may become more. */
export const historyOf = (events: readonly Event[]): History => ({
  stream: (name) => events.filter(({ stream }) => stream === name),
  at: (positions) => events.filter(({ position }) => positions.includes(position)),
  recordedAtOf: (position) => events.findLast((event) => event.position <= position)?.recordedAt ?? null,
})

/** The same with what else a log is asked for. */
export const eventsOf = (events: readonly Event[]): Events => ({
  ...historyOf(events),
  one: (id) => events.find((event) => event.id === id),
  after: (position, limit) => events.filter((event) => event.position > position).slice(0, limit),
  *from(after, upTo = Infinity) {
    yield* events.filter(({ position }) => position > after && position <= upTo)
  },
})
