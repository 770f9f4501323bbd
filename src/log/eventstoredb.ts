import { setTimeout as wait } from 'node:timers/promises'
import { isLedgerError, LedgerError } from '../errors.ts'
import type { Instant } from '../time/instant.ts'
import type { Event } from '../vocabulary/envelope.ts'
import { appendedOf, type Batch, createBatch, type Own } from './batch.ts'
import { conflict } from './conflict.ts'
import { appendTo } from './eventstoredb/append.ts'
import { createConnection } from './eventstoredb/connection.ts'
import { createFlights } from './eventstoredb/flights.ts'
import { idAt, namesOf, newestOf, shows } from './eventstoredb/read.ts'
import { proposed } from './eventstoredb/record.ts'
import { createSent } from './eventstoredb/sent.ts'
import { subscribeOnce } from './eventstoredb/subscription.ts'
import { pauseAfter, type Timing, usualTiming } from './eventstoredb/timing.ts'
import { createTurns } from './turns.ts'
import { frozenJson } from './json.ts'
import { lostBefore } from './lost.ts'
import { oneByOne } from './one-by-one.ts'
import type { Appended, EventLog } from './log.ts'
import { later, timesOf } from './recorded-at.ts'
import { type Health, openReplica, type Replica, type ReplicaOptions, type Source } from './replica.ts'

/** The log on a server, the replica from which its events are read, and how that does. */
export type EventStoreLog = EventLog & {
  events: Replica['events']
  /** What of the server's events is none of a ledger's and left out here, positions ascending. */
  leftOut: Replica['leftOut']
  /** The names of the ledgers of which there are events among the oldest and the newest of the server. */
  names(): Promise<string[]>
  /**
   * `head`: the position of the newest event that the server is known to have. `isFilled`: whether this node has had all
   * that there was, at some time; until then what it has is only a part.
   */
  health(): Health & { head: number; isFilled: boolean }
  /**
   * Resolves once this node has what the server had, or has what can be read while that is away: what it had once it was filled. `failed`
   * is told whenever the server could not be asked. Throws when the log is closed or became another.
   */
  filled(failed: (error: Error) => void): Promise<void>
}

/** `judge` says what is an event in all of its fields; without one all are that have what a log needs. */
type Options = ReplicaOptions & {
  /** The connection string, `esdb://…`. */
  url: string
  /** The ledger's name: its streams are `<name>.<kind>-<id>` on the server, which others may use as well. */
  name: string
  /** The file of the replica. One process at a time may have it (`lock`). */
  path: string
  clock: () => Instant
  timing?: Timing
}

/**
 * The engine for many nodes: EventStoreDB or KurrentDB, one node or a cluster. An append resolves when the server has it
 * on its disk and the replica of this node has it too; positions are the server's commit positions. Opens also while the
 * server is away: then reads are answered from the replica, and appends are `unavailable` when their patience ends.
 *
 * Throws `invalid` for a connection string that cannot be used, `unavailable` where the replica's file cannot be written.
 */
export const eventStoreLog = async (options: Options): Promise<EventStoreLog> => {
  const { url, name, path, clock, judge, changed, timing = usualTiming } = options
  const connection = createConnection(url, timing.keepAlive)
  const line = { connection, timing }
  const prefix = `${name}.`
  const sent = createSent(prefix)
  const source: Source = {
    idAt: (position, signal) => idAt(line, position, signal),
    subscribe: (after, told, signal) => subscribeOnce(line, { prefix, after, sent, told, signal }),
  }
  const replica = await openReplica(path, source, { judge, changed })
  const table = replica.events
  const inTurn = createTurns()
  const flights = createFlights()
  const accepted = new Set<Promise<unknown>>()
  let group: Waiting[] = []
  let closing: Promise<void> | undefined
  const ending = new AbortController()

  let known = table.head()

  let isUnanswered = false
  const asked = async <T>(call: Promise<T>): Promise<T> => {
    try {
      const answer = await call
      isUnanswered = false
      return answer
    } catch (error) {
      isUnanswered = isLedgerError(error) && error.code === 'unavailable'
      throw error
    }
  }
  const isAway = () => isUnanswered || replica.health().isAway

  const newest = async () => {
    const found = await asked(newestOf(line, prefix, replica.seen()))
    known = Math.max(known, found)
    return found
  }

  /** Waits until the replica has what the server has. */
  const seen = async (position: number): Promise<void> => {
    if (await replica.reached(position, timing.budget)) return
    throw new LedgerError(
      'unavailable',
      `The event store is at position ${position} and this node not yet: try again. To send the same again is safe.`,
    )
  }

  /** Of the server's newest events some may be none of a ledger's: what is left of them is known once they are here. */
  const head = async () => {
    await seen(await newest())
    replica.fill()
    return table.head()
  }

  /** Also while the server is away. */
  const canBeRead = () => replica.isFilled() && table.head() > 0

  const revisionOf = (stream: string) => table.headOf(stream)?.revision ?? -1

  /** By how much the server's revisions of a stream are greater, for what strangers wrote there: found out when it conflicts. */
  const strangers = new Map<string, number>()

  /** Throws `invalid` for what every node would leave out. */
  const requireEvents = ({ events, stream, after }: Batch, present: Instant) => {
    for (const [index, { event, recordedAt = present, restored }] of events.entries()) {
      const find = (id: string) =>
        table.one(id) ??
        (events.slice(0, index).find(({ event }) => event.id === id)?.event as Event | undefined)
      const whole = { ...event, ...(restored && { restored }), revision: after + 1 + index, recordedAt }
      const fault = judge?.faultOf(whole, find) ?? null
      if (fault !== null)
        throw new LedgerError('invalid', `${event.id} of ${stream} is no event of a ledger (${fault}).`)
    }
  }

  const send = async (batch: Batch, present: Instant): Promise<Appended> => {
    const { stream, after } = batch
    replica.requireFollowed()
    requireEvents(batch, present)
    if (after > revisionOf(stream)) await head()
    let conflicts = 0
    let unseen = 0
    let patience: AbortSignal | undefined
    for (;;) {
      const stored = settled(table, batch)
      if (stored !== undefined) return stored
      const revision = revisionOf(stream)
      if (after > revision || (conflicts + unseen > 0 && after < revision) || conflicts > most)
        throw conflict(stream, after, revision)
      try {
        const stored = await write(batch, present, after + (strangers.get(stream) ?? 0))
        if (stored !== undefined) return stored
      } catch (error) {
        if (!isLedgerError(error) || error.code !== 'revision_conflict') throw error
        await head()
        if (revisionOf(stream) === after) {
          const actual = (error.members as { revision: number | null }).revision ?? -1
          if (actual >= 0 && !(await shows(line, `${prefix}${stream}`, actual))) {
            // It may be lost yet, with the node that has it: then this is taken.
            patience ??= AbortSignal.timeout(timing.budget)
            if (patience.aborted) throw notShown(stream, actual)
            await replica.reached(replica.seen() + 1, pauseAfter(timing, unseen++))
            continue
          }
          await head()
          // All that it conflicted with is here, unless that is no event of a ledger.
          if (revisionOf(stream) === after) strangers.set(stream, actual - after)
        }
        conflicts++
      }
    }
  }

  /**
   * Writes events after a revision of the server, and waits until they are here. Gives them where they came back as they were
   * sent, and stand where they should.
   */
  const write = async (batch: Batch, present: Instant, after: number): Promise<Appended | undefined> => {
    const times = timesOf(batch, present, replica.newest()?.recordedAt ?? '')
    if (times instanceof LedgerError) throw times
    const { stream } = batch
    const own: Own[] = batch.events.map((given, index) => {
      const one = { given, recordedAt: times[index]! }
      // Of several one may rest on another, which is here only when it was taken in.
      const isAlone = batch.events.length === 1
      return isAlone
        ? { ...one, judged: { revision: batch.after + 1, recordedAt: given.recordedAt ?? present } }
        : one
    })
    for (const one of own) sent.add(one)
    try {
      const { position } = await asked(appendTo(line, { prefix, stream, events: own.map(proposed), after }))
      await seen(position ?? (await newest()))
    } finally {
      for (const one of own) sent.remove(one)
    }
    const stored = own.flatMap(({ stored }) => stored ?? [])
    const isWhole =
      stored.length === own.length &&
      stored.every(({ value }, index) => value.revision === batch.after + 1 + index)
    return isWhole ? appendedOf(stored) : undefined
  }

  /** The clock is read once for all that this turn of the event loop brings. */
  const sendTogether = () => {
    const [together, present] = [group, [clock(), ...group.map(({ batch }) => batch.notBefore)].reduce(later)]
    group = []
    for (const { batch, resolve } of together) resolve(send(batch, present))
  }

  const gather = (batch: Batch): Promise<Appended> =>
    new Promise((resolve) => {
      if (group.push({ batch, resolve }) === 1) setImmediate(sendTogether)
    })

  const requireOpen = () => {
    if (closing) throw new LedgerError('unavailable', 'The log is closed: open the ledger again.')
  }

  const append: EventLog['append'] = async (stream, events, expected, notBefore) => {
    requireOpen()
    const batch = createBatch(stream, events, expected, notBefore)
    const fly = flights.begin(batch, () => revisionOf(stream))
    const appending = inTurn(turnsOf(batch), (before) =>
      fly(async () => {
        const lost = lostBefore({ isAway }, before)
        if (lost) throw lost
        return gather(batch)
      }),
    )
    accepted.add(appending)
    return appending.finally(() => accepted.delete(appending))
  }

  return {
    events: table,
    names: () => namesOf(line),
    leftOut: () => replica.leftOut(),
    health: () => ({
      ...replica.health(),
      head: Math.max(known, table.head()),
      isFilled: replica.isFilled(),
    }),
    filled: async (failed) => {
      for (let failures = 0; ; failures++) {
        requireOpen()
        if (canBeRead() && replica.health().isAway) return
        try {
          const goal = await newest()
          while (replica.seen() < goal) {
            // What this node had before can be read also where the server goes away meanwhile.
            if (canBeRead() && replica.health().isAway) return
            await replica.reached(goal, often).catch(() => undefined)
            requireOpen()
            replica.requireFollowed()
          }
          replica.fill()
          return
        } catch (error) {
          requireOpen()
          replica.requireFollowed()
          failed(error as Error)
          const signal = ending.signal
          await wait(pauseAfter(timing, failures), undefined, { signal }).catch(() => undefined)
        }
      }
    },
    append,
    appendAll: oneByOne(append),
    subscribe: async (after, handler, ended) => {
      requireOpen()
      if (Number.isSafeInteger(after) && after > table.head() && after <= (await head())) await seen(after)
      const stop = replica.subscribe(after, handler, ended)
      return async () => stop()
    },
    head: async () => {
      requireOpen()
      return head()
    },
    isAway,
    close: async () => {
      ending.abort()
      closing ??= Promise.allSettled(accepted).then(async () => {
        await replica.close()
        await connection.close()
      })
      await closing
    },
  }
}

const notShown = (stream: string, revision: number): LedgerError =>
  new LedgerError(
    'unavailable',
    `The event store has revision ${revision} of ${stream} and does not show it yet: try again. To send the same again is safe.`,
  )

/** So many conflicts with strangers in a row are enough. */
const most = 3

/** How often a node that is being filled looks whether it goes on, in milliseconds. */
const often = 250

type Waiting = { batch: Batch; resolve: (appended: Promise<Appended>) => void }

/**
 * What an append must not overtake: another of its stream, whose calls the server may take in any order; another with one
 * of its ids; and, where it brings its own time, another that does.
 */
const turnsOf = ({ stream, events }: Batch): string[] => [
  `stream ${stream}`,
  ...events.map(({ event }) => event.id),
  ...(events.some(({ recordedAt }) => recordedAt !== undefined) ? ['time'] : []),
]

/**
 * What is decided by what is here: the batch was appended before, or an id is taken. The server would take an id again
 * where it is appended after the newest revision, so that is never asked for; all else it decides itself.
 */
const settled = (table: Replica['events'], { stream, after, events }: Batch): Appended | undefined => {
  const found = events.map(({ event }) => table.one(event.id))
  const taken = found.find((event) => event !== undefined)
  if (taken === undefined) return undefined
  if (found.every((event, index) => event?.stream === stream && event.revision === after + 1 + index))
    return appendedOf(found.map((event) => frozenJson(event!, '')))
  const revision = table.headOf(stream)?.revision ?? -1
  if (after < revision) {
    if (found.every((event, index) => event === undefined || event.revision === after + 1 + index))
      return undefined
    throw conflict(stream, after, revision)
  }
  throw new LedgerError(
    'invalid',
    `The id ${taken.id} is taken by an event of ${taken.stream}, revision ${taken.revision}.`,
  )
}
