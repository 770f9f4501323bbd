import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { isLedgerError, LedgerError } from '../errors.ts'
import type { EventsFile, LeftOut, Stored } from '../log/events.ts'
import type { Append, EventLog } from '../log/log.ts'
import { groupsOf, type Run, runsOf } from './runs.ts'

/** One of the two ledgers of a copy: its log, and the table in which the events of that are read here. */
export type End = {
  /** What people call it. */
  name: string
  log: Pick<EventLog, 'append' | 'appendAll' | 'head'>
  events: Pick<EventsFile, 'rows' | 'after' | 'head'>
  /** How many appends the log surely commits as one, in the order in which they are made. */
  together: number
  /** The names of other ledgers that are where this one is, as far as that is quickly seen. */
  names(): Promise<readonly string[]>
  /** What of the log is no event of a ledger, and not in the table. */
  leftOut(): readonly LeftOut[]
  /** What last went wrong between the log and the table; null: nothing. */
  trouble(): string | null
}

/** How far a copy is. */
export type Step = {
  /** Waiting for the events of an end, comparing what the target has, copying the rest, comparing both ends. */
  phase: 'reading' | 'comparing' | 'copying' | 'checking'
  /** The end of which the position is. */
  end: string
  position: number
  /** The position at which this phase ends. */
  head: number
  /** How many events this phase has done. */
  events: number
}

/** What a copy did, every event of both ends compared and found equal but for its position. */
export type Copied = {
  done: true
  events: number
  /** How many the target had before. */
  there: number
  copied: number
  /** The newest position of the target. */
  position: number
  /** What of the source is no event of a ledger, and was not copied. */
  leftOut: readonly Pick<LeftOut, 'position' | 'why'>[]
}

/**
 * Copies a ledger to another log, in the order of all its events: ids, revisions, keys, record times and everything else
 * stay, only positions are the target's own. What the target has already is compared, so a copy that was broken off goes
 * on. Nothing else may write to either end meanwhile.
 *
 * Throws `not_found` where the source has no event; `invalid` where the target holds anything but a beginning of the source, and where somebody else is found to have
 * written to an end; `unavailable` where an end is out of reach, and when the signal aborts.
 */
export async function* copyLedger(from: End, to: End, signal?: AbortSignal): AsyncGenerator<Step | Copied> {
  for (const end of [from, to]) yield* caughtUp(end, signal)
  const head = from.events.head()
  if (head === 0) throw await nothing(from)
  const source = rowsUpTo(from, head)
  const there = yield* compared('comparing', from, to, source, signal)
  let copied = 0
  let last = to.events.head()
  for (const runs of groupsOf(runsOf(from.name, source), to.together)) {
    last = await append(to, runs, last)
    copied += runs.reduce((sum, { events }) => sum + events.length, 0)
    const { position } = runs.at(-1)!
    yield* told({ phase: 'copying', end: from.name, position, head, events: copied }, signal)
  }
  const events = yield* compared('checking', from, to, rowsUpTo(from, head), signal)
  if (events !== there + copied)
    throw new LedgerError('internal', `${to.name} has ${events} events, and ${there + copied} were expected.`)
  await requireStill(from, head)
  await requireStill(to, last)
  const leftOut = from.leftOut().map(({ position, why }) => ({ position, why }))
  yield { done: true, events, there, copied, position: last, leftOut }
}

const nothing = async (end: End): Promise<LedgerError> => {
  const there = await end.names().catch(() => [])
  const others = there.length === 0 ? '' : ` Ledgers that are there: ${there.join(', ')}.`
  return new LedgerError('not_found', `There is nothing to copy: ${end.name} has no event.${others}`)
}

function* rowsUpTo({ events }: End, head: number): Generator<Stored> {
  for (const row of events.rows()) {
    if (row.position > head) return
    yield row
  }
}

/** Waits until every event of an end's log is in its table. */
async function* caughtUp(end: End, signal: AbortSignal | undefined): AsyncGenerator<Step> {
  let still = 0
  for (let before = -1; ;) {
    const head = await end.log.head()
    const position = end.events.head()
    if (position >= head) return
    still = position > before ? 0 : still + 1
    if (still > patience) throw unread(end, head)
    before = position
    yield* told({ phase: 'reading', end: end.name, position, head, events: 0 }, signal)
    await wait(pause)
  }
}

/** So many milliseconds pass between two looks at what was read, and so many looks that find nothing new are too many. */
const pause = 50
const patience = 100

/** So many events are compared without a pause. */
const stretch = 1000

/**
 * Compares every event of the target with the source's at its place, and gives how many there are. What the source has
 * beyond that is left in `source`.
 */
async function* compared(
  phase: 'comparing' | 'checking',
  from: End,
  to: End,
  source: Generator<Stored>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Step, number> {
  const head = to.events.head()
  let events = 0
  for (const row of to.events.rows()) {
    const { value } = source.next() as { value: Stored | undefined }
    if (value === undefined) throw goneOn(from, to, row)
    if (!isSame(value, row)) throw another(from, value, to, row)
    events++
    if (events % stretch === 0)
      yield* told({ phase, end: to.name, position: row.position, head, events }, signal)
  }
  return events
}

/** All of an event but its position. Another engine may have written its JSON in another order. */
const isSame = (a: Stored, b: Stored): boolean =>
  a.id === b.id &&
  a.stream === b.stream &&
  a.revision === b.revision &&
  a.recordedAt === b.recordedAt &&
  (a.text === b.text || isDeepStrictEqual(JSON.parse(a.text), JSON.parse(b.text)))

async function* told(step: Step, signal: AbortSignal | undefined): AsyncGenerator<Step> {
  yield step
  // Signals and answers of a server come between two turns.
  await nextTurn()
  if (signal?.aborted)
    throw new LedgerError('unavailable', 'The copy was broken off: the same command goes on where it was.')
}

/** Appends runs after a position, and gives the position of the last. Throws `invalid` where another event came between. */
const append = async (to: End, runs: readonly Run[], last: number): Promise<number> => {
  const appends = runs.map(({ stream, after, events }): Append => ({
    stream,
    events,
    expected: after < 0 ? 'no_stream' : after,
  }))
  const outcomes = await to.log.appendAll(appends)
  for (const outcome of outcomes) if ('refused' in outcome) throw refusal(to, outcome.refused)
  const given = runs.flatMap(({ events }) => events)
  const found = to.events.after(last, given.length)
  const stranger = found.find(({ id }, index) => id !== given[index]!.id)
  if (stranger) throw strange(to, stranger)
  return found.at(-1)!.position
}

const refusal = (to: End, error: unknown): unknown => {
  if (!isLedgerError(error) || error.code === 'unavailable') return error
  return new LedgerError(
    error.code === 'revision_conflict' ? 'invalid' : error.code,
    `${to.name} does not take what comes next, as if somebody else had written there: ${error.message}`,
    {},
    error,
  )
}

/** Throws `invalid` where a log has more than was copied. */
const requireStill = async (end: End, head: number): Promise<void> => {
  const now = await end.log.head()
  if (now > head) throw strange(end, end.events.after(head, 1)[0])
}

const only = 'nothing else may write to either end of a copy. Stop what does'

const strange = (end: End, event: { id: string; stream: string } | undefined): LedgerError => {
  const what = event === undefined ? 'More' : `The event ${event.id} of ${event.stream}`
  return new LedgerError(
    'invalid',
    `${what} was written to ${end.name} meanwhile, and ${only}, then copy again: what is there is compared.`,
  )
}

const fresh = 'Copy to a ledger that is empty, or that this copy began'

const another = (from: End, expected: Stored, to: End, found: Stored): LedgerError => {
  const wanted = `${expected.id} of ${expected.stream} (position ${expected.position})`
  const difference =
    expected.id === found.id
      ? `the event ${wanted} of ${from.name} otherwise`
      : `the event ${found.id} of ${found.stream} where ${from.name} has ${wanted}`
  return new LedgerError(
    'invalid',
    `${to.name} holds something else: at position ${found.position} ${difference}. ${fresh}.`,
  )
}

const goneOn = (from: End, to: End, { id, stream, position }: Stored): LedgerError =>
  new LedgerError(
    'invalid',
    `${to.name} goes on where ${from.name} ends: at position ${position} with the event ${id} of ${stream}. ${fresh}.`,
  )

const unread = (end: End, head: number): LedgerError => {
  const why = end.trouble()
  return new LedgerError(
    'unavailable',
    `${end.name} has events up to position ${head}, and those after ${end.events.head()} do not come` +
      (why === null ? ': try again.' : ` (${why})`),
  )
}
