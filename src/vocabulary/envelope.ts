import { z } from 'zod'
import type { Instant } from '../time/instant.ts'
import type { Moment } from '../time/moment.ts'
import { eventName } from './meta.ts'
import { type Place, place } from './place.ts'
import { type Source, source } from './source.ts'
import { id, text } from './text.ts'

export type { Moment }

export const realities = ['actual', 'exercise', 'test'] as const
export type Reality = (typeof realities)[number]

const refs = z.strictObject({
  causedBy: z.array(eventName).optional(),
  basedOn: z.array(eventName).optional(),
})
export type Refs = z.output<typeof refs>

const about = {
  reality: z.enum(realities).optional().describe('Fixed by the first event of a stream; default actual'),
  crisis: id.optional().describe('A free key that groups what belongs together'),
  refs: refs.optional().describe('The events it follows from'),
  note: text.optional(),
  acceptAnomaly: text.optional().describe('Record it although its lifecycle does not allow it: why'),
}

/** The body of a command that records an event of the world. `data` is the event's own. */
export const domainBody = z.strictObject({
  when: text.max(200).optional().describe('When it came to hold in the world (EDTF subset); default now'),
  zone: text.max(100).optional().describe('IANA time zone; needed with a date and with a term'),
  source,
  places: z.array(place).optional(),
  ...about,
  data: z.record(z.string(), z.unknown()).default({}),
})
export type DomainBody = z.output<typeof domainBody>

/** The body of a command about an earlier event. What it says is in `data`. */
export const metaBody = z.strictObject({
  source: source.optional(),
  ...about,
  data: z.record(z.string(), z.unknown()).default({}),
})
export type MetaBody = z.output<typeof metaBody>

/** The idempotency key of an event, unique in its stream. */
export const key = z.string().regex(/^[\x20-\x7e]{1,200}$/, 'must be 1 to 200 printable ASCII characters')

/**
 * An appended, immutable record: a source asserted something. `when` is the moment from which it held in the world;
 * an event about another event has none. `position` is its place in the whole log: compare, never compute.
 */
export type Event = {
  id: string
  type: string
  schemaVersion: number
  kind: string
  stream: string
  revision: number
  position: number
  recordedAt: Instant
  recordedBy: string
  key?: string
  restored?: { at: Instant; from: string }
  acceptAnomaly?: string
  reality: Reality
  crisis?: string
  when?: Moment
  source?: Source
  places?: readonly Place[]
  refs?: Refs
  note?: string
  data: Readonly<Record<string, unknown>>
}

/** What the ledger hands to the log: all but what the log gives. `recordedAt` only when restored or copied. */
export type NewEvent = Omit<Event, 'revision' | 'position' | 'recordedAt'> & { recordedAt?: Instant }

/** The name of an entity's stream. */
export const streamOf = (kind: string, entityId: string): string => `${kind}-${entityId}`
/** The id of the entity whose stream this is. */
export const idOf = (event: { kind: string; stream: string }): string =>
  event.stream.slice(event.kind.length + 1)
