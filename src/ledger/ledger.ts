import type { Entity } from '../answer/entity.ts'
import { knownAt } from '../answer/known.ts'
import { entityRow, type Row } from '../answer/row.ts'
import { isLedgerError, LedgerError } from '../errors.ts'
import type { EventLog } from '../log/log.ts'
import type { Model } from '../readmodel/model.ts'
import type { Instant } from '../time/instant.ts'
import type { Event, NewEvent } from '../vocabulary/envelope.ts'
import { answered, requireAnswers } from './answered.ts'
import { type ParsedCommand, parseCommand, type Request } from './command.ts'
import { decide, type Flag } from './decide.ts'
import { namesUnknown, type Stamp, type View } from './draft.ts'
import {
  drafted,
  judge,
  type Judged,
  type OnAnomaly,
  refusalOf,
  requireRevision,
  requireSize,
  streamOfCommand,
} from './judge.ts'
import { flagsBy, type Receipt, receiptOf } from './receipt.ts'
import { requireSame } from './same.ts'
import { isOutrun, type Outcome, sendTogether, type Written } from './together.ts'
import { isLost, lostBefore } from '../log/lost.ts'
import { createTurns } from '../log/turns.ts'

export type { OnAnomaly }

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
  /** Whether the log was out of reach when it was last asked. */
  isAway(): boolean
  /** Asks the log what there is, and brings the answers up to it. Throws `unavailable` where that cannot be. */
  catchUp(): Promise<void>
  /**
   * Records one event: durable, and in the answers, when it resolves. The same key and body again give the first
   * receipt. Throws `invalid`, `not_found`, `lifecycle_violation`, `revision_conflict`, `idempotency_mismatch`,
   * `too_large`, `unavailable`.
   */
  execute(request: Request, onAnomaly?: OnAnomaly): Promise<Executed>
  /**
   * Records well-formed commands in their order, as `execute` does, but so that they share commits; says of each what
   * became of it. None may name an event that another one of a different stream is still to record.
   */
  executeAll(written: readonly Written[], recordedBy: string, onAnomaly: OnAnomaly): Promise<Outcome[]>
  /** Of these streams nothing more is to be recorded now: what is kept of those that do not go on makes room. */
  putAway(streams: Iterable<string>): void
  /** Everything but the append. Throws only for what is not well-formed, `invalid`, `not_found`, and `unavailable`. */
  dryRun(request: Request): DryRun
  /** What recording a command would do if a view were what is recorded. Throws what `execute` throws. */
  judge(command: ParsedCommand, on: View, stamp: Omit<Stamp, 'now'>, onAnomaly: OnAnomaly): Judged
}

/** A receipt, and whether it was given before. `text`: the event as it was just stored, as JSON. */
export type Executed = Receipt & { replayed: boolean; text?: string | undefined }

/** Who records, and what of the stream they have seen. */
type Writer = Pick<Request, 'recordedBy' | 'ifMatch'>

type Parts = {
  log: EventLog
  model: Model
  event: (name: string) => Event | undefined
  clock: () => Instant
  newId: () => string
}

/** How long the answers may take to follow the log, in milliseconds. */
const patience = 10_000

/** So many times in a row a decision is made again because others were faster. */
const mostTimes = 20

/** Whether something is refused that might be taken if more were known. */
const restsOnWhatIsKnown = (error: unknown): boolean =>
  namesUnknown(error) ||
  (isLedgerError(error) && ['lifecycle_violation', 'revision_conflict', 'not_found'].includes(error.code))

const outrun = (stream: string, cause: unknown): LedgerError =>
  new LedgerError(
    'unavailable',
    `Others wrote to ${stream} ${mostTimes} times while this was being decided: try again. Nothing was recorded.`,
    {},
    cause,
  )

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

  const attempt = async (
    command: ParsedCommand,
    { recordedBy, ifMatch }: Writer,
    onAnomaly: OnAnomaly,
    lost: LedgerError | null,
  ): Promise<Executed> => {
    const present = now()
    const stamp = { now: present, recordedBy, id: newId() }
    const judged = judge(command, ifMatch, view, stamp, onAnomaly)
    if (judged.recorded) return { ...receiptOf(judged.entity, judged.recorded), replayed: true }
    const { event, verdict, expected } = judged
    requireAnswers(model)
    if (lost) throw lost
    model.suppose(verdict.after)
    const { position, events, texts } = await log.append(event.stream, [event], expected, present)
    await answered(model, position)
    const entity = model.entity(event.stream)!
    return { ...receiptOf(entity, events[0]!, verdict.flags), replayed: false, text: texts[0] }
  }

  /** Brings the answers up to the log, and says whether others had written to it. Throws `unavailable` where they stop short. */
  const isMoreKnown = async (): Promise<boolean> => {
    const before = model.position()
    const head = await log.head()
    if (head > model.position())
      await model.reached(head, patience).catch(() => {
        throw new LedgerError(
          'unavailable',
          `The log is at position ${head} and the answers at ${model.position()}: try again. Nothing was recorded.`,
        )
      })
    return model.position() > before
  }

  const record = (command: ParsedCommand, writer: Writer, onAnomaly: OnAnomaly) =>
    inTurn([streamOfCommand(command, view)], async (before) => {
      const lost = lostBefore(log, before)
      let isUpToDate = false
      for (let times = 1; ; times++) {
        try {
          return await attempt(command, writer, onAnomaly, lost)
        } catch (error) {
          if (!isOutrun(error)) {
            // What another node recorded a moment ago must not be refused here because it is not here yet.
            if (isUpToDate || !restsOnWhatIsKnown(error)) throw error
            if (lost) throw lost
            if (!(await isMoreKnown())) throw error
            isUpToDate = true
            continue
          }
          if (times === mostTimes) throw outrun(streamOfCommand(command, view), error)
          // Decide again once the answers have what the other writer wrote.
          await isMoreKnown()
        }
      }
    })

  const execute: Ledger['execute'] = async (request, onAnomaly = 'reject') =>
    record(parseCommand(request), request, onAnomaly)

  const executeAll: Ledger['executeAll'] = async (written, recordedBy, onAnomaly) => {
    // A log that is away is told of each line that is not there already.
    let lost = await isMoreKnown().then(
      () => null,
      (error: unknown) => (isLost(log, error) ? error : null),
    )
    const streams = new Set(written.map(({ command }) => streamOfCommand(command, view)))
    const sent = await inTurn(streams, () =>
      sendTogether({ log, model, view, now, newId, lost }, written, recordedBy, onAnomaly),
    )
    const outcomes: Outcome[] = []
    for (const [index, one] of sent.entries()) {
      const again = () =>
        lost
          ? { error: lost }
          : record(written[index]!.command, { recordedBy }, onAnomaly).catch((error: unknown) => ({ error }))
      const outcome: Outcome = one === 'again' ? await again() : one
      if ('error' in outcome && isLost(log, outcome.error)) lost = outcome.error
      outcomes.push(outcome)
    }
    return outcomes
  }

  const judgeOn: Ledger['judge'] = (command, on, stamp, onAnomaly) => {
    requireAnswers(model)
    const judged = judge(command, undefined, on, { ...stamp, now: now() }, onAnomaly)
    if (!judged.recorded) requireSize(judged.event)
    return judged
  }

  const dryRun: Ledger['dryRun'] = (request) => {
    const command = parseCommand(request)
    requireAnswers(model)
    const present = now()
    const stamp = { now: present, recordedBy: request.recordedBy, id: newId() }
    const { entity, recorded, event } = drafted(command, view, stamp)
    const { id: _id, ...shown } = event
    const rowOf = (of: Entity | undefined): Row | null =>
      of ? entityRow(knownAt(of, Number.MAX_SAFE_INTEGER), present) : null
    const before = rowOf(entity)
    try {
      if (recorded) {
        requireSame(recorded, event)
        const { id: _recorded, revision: _revision, position: _position, recordedAt: _at, ...same } = recorded
        return { event: same, before, after: before, flags: flagsBy(entity!, recorded), problem: null }
      }
      requireRevision(entity, request.ifMatch, event.stream)
      const verdict = decide(entity, { ...event, recordedAt: present })
      const { after, flags } = verdict
      const problem = refusalOf(verdict, event, 'reject')
      if (problem) return { event: shown, before, after: before, flags, problem }
      requireSize(event)
      return { event: shown, before, after: rowOf(after), flags, problem: null }
    } catch (error) {
      if (!isLedgerError(error)) throw error
      return { event: shown, before, after: before, flags: [], problem: error }
    }
  }

  const catchUp = async () => void (await isMoreKnown())

  return {
    now,
    view,
    isAway: () => log.isAway?.() ?? false,
    catchUp,
    execute,
    executeAll,
    putAway: (streams) => model.putAway(streams),
    dryRun,
    judge: judgeOn,
  }
}
