import type { Entity } from '../answer/entity.ts'
import { counted } from '../answer/counted.ts'
import { invalidAt, isLedgerError, LedgerError } from '../errors.ts'
import type { Instant } from '../time/instant.ts'
import { type Moment, momentAt, resolveMoment } from '../time/moment.ts'
import { isUntil, requireUntil } from '../time/term.ts'
import { TimeError } from '../time/time-error.ts'
import { isZone } from '../time/zone.ts'
import { type Event, type NewEvent, type Reality, type Refs } from '../vocabulary/envelope.ts'
import { commandOf } from '../vocabulary/index.ts'
import { metaCommandOf, metaCommands } from '../vocabulary/meta.ts'
import type { MetaData, ParsedCommand } from './command.ts'
import { parsed, pointerTo } from './faults.ts'

/** What a decision may look at: entities, and events by id or `<stream>#<key>`. */
export type View = {
  entity(stream: string): Entity | undefined
  event(name: string): Event | undefined
}

/** What the ledger adds to a command: its present, who records, and the id. */
export type Stamp = { now: Instant; recordedBy: string; id: string }

/** A command as the event it would record, and the entity it is about. */
export type Draft = { event: NewEvent; entity: Entity | undefined }

const withPointer = <T>(pointer: string, read: () => T): T => {
  try {
    return read()
  } catch (error) {
    if (error instanceof TimeError) throw invalidAt(pointer, error.message)
    throw error
  }
}

const checkedZone = (zone: string | undefined, pointer: string): string | null => {
  if (zone !== undefined && !isZone(zone))
    throw invalidAt(pointer, `"${zone}" is no IANA time zone; write one such as America/Guayaquil`)
  return zone ?? null
}

const needsZone = ({ term, until }: { term?: unknown; until?: unknown }): boolean =>
  term !== undefined || (typeof until === 'string' && isUntil(until) === 'date')

/** Dates and terms among an event's own fields are read in its zone. */
const checkEnds = (data: Record<string, unknown>, zone: string | null, base: string) => {
  if (zone === null && needsZone(data))
    throw invalidAt(
      `${base}/zone`,
      'is required with a term and with an until that is a date: name the IANA zone it is read in',
    )
  const { until } = data
  if (typeof until === 'string') withPointer(`${base}/data/until`, () => requireUntil(until, zone))
}

/** The cause of a refusal of what names an event that is not there. */
const notKnown = Symbol('not known')

/** Whether a command was refused because it names an event that is not there: it may be on its way from another node. */
export const namesUnknown = (error: unknown): boolean => isLedgerError(error) && error.cause === notKnown

const unknownAt = (pointer: string, name: string): LedgerError => {
  const { code, message, members } = invalidAt(pointer, `there is no event "${name}"`)
  return new LedgerError(code, message, members, notKnown)
}

const refsOf = (refs: Refs | undefined, view: View): Refs | undefined => {
  if (!refs) return undefined
  const ids = (names: readonly string[], field: string) =>
    names.map((name, index) => {
      const event = view.event(name)
      if (!event) throw unknownAt(pointerTo(['refs', field, index]), name)
      return event.id
    })
  return {
    ...(refs.causedBy && { causedBy: ids(refs.causedBy, 'causedBy') }),
    ...(refs.basedOn && { basedOn: ids(refs.basedOn, 'basedOn') }),
  }
}

const realityOf = (given: Reality | undefined, entity: Entity | undefined): Reality => {
  if (entity && given && given !== entity.reality)
    throw invalidAt('/reality', `is fixed by the stream's first event: ${entity.reality}`)
  return given ?? entity?.reality ?? 'actual'
}

const envelopeOf = (parsedCommand: ParsedCommand, entity: Entity | undefined, view: View) => {
  const { crisis, note, source, refs, reality, acceptAnomaly } = parsedCommand.body
  const places = 'places' in parsedCommand.body ? parsedCommand.body.places : undefined
  return {
    head: {
      ...(parsedCommand.key !== undefined && { key: parsedCommand.key }),
      ...(acceptAnomaly !== undefined && { acceptAnomaly }),
      reality: realityOf(reality, entity),
      ...(crisis !== undefined && { crisis }),
    },
    rest: {
      ...(source && { source }),
      ...(places && { places }),
      ...(refs && { refs: refsOf(refs, view)! }),
      ...(note !== undefined && { note }),
    },
  }
}

const domainDraft = (command: ParsedCommand & { meta: null }, view: View, stamp: Stamp): Draft => {
  const { stream } = command
  const entity = view.entity(stream)
  const zone = checkedZone(command.body.zone, '/zone')
  checkEnds(command.data, zone, '')
  const { when: text } = command.body
  const when =
    text === undefined
      ? momentAt(stamp.now, zone)
      : withPointer('/when', () => resolveMoment(text, zone, stamp.now))
  const { head, rest } = envelopeOf(command, entity, view)
  const event: NewEvent = {
    id: stamp.id,
    type: command.command.event,
    schemaVersion: 1,
    kind: command.kind.name,
    stream,
    recordedBy: stamp.recordedBy,
    ...head,
    when,
    ...rest,
    data: command.data,
  }
  return { event, entity }
}

/** The `when` of a correction or a dispute, its zone inside; a zone alone stays beside. */
const momentOf = ({ when, zone }: MetaData, now: Instant): { when?: Moment; zone?: string } => {
  const named = checkedZone(zone, '/data/zone')
  if (when !== undefined) return { when: withPointer('/data/when', () => resolveMoment(when, named, now)) }
  return named === null ? {} : { zone: named }
}

const zoneAsCounted = (entity: Entity, target: Event): string | null => {
  const { entries, retracted } = counted(entity.events, (type) => (commandOf(type) ? 0 : undefined))
  const entry = [...entries, ...retracted].find(({ event }) => event.id === target.id)
  return entry?.event.when.zone ?? null
}

/** The fields a correction gives an event of a type, whole. Throws `invalid`. */
export const correctedData = (type: string, data: Record<string, unknown>): Record<string, unknown> => {
  const known = commandOf(type)
  if (!known) throw invalidAt('/data/data', `${type} is of a newer version: its fields are not known here`)
  return parsed(known.command.schema, data, '/data/data')
}

const correctionData = (
  data: MetaData,
  entity: Entity,
  target: Event,
  now: Instant,
): Record<string, unknown> => {
  const { when: _when, zone: _zone, data: own, ...rest } = data
  if (!['when', 'zone', 'places', 'note', 'data'].some((field) => Object.hasOwn(data, field)))
    throw invalidAt('/data', 'must say what to correct: when, zone, places, note or data')
  const moment = momentOf(data, now)
  const fields = own && correctedData(target.type, own)
  if (fields) checkEnds(fields, moment.zone ?? moment.when?.zone ?? zoneAsCounted(entity, target), '/data')
  return { ...rest, ...moment, ...(fields && { data: fields }) }
}

const disputeData = (data: MetaData, now: Instant): Record<string, unknown> => {
  if (data.zone !== undefined && data.when === undefined)
    throw invalidAt('/data/zone', 'goes with a when: give the other time, or leave the zone out')
  const { when: _when, zone: _zone, ...rest } = data
  return { ...rest, ...momentOf(data, now) }
}

const unknownEvent = ({ event, inBody }: { event: string; inBody: boolean }): LedgerError =>
  inBody ? unknownAt('/data/eventId', event) : new LedgerError('not_found', `There is no event "${event}".`)

const metaDraft = (command: Exclude<ParsedCommand, { meta: null }>, view: View, stamp: Stamp): Draft => {
  const target = view.event(command.event)
  if (!target) throw unknownEvent(command)
  const entity = view.entity(target.stream)!
  if (command.meta !== 'retract' && metaCommandOf(target.type))
    throw invalidAt(
      '/data/eventId',
      `${command.meta} names an event of the world; this one is ${target.type}, which only retract may name`,
    )
  const named = { ...command.data, eventId: target.id }
  const data =
    command.meta === 'correct'
      ? correctionData(named, entity, target, stamp.now)
      : command.meta === 'dispute'
        ? disputeData(named, stamp.now)
        : named
  const { head, rest } = envelopeOf(command, entity, view)
  const event: NewEvent = {
    id: stamp.id,
    type: metaCommands[command.meta].event,
    schemaVersion: 1,
    kind: entity.kind,
    stream: entity.stream,
    recordedBy: stamp.recordedBy,
    ...head,
    ...rest,
    data,
  }
  return { event, entity }
}

/** The event a command would record. Pure: `stamp` brings the present. Throws `invalid` or `not_found`. */
export const draft = (command: ParsedCommand, view: View, stamp: Stamp): Draft =>
  command.meta === null ? domainDraft(command, view, stamp) : metaDraft(command, view, stamp)
