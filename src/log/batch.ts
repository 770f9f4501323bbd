import { invalidAt, LedgerError } from '../errors.ts'
import type { Instant } from '../time/instant.ts'
import type { Event, NewEvent } from '../vocabulary/envelope.ts'
import { frozenJson } from './json.ts'
import { type Appended, type Expected, limits } from './log.ts'

/** The events of one append, found fit to be stored: `after` is the revision they follow, -1 where there is no stream. */
export type Batch = {
  stream: string
  after: number
  notBefore: Instant
  events: readonly Given[]
  bytes: number
}

/** An event as it was given, and its text. What a restore adds stands apart, so that it never makes an event too large. */
export type Given = {
  event: Omit<NewEvent, 'recordedAt' | 'restored'>
  text: string
  bytes: number
  recordedAt?: Instant
  restored?: NonNullable<Event['restored']>
}

/**
 * Looks at everything that can be refused without reading the log. What the events hold is frozen from here on.
 * Throws `invalid` with the place at fault, or `too_large`.
 */
export const createBatch = (
  stream: string,
  events: readonly NewEvent[],
  expected: Expected,
  notBefore?: Instant,
): Batch => {
  requireName('', stream)
  if (expected !== 'no_stream' && !(Number.isSafeInteger(expected) && expected >= 0))
    throw new LedgerError('invalid', `An append expects no_stream or a revision from 0, not ${expected}.`)
  if (notBefore !== undefined) requireInstant('', notBefore)
  if (events.length === 0) throw new LedgerError('invalid', 'An append needs at least one event.')
  const given = events.map((event, index) => givenOf(event, stream, `/${index}`))
  if (given.length > 1) requireOwnIds(given)
  const bytes = given.reduce((sum, { bytes }) => sum + bytes + limits.added, 0)
  if (bytes > limits.append)
    throw new LedgerError('too_large', `An append holds at most ${limits.append} bytes, this one ${bytes}.`)
  return {
    stream,
    after: expected === 'no_stream' ? -1 : expected,
    notBefore: notBefore ?? '',
    events: given,
    bytes,
  }
}

/** Throws `too_large` for an event whose JSON has more bytes than a log takes. */
export const requireEventSize = (bytes: number): void => {
  if (bytes > limits.event)
    throw new LedgerError('too_large', `An event holds at most ${limits.event} bytes, this one ${bytes}.`)
}

const requireOwnIds = (given: readonly Given[]): void => {
  const ids = new Set<string>()
  for (const [index, { event }] of given.entries()) {
    if (ids.has(event.id))
      throw invalidAt(`/${index}/id`, `Two events of one append have the id ${event.id}.`)
    ids.add(event.id)
  }
}

/** What is stored of an event: its JSON without `position`, and the event as every read gives it, its members in that order. */
export const storedEvent = (
  { event, text, restored }: Given,
  place: { revision: number; position: number; recordedAt: Instant },
): { text: string; event: Event } => {
  const { revision, position, recordedAt } = place
  const added = restored === undefined ? { revision, recordedAt } : { revision, recordedAt, restored }
  return {
    text: `${JSON.stringify(added).slice(0, -1)},${text.slice(1)}`,
    event: Object.freeze({ ...added, ...event, position }),
  }
}

/** An event as it is stored, and its JSON. */
export type Frozen = { text: string; value: Event }

/** An event that is in the table, and its JSON as an append tells it: with `position`, where the text of the table has none. */
export const frozenAt = (text: string, value: Event): Frozen => ({
  text: `${text.slice(0, -1)},"position":${value.position}}`,
  value,
})

/**
 * An event that was sent from here to a log that is elsewhere; `stored` once it came back and is in the table. `judged`: it was
 * found to be an event at this revision, recorded at this time, by what the table had.
 */
export type Own = {
  given: Given
  recordedAt: Instant
  judged?: { revision: number; recordedAt: Instant }
  stored?: Frozen
}

/** What is told of events that were appended together. */
export const appendedOf = (stored: readonly Frozen[]): Appended => {
  const { revision, position } = stored.at(-1)!.value
  return {
    revision,
    position,
    events: stored.map(({ value }) => value),
    texts: stored.map(({ text }) => text),
  }
}

const givenOf = (given: NewEvent, stream: string, pointer: string): Given => {
  const { recordedAt, restored, ...rest } = given
  const { text, value: event } = frozenJson(rest, pointer)
  requireName(`${pointer}/type`, event.type)
  if (event.stream !== stream)
    throw invalidAt(`${pointer}/stream`, `An event of ${event.stream} cannot be appended to ${stream}.`)
  if (typeof event.id !== 'string' || !uuid.test(event.id))
    throw invalidAt(`${pointer}/id`, 'The id of an event is a UUID in lower case.')
  for (const name in event)
    if (name === '' || name.startsWith('$') || name === 'revision' || name === 'position')
      throw invalidAt(`${pointer}/${name}`, `An event that is appended cannot have a field "${name}".`)
  const bytes = Buffer.byteLength(text)
  requireEventSize(bytes)
  if (recordedAt !== undefined) requireInstant(`${pointer}/recordedAt`, recordedAt)
  if (restored !== undefined) frozenJson(restored, `${pointer}/restored`)
  return {
    event,
    text,
    bytes,
    ...(recordedAt !== undefined && { recordedAt }),
    ...(restored !== undefined && { restored }),
  }
}

const requireName = (pointer: string, name: unknown): void => {
  if (
    typeof name !== 'string' ||
    name === '' ||
    name.startsWith('$') ||
    name.includes('\0') ||
    !name.isWellFormed()
  )
    throw invalidAt(pointer, 'A name must not be empty, begin with $, or hold NUL or half a surrogate pair.')
}

const requireInstant = (pointer: string, text: unknown): void => {
  if (typeof text !== 'string' || !instant.test(text))
    throw invalidAt(pointer, 'The log keeps instants in UTC with milliseconds: 2024-01-09T05:00:00.000Z.')
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
