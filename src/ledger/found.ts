import canonicalize from 'canonicalize'
import { LedgerError } from '../errors.ts'
import type { Instant } from '../time/instant.ts'
import { lastInstantOf } from '../time/moment.ts'
import { TimeError } from '../time/time-error.ts'
import type { Event, NewEvent } from '../vocabulary/envelope.ts'
import type { Exported } from '../vocabulary/recorded.ts'
import type { ParsedCommand } from './command.ts'
import { draft, type View } from './draft.ts'
import type { Past, Then } from './past.ts'
import { differenceOf } from './same.ts'
import { requireTarget } from './sound.ts'

export type RestoreOptions = {
  /** The file's name: every event restored says it. */
  from: string
  /** The zone of a date in `recordedAt` where the line has none. */
  zone: string
  recordedBy: string
}

/** What a line comes to: an event that is there already, or one to record, at a revision of its stream. */
export type Found = { there: Event } | ToRecord
export type ToRecord = { there?: undefined; event: NewEvent & { recordedAt: Instant }; revision: number }

/** What is looked at: the view, and the newest `recordedAt` in it. */
export type Present = { view: View; newest: Instant | null; clock: () => Instant; newId: () => string }

/** What a line comes to, as things are. Throws `invalid`, `not_found` or `idempotency_mismatch`. */
export const found = (present: Present, past: Past, options: RestoreOptions): Found =>
  'command' in past ? eventOfThen(present, past, options) : exportedEvent(present, past.exported, options)

/** What two records of one event must share: all but where the log put it and how it came there. */
const told = ({ restored: _restored, ...event }: Exported | Event): string =>
  canonicalize({ ...event, position: undefined })!

const requireTime = ({ newest, clock }: Present, recordedAt: Instant): void => {
  if (newest !== null && recordedAt < newest)
    throw new LedgerError(
      'invalid',
      `recordedAt ${recordedAt} is before the newest record, ${newest}: order the lines by it.`,
      {
        errors: [{ pointer: '/recordedAt', detail: `must not be before ${newest}` }],
      },
    )
  if (recordedAt > clock())
    throw new LedgerError('invalid', `recordedAt ${recordedAt} lies in the future.`, {
      errors: [{ pointer: '/recordedAt', detail: 'must not be after the present' }],
    })
}

/** An event of an export as it was, unguarded. */
const exportedEvent = (present: Present, exported: Exported, { from }: RestoreOptions): Found => {
  const { view, clock } = present
  const { revision, ...event } = exported
  const { id, stream, key } = event
  const known = view.event(id)
  const keyed = key === undefined ? undefined : view.event(`${stream}#${key}`)
  const there = known ?? keyed
  if (there) {
    if (told(there) === told({ ...event, revision })) return { there }
    throw new LedgerError('idempotency_mismatch', `Event ${there.id} is there already, and differs.`, {
      eventId: there.id,
    })
  }
  requireTarget(view, { ...event, revision })
  requireTime(present, event.recordedAt)
  return asRestored(exported, from, clock())
}

/** An exported event as it is recorded again, from a file, at an instant. */
export const asRestored = ({ revision, ...event }: Exported, from: string, at: Instant): ToRecord => ({
  event: { ...event, restored: { at, from } },
  revision,
})

/** The zone in which a line's `recordedAt` is read: its own, that of the event it is about, or the ledger's. */
const zoneOf = (view: View, command: ParsedCommand, fallback: string): string => {
  if (command.meta === null) return command.body.zone ?? fallback
  return view.event(command.event)?.when?.zone ?? fallback
}

const instantOf = (text: unknown, zone: string): Instant => {
  try {
    return lastInstantOf(String(text), zone)
  } catch (error) {
    if (!(error instanceof TimeError)) throw error
    throw new LedgerError('invalid', `recordedAt: ${error.message}`, {
      errors: [{ pointer: '/recordedAt', detail: error.message }],
    })
  }
}

/** The event of a command as it would have been recorded then. */
const eventOfThen = (
  present: Present,
  { command, recordedAt: written }: Then,
  { from, zone, recordedBy }: RestoreOptions,
): Found => {
  const { view, clock, newId } = present
  const recordedAt = instantOf(written, zoneOf(view, command, zone))
  const { event, entity } = draft(command, view, { now: recordedAt, recordedBy, id: newId() })
  const there = entity?.events.find(({ key }) => key === command.key)
  if (there) {
    const difference = differenceOf(there, event)
    if (!difference) return { there }
    throw new LedgerError(
      'idempotency_mismatch',
      `The key "${there.key}" already names event ${there.id}, which differs at ${difference.pointer}.`,
      { eventId: there.id, difference },
    )
  }
  requireTime(present, recordedAt)
  return {
    event: { ...event, recordedAt, restored: { at: clock(), from } },
    revision: entity?.events.length ?? 0,
  }
}
