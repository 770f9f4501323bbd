import { z } from 'zod'
import { text } from '../../../vocabulary/text.ts'
import { event } from './event.ts'
import { at, coordinate, ofKinds, row } from './row.ts'
import { cursor, eventId, instant, position } from './scalar.ts'

const change = z
  .strictObject({
    kind: text,
    id: text,
    change: z.enum(['added', 'changed', 'removed']),
    before: row.nullable(),
    after: row.nullable(),
    because: z.array(z.union([eventId, z.strictObject({ lapse: text })])),
  })
  .meta({ id: 'Change', description: 'How a row differs, and the events or the lapse that did it' })

export const replayMoment = z
  .strictObject({
    at: instant,
    asOf: instant,
    knownAt: instant.nullable(),
    position,
    changes: z.array(change),
  })
  .meta({ id: 'ReplayMoment', description: 'A moment at which rows changed' })

export const diff = z
  .strictObject({
    from: coordinate,
    to: coordinate,
    knowledge: z.array(change).describe('To the same `asOf` as known at the other position'),
    world: z.array(change).describe('From there to the other `asOf`'),
    next: cursor,
  })
  .meta({ id: 'Diff', description: 'What changed in our knowledge, then in the world' })

const changes = z.array(change)

export const streamedPicture = z
  .strictObject({ ...at, kinds: ofKinds.partial() })
  .meta({ id: 'StreamedPicture', description: 'The picture, of the kinds asked for' })

export const streamedEvent = event
  .safeExtend({ changes })
  .meta({ id: 'StreamedEvent', description: 'An event, and the row that it changed' })

export const streamedLapse = z.strictObject({ at: instant, asOf: instant, changes }).meta({
  id: 'StreamedLapse',
  description: 'A moment that was reached, and the rows that time alone changed',
})

export const streamDropped = z
  .strictObject({ reason: z.enum(['slow_reader', 'answers_stopped']), position })
  .meta({
    id: 'StreamDropped',
    description:
      'The last word to one who reads too slowly, or where the answers no longer follow the log, and where to go on',
  })
