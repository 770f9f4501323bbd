import canonicalize from 'canonicalize'
import { invalidAt, LedgerError } from '../errors.ts'
import type { Instant } from '../time/instant.ts'
import { lastInstantOf } from '../time/moment.ts'
import { TimeError } from '../time/time-error.ts'
import type { Event, NewEvent } from '../vocabulary/envelope.ts'
import { kindNamed } from '../vocabulary/index.ts'
import { type Exported, recorded } from '../vocabulary/recorded.ts'
import { parseCommand } from './command.ts'
import { draft, type View } from './draft.ts'
import { parsed } from './faults.ts'
import { objectOf, requestOf } from './line.ts'
import type { Line } from './lines.ts'
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
export const found = (present: Present, line: Line, options: RestoreOptions): Found => {
  if ('fault' in line) throw line.fault
  const value = objectOf(line.text)
  return 'command' in value ? eventOfThen(present, value, options) : exportedEvent(present, value, options)
}

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
const exportedEvent = (present: Present, value: unknown, { from }: RestoreOptions): Found => {
  const { view, clock } = present
  const { revision, ...event } = parsed(recorded, value) as Exported
  if (!kindNamed(event.kind))
    throw invalidAt('/kind', `"${event.kind}" is no kind of this version: restore it with a newer one`)
  const known = view.event(event.id)
  const keyed = event.key === undefined ? undefined : view.event(`${event.stream}#${event.key}`)
  const there = known ?? keyed
  if (there) {
    if (told(there) === told({ ...event, revision })) return { there }
    throw new LedgerError('idempotency_mismatch', `Event ${there.id} is there already, and differs.`, {
      eventId: there.id,
    })
  }
  requireTarget(view, { ...event, revision })
  requireTime(present, event.recordedAt)
  return { event: { ...event, restored: { at: clock(), from } }, revision }
}

/** The zone in which a line's `recordedAt` is read: its own, that of the event it names, or the ledger's. */
const zoneOf = (view: View, value: Record<string, unknown>, fallback: string): string => {
  const named = (value['data'] as { eventId?: string } | undefined)?.eventId
  if (typeof value['zone'] === 'string') return value['zone']
  return (named === undefined ? null : view.event(named)?.when?.zone) ?? fallback
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
  { recordedAt: written, ...value }: Record<string, unknown>,
  { from, zone, recordedBy }: RestoreOptions,
): Found => {
  const { view, clock, newId } = present
  if (written === undefined)
    throw new LedgerError(
      'invalid',
      'A line to restore says when it was recorded: add recordedAt, or import the file.',
      {
        errors: [{ pointer: '/recordedAt', detail: 'is required' }],
      },
    )
  const command = parseCommand(requestOf(value, recordedBy))
  const recordedAt = instantOf(written, zoneOf(view, value, zone))
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
