import { randomUUIDv7 } from 'node:crypto'
import type { NewEvent } from '../../src/vocabulary/envelope.ts'

/** An event that nobody appended yet, with an id of its own. */
export const draft = (stream: string, fields: Partial<NewEvent> = {}): NewEvent => ({
  id: randomUUIDv7(),
  type: 'FugitiveSighted',
  schemaVersion: 1,
  kind: 'fugitive',
  stream,
  recordedBy: 'desk',
  reality: 'actual',
  data: {},
  ...fields,
})

/** As many drafts of a stream. */
export const drafts = (stream: string, count: number): NewEvent[] =>
  Array.from({ length: count }, () => draft(stream))
