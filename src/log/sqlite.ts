import { isLedgerError, LedgerError } from '../errors.ts'
import type { Instant } from '../time/instant.ts'
import type { Event } from '../vocabulary/envelope.ts'
import { appendedOf, type Batch, createBatch, type Frozen, frozenAt, storedEvent } from './batch.ts'
import { type Checkpoints, createCheckpoints } from './checkpoints.ts'
import { conflict } from './conflict.ts'
import { type EventsFile, openEvents } from './events.ts'
import { isIdTaken } from './file.ts'
import { frozenJson } from './json.ts'
import type { Append, Appended, EventLog, Outcome } from './log.ts'
import { later, timesOf } from './recorded-at.ts'
import { createSubscriptions } from './subscriptions.ts'

/** The log in a file, and the table that it is. */
export type SqliteLog = EventLog & { events: Omit<EventsFile, 'commit' | 'insert' | 'close'> }

/**
 * The embedded engine: one SQLite file, made where there is none, for one process at a time (`lock`). Appends that come
 * while another commit runs share the next, and each keeps its own success or conflict. Subscribers who are up to date
 * have the events before the append resolves.
 *
 * Throws `unavailable` when the file cannot be opened or written; a full disk refuses appends until there is space.
 */
export const sqliteLog = ({ path, clock }: { path: string; clock: () => Instant }): Promise<SqliteLog> =>
  new Promise((resolve) => {
    const table = openEvents(path, 'log')
    resolve(createLog(table, clock, createCheckpoints(path)))
  })

const createLog = (table: EventsFile, clock: () => Instant, checkpoints: Checkpoints): SqliteLog => {
  const subscriptions = createSubscriptions(table)
  const queue: Waiting[] = []
  let isScheduled = false
  let isClosed = false

  const schedule = () => {
    if (isScheduled || queue.length === 0) return
    isScheduled = true
    // Everything that this turn of the event loop still brings shares the commit.
    setImmediate(() => {
      isScheduled = false
      commitGroup()
      schedule()
    })
  }

  const commitGroup = () => {
    const group = queue.splice(0, groupLength(queue))
    try {
      const batches = group.map(({ batch }) => batch)
      const { outcomes, after, added } = committed(table, clock, batches)
      subscriptions.publish(after, added)
      checkpoints.committed(added.length)
      for (const [index, waiting] of group.entries()) {
        const outcome = outcomes[index]!
        settle(waiting, outcome instanceof LedgerError ? { refused: outcome } : outcome)
      }
    } catch (refused) {
      const isUnwritable = isLedgerError(refused) && refused.code === 'unavailable'
      // What came later is not to be recorded before what could not be.
      const behind = isUnwritable ? queue.splice(0) : []
      for (const waiting of [...group, ...behind]) settle(waiting, { refused: refused as Error })
    }
  }

  /** Has an append wait for the next commit. Throws what is refused at once. */
  const enter = (waiting: Omit<Waiting, 'batch'>, { stream, events, expected, notBefore }: Append) => {
    queue.push({ ...waiting, batch: createBatch(stream, events, expected, notBefore) })
    schedule()
  }

  const requireOpen = () => {
    if (isClosed) throw new LedgerError('unavailable', 'The log is closed: open the ledger again.')
  }

  const appendAll: EventLog['appendAll'] = (appends) =>
    new Promise((resolve) => {
      const among: Expecting = { outcomes: [], missing: appends.length, told: resolve }
      if (appends.length === 0) resolve([])
      for (const [place, one] of appends.entries())
        try {
          requireOpen()
          enter({ among, place }, one)
        } catch (refused) {
          settle({ among, place }, { refused: refused as Error })
        }
    })

  return {
    events: table,
    append: async (stream, events, expected, notBefore) => {
      const [outcome] = await appendAll([{ stream, events, expected, notBefore }])
      if ('refused' in outcome!) throw outcome.refused
      return outcome!
    },
    appendAll,
    subscribe: async (after, handler, ended) => {
      requireOpen()
      const stop = subscriptions.open(after, handler, ended)
      return async () => stop()
    },
    head: async () => {
      requireOpen()
      return table.head()
    },
    close: async () => {
      if (isClosed) return
      isClosed = true
      while (queue.length > 0) commitGroup()
      subscriptions.close()
      await checkpoints.end()
      table.close()
    },
  }
}

/** A batch, and its place among those of which somebody waits to be told together. */
type Waiting = { batch: Batch; among: Expecting; place: number }
type Expecting = { outcomes: Outcome[]; missing: number; told: (outcomes: readonly Outcome[]) => void }

const settle = ({ among, place }: Omit<Waiting, 'batch'>, outcome: Outcome): void => {
  among.outcomes[place] = outcome
  if (--among.missing === 0) among.told(among.outcomes)
}

/** So much is committed together at most: enough to share a sync, not so much that others wait long. */
const most = { events: 1024, bytes: 4 * 1024 * 1024 }

const groupLength = (queue: readonly Waiting[]): number => {
  let events = 0
  let bytes = 0
  const end = queue.findIndex(({ batch }) => {
    events += batch.events.length
    bytes += batch.bytes
    return events > most.events || bytes > most.bytes
  })
  return end < 0 ? queue.length : Math.max(end, 1)
}

type Settled = { outcomes: (Appended | LedgerError)[]; after: number; added: Event[] }

/** The cause of a commit that is done again because a batch, of which all or nothing may stay, could be inserted in part only. */
const torn = new Error('torn')

const committed = (table: EventsFile, clock: () => Instant, batches: readonly Batch[]): Settled => {
  try {
    return table.commit(() => settleAll(table, clock, batches, false))
  } catch (error) {
    if (!isLedgerError(error) || error.cause !== torn) throw error
    return table.commit(() => settleAll(table, clock, batches, true))
  }
}

/**
 * Inserts what can be inserted, each batch in turn and knowing those before it. An id that is taken the table itself refuses;
 * `asks`: of more than one event, and of a new stream, it is asked before.
 */
const settleAll = (
  table: EventsFile,
  clock: () => Instant,
  batches: readonly Batch[],
  asks: boolean,
): Settled => {
  const newest = table.newest() ?? { position: 0, recordedAt: '' }
  const last = { ...newest }
  const present = [clock(), ...batches.map(({ notBefore }) => notBefore)].reduce(later)
  const added: Event[] = []
  const outcomes = batches.map((batch) => {
    // One more of a stream is refused whole.
    const isOne = batch.events.length === 1 && batch.after >= 0
    const known = settled(table, batch, asks && !isOne)
    if (known !== undefined) return known
    const times = timesOf(batch, present, last.recordedAt)
    if (times instanceof LedgerError) return times
    const stored: Frozen[] = []
    for (const [index, given] of batch.events.entries()) {
      const place = {
        revision: batch.after + 1 + index,
        position: last.position + 1,
        recordedAt: times[index]!,
      }
      const { text, event } = storedEvent(given, place)
      try {
        table.insert({ id: event.id, stream: batch.stream, ...place, text })
      } catch (error) {
        if (!isIdTaken(error)) throw error
        if (!isOne) throw torn
        return idTaken(table.one(event.id)!)
      }
      last.position = place.position
      last.recordedAt = place.recordedAt
      stored.push(frozenAt(text, event))
      added.push(event)
    }
    return appendedOf(stored)
  })
  return { outcomes, after: newest.position, added }
}

/** What is decided without inserting: the batch was appended before, or something else stands where it should. */
const settled = (
  table: EventsFile,
  { stream, after, events }: Batch,
  asks: boolean,
): Appended | LedgerError | undefined => {
  const revision = table.headOf(stream)?.revision ?? -1
  if (after === revision && !asks) return undefined
  const found = events.map(({ event }) => table.one(event.id))
  if (after === revision) {
    const taken = found.find((event) => event !== undefined)
    return taken && idTaken(taken)
  }
  const isRepeated = found.every(
    (event, index) => event?.stream === stream && event.revision === after + 1 + index,
  )
  if (!isRepeated) return conflict(stream, after, revision)
  return appendedOf(found.map((event) => frozenJson(event!, '')))
}

const idTaken = ({ id, stream, revision }: Event): LedgerError =>
  new LedgerError('invalid', `The id ${id} is taken by an event of ${stream}, revision ${revision}.`)
