import { z } from 'zod'
import { text } from '../../../vocabulary/text.ts'
import { moment, recordedSource } from './event.ts'
import { at, candidates, rowFields } from './row.ts'
import { cursor, eventId, ids, instant, position } from './scalar.ts'

const because = z
  .union([
    z.strictObject({
      eventId,
      type: text,
      when: moment,
      source: recordedSource.optional(),
      note: text.optional(),
      flagged: z.boolean(),
      correctedBy: ids,
      disputedBy: ids,
      corroboratedBy: ids,
      why: z
        .enum(['retracted', 'undecided', 'later'])
        .optional()
        .describe('Why it does not count; only in `aside`'),
    }),
    z.strictObject({
      lapse: text.describe('The status that time brought'),
      earliest: instant.nullable(),
      latest: instant,
    }),
  ])
  .meta({
    id: 'Because',
    description: 'An event, or a lapse, that makes a row as it is; or an event that does not count',
  })

const bounds = z.strictObject({ earliest: instant.nullable(), latest: instant.nullable() }).nullable()

export const entity = z
  .strictObject({
    ...at,
    ...rowFields,
    since: bounds.describe('Since when it has this status'),
    until: bounds.describe('Until when; null: open, or there is no state'),
    basis: z.array(because).describe('What makes it so, in order'),
    aside: z.array(because).describe('What does not count here, and why'),
  })
  .meta({ id: 'Entity', description: 'One entity at one coordinate, and why it is so' })

export const history = z
  .strictObject({
    ...at,
    versions: z.array(z.strictObject({ from: instant.nullable(), to: instant.nullable(), candidates })),
    next: cursor,
  })
  .meta({
    id: 'History',
    description: 'The versions of an entity along valid time. `from` or `to` null: open',
  })

export const knowledge = z
  .strictObject({
    ...at,
    versions: z.array(
      z.strictObject({
        fromPosition: position,
        toPosition: position.nullable(),
        fromRecordedAt: instant,
        because: ids,
        candidates,
      }),
    ),
    next: cursor,
  })
  .meta({
    id: 'Knowledge',
    description: 'How knowledge of one moment changed. `toPosition` is exclusive; null: open',
  })

export const foundVersion = z
  .strictObject({ kind: text, id: text, from: instant, to: instant.nullable(), candidates })
  .meta({ id: 'FoundVersion', description: 'A version, and whose it is. `to` null: open' })

export const versions = z
  .strictObject({ ...at, versions: z.array(foundVersion), next: cursor })
  .meta({ id: 'Versions', description: 'The versions that overlap a window of valid time' })
