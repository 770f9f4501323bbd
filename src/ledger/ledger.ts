import { type Entity, entityOf } from '../answer/entity.ts'
import { knownAt } from '../answer/known.ts'
import { entityRow, type Row } from '../answer/row.ts'
import { isLedgerError, LedgerError } from '../errors.ts'
import { type EventLog, limits } from '../log/log.ts'
import type { Model } from '../readmodel/model.ts'
import type { Instant } from '../time/instant.ts'
import { type Event, type NewEvent, streamOf } from '../vocabulary/envelope.ts'
import { commandOf } from '../vocabulary/index.ts'
import { type ParsedCommand, parseCommand, type Request } from './command.ts'
import { decide, type Flag, type Verdict } from './decide.ts'
import { draft, type Stamp, type View } from './draft.ts'
import { type Receipt, receiptOf } from './receipt.ts'
import { requireSame } from './same.ts'
import { createTurns } from './turns.ts'

/** What to do with an event that its lifecycle does not allow: refuse it unless it is accepted, or record and flag it. */
export type OnAnomaly = 'reject' | 'record'

/** What recording would do, without doing it. `event` is null where there is none to show. */
export type DryRun = {
  event: Omit<NewEvent, 'id'> | null
  before: Row | null
  after: Row | null
  flags: Flag[]
  problem: LedgerError | null
}

export type Ledger = {
  /** The ledger's present: the clock, or the newest record if that is later. */
  now(): Instant
  view: View
  /**
   * Records one event: durable, and in the answers, when it resolves. The same key and body again give the first
   * receipt. Throws `invalid`, `not_found`, `lifecycle_violation`, `revision_conflict`, `idempotency_mismatch`,
   * `too_large`, `unavailable`.
   */
  execute(request: Request, onAnomaly?: OnAnomaly): Promise<Receipt & { replayed: boolean }>
  /** Everything but the append, `id` standing for the event's. Throws only for what is not well-formed: `invalid`, `not_found`. */
  dryRun(request: Request, view?: View, onAnomaly?: OnAnomaly, id?: string): DryRun
}

/** A `lifecycle_violation` with the state met, the commands allowed there and who decided. */
const refusal = ({ violation }: Verdict, event: NewEvent): LedgerError => {
  const { state, allowed, decidedBy, standing } = violation!
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

/** Throws `revision_conflict` with the events the writer has not seen, unless it has seen the newest. */
const requireRevision = (
  entity: Entity | undefined,
  expected: number | 'no_stream' | undefined,
  stream: string,
) => {
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
const requireSize = (event: NewEvent): void => {
  const size = Buffer.byteLength(JSON.stringify(event))
  if (size > limits.event)
    throw new LedgerError('too_large', `An event has at most ${limits.event} bytes, this one ${size}.`)
}

const keyed = (entity: Entity | undefined, key: string | undefined): Event | undefined =>
  key === undefined ? undefined : entity?.events.find((event) => event.key === key)

const streamOfCommand = (command: ParsedCommand, view: View): string =>
  command.meta === null ? streamOf(command.kind.name, command.id) : (view.event(command.event)?.stream ?? '')

/** What a decision could look at before an event was recorded. The stream's first event stays: it fixes the reality. */
const viewBefore = (view: View, { stream, revision }: Event): View => ({
  ...view,
  entity: (name) => {
    const entity = view.entity(name)
    return entity && name === stream ? entityOf(entity.events.slice(0, Math.max(revision, 1))) : entity
  },
})

/**
 * A command as the event it would record, its entity, and the event that has its key. A body once taken is read as it
 * was then: what was recorded since cannot make it unreadable.
 */
const drafted = (command: ParsedCommand, view: View, stamp: Stamp) => {
  const entity = view.entity(streamOfCommand(command, view))
  const recorded = keyed(entity, command.key)
  const { event } = draft(command, recorded ? viewBefore(view, recorded) : view, stamp)
  return { entity, recorded, event }
}

type Parts = {
  log: EventLog
  model: Model
  event: (name: string) => Event | undefined
  clock: () => Instant
  newId: () => string
}

/** The ledger over a log and the model made from it. */
export const createLedger = ({ log, model, event, clock, newId }: Parts): Ledger => {
  const view: View = {
    entity: (stream) => model.entity(stream),
    event: (name) => {
      const found = event(name)
      // The log may be a moment ahead of the answers.
      return found && found.position <= model.position() ? found : undefined
    },
  }
  const inTurn = createTurns()

  const now = (): Instant => {
    const present = clock()
    const newest = model.newest()
    return newest !== null && newest > present ? newest : present
  }

  const attempt = async (command: ParsedCommand, request: Request, onAnomaly: OnAnomaly) => {
    const present = now()
    const stamp = { now: present, recordedBy: request.recordedBy, id: newId() }
    const { entity, recorded, event } = drafted(command, view, stamp)
    if (recorded) {
      requireSame(recorded, event)
      return { ...receiptOf(entity!, recorded), replayed: true }
    }
    const { stream } = event
    requireRevision(entity, request.ifMatch, stream)
    const verdict = decide(entity, event)
    if (verdict.violation && !event.acceptAnomaly && onAnomaly === 'reject') throw refusal(verdict, event)
    const expected = entity ? entity.events.length - 1 : 'no_stream'
    const { position, events } = await log.append(stream, [event], expected, present)
    await model.reached(position)
    return { ...receiptOf(model.entity(stream)!, events[0]!), replayed: false }
  }

  const execute: Ledger['execute'] = async (request, onAnomaly = 'reject') => {
    const command = parseCommand(request)
    return inTurn(streamOfCommand(command, view), async () => {
      for (;;) {
        try {
          return await attempt(command, request, onAnomaly)
        } catch (error) {
          // Another writer of the log came first: decide again once the answers have what it wrote.
          if (!isLedgerError(error) || error.code !== 'revision_conflict' || 'missed' in error.members)
            throw error
          await model.reached(await log.head())
        }
      }
    })
  }

  const dryRun: Ledger['dryRun'] = (request, on = view, onAnomaly = 'reject', id = newId()) => {
    const command = parseCommand(request)
    const present = now()
    const { entity, recorded, event } = drafted(command, on, {
      now: present,
      recordedBy: request.recordedBy,
      id,
    })
    const { id: _id, ...shown } = event
    const rowOf = (of: Entity | undefined): Row | null =>
      of ? entityRow(knownAt(of, Number.MAX_SAFE_INTEGER), present) : null
    const before = rowOf(entity)
    try {
      if (recorded) {
        requireSame(recorded, event)
        const { id: _recorded, revision: _revision, position: _position, recordedAt: _at, ...same } = recorded
        return { event: same, before, after: before, flags: [], problem: null }
      }
      requireRevision(entity, request.ifMatch, event.stream)
      requireSize(event)
    } catch (error) {
      if (!isLedgerError(error)) throw error
      return { event: shown, before, after: before, flags: [], problem: error }
    }
    const verdict = decide(entity, { ...event, recordedAt: present })
    const refused = verdict.violation && !event.acceptAnomaly && onAnomaly === 'reject'
    const problem = refused ? refusal(verdict, event) : null
    return {
      event: shown,
      before,
      after: problem ? before : rowOf(verdict.after),
      flags: verdict.flags,
      problem,
    }
  }

  return { now, view, execute, dryRun }
}
