import { z } from 'zod'
import { place } from './place.ts'
import { credibility, reliability } from './source.ts'
import { text } from './text.ts'

/** An event by its id, or by `<stream>#<key>`; the id is what is stored. */
export const eventName = z
  .string()
  .min(1)
  .max(310)
  .describe('An event: its id, or <stream>#<key>')
  .meta({ example: 'emergency-ec-110-2024#decree-110' })

const eventId = eventName
const reason = text.describe('Why')
const when = text.max(200).describe('One moment (EDTF subset)')
const zone = text.max(100).describe('IANA time zone')
const places = z.array(place)

const meta = (
  event: string,
  about: string,
  schema: z.ZodObject,
  example: Record<string, unknown>,
  sourced: boolean,
) => ({
  event,
  about,
  schema,
  example,
  sourced,
})

const correction = z.strictObject({
  eventId,
  when: when.optional(),
  zone: zone.optional(),
  places: places.optional(),
  note: text.optional(),
  data: z.record(z.string(), z.unknown()).optional(),
  reason,
})

/**
 * What can be said about an earlier event of the same stream. `sourced`: a source must say it; the desk's own may go
 * without. Each field a correction gives replaces that field whole.
 */
export const metaCommands = {
  correct: meta(
    'EntryCorrected',
    'We recorded it wrongly, or not all of it',
    correction,
    {
      when: '2024-01-06T19:00-05:00/2024-01-07',
      zone: 'America/Guayaquil',
      reason: 'A closer time was given',
    },
    false,
  ),
  retract: meta(
    'EntryRetracted',
    'The source took it back, or it was a duplicate',
    z.strictObject({ eventId, reason }),
    { reason: 'Recorded twice' },
    false,
  ),
  corroborate: meta(
    'EntryCorroborated',
    'One more source says the same',
    z.strictObject({ eventId }),
    {},
    true,
  ),
  dispute: meta(
    'EntryDisputed',
    'Another source says otherwise',
    z.strictObject({ eventId, reason, when: when.optional(), zone: zone.optional() }),
    { reason: 'Says it was declared on Tuesday', when: '2024-01-09', zone: 'America/Lima' },
    true,
  ),
  rate: meta(
    'EntryRated',
    'How far it can be relied on (Admiralty code)',
    z.strictObject({ eventId, reliability, credibility }),
    { reliability: 'B', credibility: '2' },
    false,
  ),
} as const

export type MetaCommandName = keyof typeof metaCommands
export const isMetaCommand = (name: string): name is MetaCommandName => Object.hasOwn(metaCommands, name)

const byEvent = new Map<string, MetaCommandName>(
  Object.entries(metaCommands).map(([name, { event }]) => [event, name as MetaCommandName]),
)
/** The command whose event has this type, if that is one about another event. */
export const metaCommandOf = (eventType: string): MetaCommandName | undefined => byEvent.get(eventType)
