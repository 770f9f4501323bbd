import type { History } from '../../src/readmodel/core.ts'
import type { Event } from '../../src/vocabulary/envelope.ts'

/** Events in memory as a read model reads them. They may become more. */
export const historyOf = (events: readonly Event[]): History => ({
  stream: (name) => events.filter(({ stream }) => stream === name),
  recordedAtOf: (position) => events.findLast((event) => event.position <= position)?.recordedAt ?? null,
})
