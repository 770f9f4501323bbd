import { z } from 'zod'
import { parseInstant } from '../time/instant.ts'
import { isZone } from '../time/zone.ts'
import { key, type NewEvent, realities } from './envelope.ts'
import { commandOf } from './index.ts'
import { metaCommandOf, metaCommands } from './meta.ts'
import { place } from './place.ts'
import { source } from './source.ts'
import { id, streamName, text } from './text.ts'

const instant = z
  .string()
  .refine((value) => parseInstant(value) === value, 'must be an instant as the ledger writes it')
const uuid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'must be a lower-case UUID')

const moment = z
  .strictObject({
    text: z.string().nullable(),
    zone: z.string().refine(isZone, 'must be an IANA time zone').nullable(),
    earliest: instant.nullable(),
    latest: instant,
  })
  .refine(({ earliest, latest }) => earliest === null || earliest <= latest, 'must not end before it begins')

const envelope = z.strictObject({
  id: uuid,
  type: text,
  schemaVersion: z.number().int().min(1),
  kind: text,
  stream: streamName,
  revision: z.number().int().min(0),
  recordedAt: instant,
  recordedBy: text,
  key: key.optional(),
  restored: z.strictObject({ at: instant, from: text }).optional(),
  acceptAnomaly: text.optional(),
  reality: z.enum(realities),
  crisis: id.optional(),
  when: moment.optional(),
  source: source.optional(),
  places: z.array(place).optional(),
  refs: z.strictObject({ causedBy: z.array(uuid).optional(), basedOn: z.array(uuid).optional() }).optional(),
  note: text.optional(),
  data: z.record(z.string(), z.unknown()),
})

/** What of an event about another event a schema of commands does not describe: resolved times, and an id. */
const metaData = z.looseObject({
  eventId: uuid,
  when: moment.optional(),
  zone: z.string().refine(isZone, 'must be an IANA time zone').optional(),
})

/** An event as an export has it: all but its position. */
export type Exported = NewEvent & { revision: number; recordedAt: string }

type Issue = { path: PropertyKey[]; message: string }

const ownData = (event: z.output<typeof envelope>): Issue[] => {
  const meta = metaCommandOf(event.type)
  const known = commandOf(event.type)
  if (!meta && !known) return []
  const { when: _when, ...said } = event.data
  const results = meta
    ? [metaData.safeParse(event.data), metaCommands[meta].schema.safeParse(said)]
    : [known!.command.schema.safeParse(event.data)]
  return results.flatMap(({ error }) =>
    (error?.issues ?? []).map((issue) => ({ path: ['data', ...issue.path], message: issue.message })),
  )
}

/** The schema of a recorded event without its position, own fields included. A type unknown here is let through. */
export const recorded = envelope.superRefine((event, context) => {
  const meta = metaCommandOf(event.type) !== undefined
  if (!event.stream.startsWith(`${event.kind}-`))
    context.addIssue({ code: 'custom', path: ['stream'], message: 'must begin with its kind' })
  const known = commandOf(event.type)
  if (known && known.kind.name !== event.kind)
    context.addIssue({ code: 'custom', path: ['type'], message: `is an event of ${known.kind.plural}` })
  if (meta === (event.when !== undefined) && (meta || known))
    context.addIssue({
      code: 'custom',
      path: ['when'],
      message: meta ? 'has no when of its own' : 'is required',
    })
  for (const { path, message } of ownData(event)) context.addIssue({ code: 'custom', path, message })
})
