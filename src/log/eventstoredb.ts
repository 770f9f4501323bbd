import { LedgerError } from '../errors.ts'
import type { Instant } from '../time/instant.ts'
import type { Event } from '../vocabulary/envelope.ts'
import { type Batch, createBatch } from './batch.ts'
import { conflict } from './conflict.ts'
import { appendTo } from './eventstoredb/append.ts'
import { createConnection } from './eventstoredb/connection.ts'
import { createFlights } from './eventstoredb/flights.ts'
import { idAt, newestOf } from './eventstoredb/read.ts'
import { proposed } from './eventstoredb/record.ts'
import { subscribeOnce } from './eventstoredb/subscription.ts'
import { type Timing, usualTiming } from './eventstoredb/timing.ts'
import { createTurns } from './eventstoredb/turns.ts'
import { frozenJson } from './json.ts'
import type { Appended, EventLog } from './log.ts'
import { later, timesOf } from './recorded-at.ts'
import { type Health, openReplica, type Replica } from './replica.ts'

/** The log on a server, the replica from which its events are read, and how that does. */
export type EventStoreLog = EventLog & { events: Replica['events']; health(): Health }

type Options = {
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
  const { url, name, path, clock, timing = usualTiming } = options
  const connection = createConnection(url, timing.keepAlive)
  const line = { connection, timing }
  const prefix = `${name}.`
  const replica = await openReplica(path, {
    idAt: (position) => idAt(line, position),
    subscribe: (after, told, signal) => subscribeOnce(line, { prefix, after, told, signal }),
  })
  const table = replica.events
  const inTurn = createTurns()
  const flights = createFlights()
  const accepted = new Set<Promise<unknown>>()
  let group: Waiting[] = []
  let closing: Promise<void> | undefined

  const head = () => newestOf(line, prefix, table.head())

  /** Waits until the replica has what the server has. */
  const seen = async (position: number): Promise<void> => {
    const patience = AbortSignal.timeout(timing.budget)
    await replica.reached(position, patience).catch((error: unknown) => {
      if (!patience.aborted) throw error
      throw new LedgerError(
        'unavailable',
        `The event store is at position ${position} and this node not yet: try again. To send the same again is safe.`,
      )
    })
  }

  const send = async (batch: Batch, present: Instant): Promise<Appended> => {
    replica.requireFollowed()
    const known = settled(table, batch)
    if (known !== undefined) return known
    const times = timesOf(batch, present, table.newest()?.recordedAt ?? '')
    if (times instanceof LedgerError) throw times
    const events = batch.events.map((given, index) => proposed(given, times[index]!))
    const { stream, after } = batch
    const { position } = await appendTo(line, { prefix, stream, events, after })
    await seen(position ?? (await head()))
    const stored = settled(table, batch)
    if (stored !== undefined) return stored
    throw new LedgerError('internal', `The append to ${stream} was written, and its events are not here.`)
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

  return {
    events: table,
    health: () => replica.health(),
    append: async (stream, events, expected, notBefore) => {
      requireOpen()
      const batch = createBatch(stream, events, expected, notBefore)
      const fly = flights.begin(batch, () => table.headOf(stream)?.revision ?? -1)
      const appending = inTurn(turnsOf(batch), () => fly(() => gather(batch)))
      accepted.add(appending)
      return appending.finally(() => accepted.delete(appending))
    },
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
    close: async () => {
      closing ??= Promise.allSettled(accepted).then(async () => {
        await replica.close()
        await connection.close()
      })
      await closing
    },
  }
}

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
    return appendedOf(found as Event[])
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

const appendedOf = (found: readonly Event[]): Appended => {
  const events = found.map((event) => frozenJson(event, '').value)
  const { revision, position } = events.at(-1)!
  return { revision, position, events }
}
