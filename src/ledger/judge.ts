import { type Entity, entityOf } from '../answer/entity.ts'
import { LedgerError } from '../errors.ts'
import { requireEventSize } from '../log/batch.ts'
import type { Expected } from '../log/log.ts'
import type { Event, NewEvent } from '../vocabulary/envelope.ts'
import { commandOf } from '../vocabulary/index.ts'
import type { ParsedCommand, Subject } from './command.ts'
import { decide, type Verdict } from './decide.ts'
import { draft, type Stamp, type View } from './draft.ts'
import { requireSame } from './same.ts'

/** What to do with an event that its lifecycle does not allow: refuse it unless it is accepted, or record and flag it. */
export type OnAnomaly = 'reject' | 'record'

/** The revision a writer has seen; `no_stream`: that there is none. */
export type IfMatch = number | 'no_stream' | undefined

/** A command found to be recorded already, or as the event that is to be: among all that is known, where it goes. */
export type Judged =
  | { recorded: Event; entity: Entity }
  | { recorded?: undefined; event: NewEvent; verdict: Verdict; expected: Expected }

/** Judges a command. Throws what `Ledger.execute` throws, but for what the log refuses. */
export const judge = (
  command: ParsedCommand,
  ifMatch: IfMatch,
  view: View,
  stamp: Stamp,
  onAnomaly: OnAnomaly,
): Judged => {
  const { entity, recorded, event } = drafted(command, view, stamp)
  if (recorded) {
    requireSame(recorded, event)
    return { recorded, entity: entity! }
  }
  requireRevision(entity, ifMatch, event.stream)
  const verdict = decide(entity, event)
  const problem = refusalOf(verdict, event, onAnomaly)
  if (problem) throw problem
  return { event, verdict, expected: entity ? entity.events.length - 1 : 'no_stream' }
}

/**
 * A command as the event it would record, its entity, and the event that has its key. A body once taken is read as it
 * was then: what was recorded since cannot make it unreadable.
 */
export const drafted = (command: ParsedCommand, view: View, stamp: Stamp) => {
  const entity = view.entity(streamOfCommand(command, view))
  const recorded = keyed(entity, command.key)
  const { event } = draft(command, recorded ? viewBefore(view, recorded) : view, stamp)
  return { entity, recorded, event }
}

/** The stream that a command is about; '' where it names, by its id, an event that is not there. */
export const streamOfCommand = (about: Subject, view: View): string => {
  if ('stream' in about) return about.stream
  const at = about.event.indexOf('#')
  return at < 0 ? (view.event(about.event)?.stream ?? '') : about.event.slice(0, at)
}

/** Throws `revision_conflict` with the events the writer has not seen, unless it has seen the newest. */
export const requireRevision = (entity: Entity | undefined, expected: IfMatch, stream: string): void => {
  if (expected === undefined) return
  const revision = entity ? entity.events.length - 1 : null
  if (expected === (revision ?? 'no_stream')) return
  const seen = expected === 'no_stream' ? -1 : expected
  throw new LedgerError(
    'revision_conflict',
    `${stream} ${revision === null ? 'has no events' : `is at revision ${revision}`}; you expected ` +
      `${expected === 'no_stream' ? 'none' : `revision ${expected}`}. ` +
      'Read what was missed, decide again, and send the new revision.',
    { revision, missed: (entity?.events ?? []).slice(seen + 1, seen + 101) },
  )
}

/** Throws `too_large` for what the log would not take. */
export const requireSize = (event: NewEvent): void =>
  requireEventSize(Buffer.byteLength(JSON.stringify(event)))

/** A `lifecycle_violation` with the state met, the commands allowed there and who decided; null: it is recorded. */
export const refusalOf = (
  { violation }: Verdict,
  event: NewEvent,
  onAnomaly: OnAnomaly,
): LedgerError | null => {
  if (!violation || event.acceptAnomaly || onAnomaly === 'record') return null
  const { state, allowed, decidedBy, standing } = violation
  const place = state === null ? 'nothing of it is recorded for that time' : `it is ${state.status} then`
  const next = allowed.length > 0 ? `Allowed: ${allowed.join(', ')}.` : 'Nothing more is allowed.'
  // Its status allows it: what speaks against it is its own end.
  const isOver = allowed.includes(commandOf(event.type)!.command.name)
  const instead = isOver
    ? ' But its until is over when it begins: give a later until, or an earlier when.'
    : standing !== null
      ? ` That step stands already as event ${standing}: corroborate it, or dispute it if the sources differ.`
      : ''
  return new LedgerError(
    'lifecycle_violation',
    `${event.type} does not follow on ${event.stream}: ${place}. ${next}${instead} ` +
      'To record it all the same, give the reason in acceptAnomaly.',
    { state, allowed, decidedBy },
  )
}

const keyed = (entity: Entity | undefined, key: string | undefined): Event | undefined =>
  key === undefined ? undefined : entity?.events.find((event) => event.key === key)

/** What a decision could look at before an event was recorded. The stream's first event stays: it fixes the reality. */
const viewBefore = (view: View, { stream, revision }: Event): View => ({
  ...view,
  entity: (name) => {
    const entity = view.entity(name)
    return entity && name === stream ? entityOf(entity.events.slice(0, Math.max(revision, 1))) : entity
  },
})
