import { LedgerError } from '../errors.ts'
import type { Instant } from '../time/instant.ts'
import type { Event } from '../vocabulary/envelope.ts'
import { type Batch, createBatch, type Given, storedEvent } from './batch.ts'
import { type EventsFile, openEvents } from './events.ts'
import { frozenJson } from './json.ts'
import type { Appended, EventLog } from './log.ts'
import { later } from './recorded-at.ts'
import type { Recorded, Row } from './settle.ts'
import { createSubscriptions } from './subscriptions.ts'
import { createWriter, type Handed, most } from './writer.ts'

/** The log in a file, and the table that it is. */
export type SqliteLog = EventLog & { events: Omit<EventsFile, 'commit' | 'insert' | 'headOf' | 'close'> }

/**
 * The embedded engine: one SQLite file, made where there is none, for one process at a time (`lock`). It is written by a
 * thread of its own: appends that come while that commits share the next commit, and each keeps its own success or
 * conflict. Subscribers who are up to date have the events before the append resolves.
 *
 * Throws `unavailable` when the file cannot be opened or written; a full disk refuses appends until there is space.
 */
export const sqliteLog = ({ path, clock }: { path: string; clock: () => Instant }): Promise<SqliteLog> =>
  new Promise((resolve) => resolve(createLog(path, clock)))

const createLog = (path: string, clock: () => Instant): SqliteLog => {
  const table = openEvents(path, 'log')
  const subscriptions = createSubscriptions(table)
  /** Still to be handed to the writer; and handed over. */
  const queue: Waiting[] = []
  const underWay: Waiting[] = []
  let isScheduled = false
  let isClosed = false

  const schedule = () => {
    if (queue.length >= (underWay.length === 0 ? enough.first : enough.more)) return hand()
    if (isScheduled) return
    isScheduled = true
    // What this turn of the event loop still brings goes with it.
    setImmediate(() => {
      isScheduled = false
      hand()
    })
  }

  const hand = () => {
    while (queue.length > 0) {
      const group = queue.splice(0, groupLength(queue))
      underWay.push(...group)
      writer.write(handed(group, clock()))
    }
  }

  const writer = createWriter(path, ({ after, outcomes }) => {
    const group = underWay.splice(0, outcomes.length)
    const added: Event[] = []
    const told = outcomes.map((outcome, index): Appended | LedgerError => {
      const { batch } = group[index]!
      if (outcome === 'repeated') return appendedOf(batch.events.map(({ event }) => stored(event.id)))
      if ('refused' in outcome) {
        const { code, message, members, cause } = outcome.refused
        return new LedgerError(code, message, members, cause)
      }
      const events = recordedOf(batch, outcome)
      added.push(...events)
      return appendedOf(events)
    })
    subscriptions.publish(after, added)
    for (const [index, { resolve, reject }] of group.entries()) {
      const outcome = told[index]!
      if (outcome instanceof LedgerError) reject(outcome)
      else resolve(outcome)
    }
  })

  const stored = (id: string): Event => frozenJson(table.one(id)!, '').value

  const requireOpen = () => {
    if (isClosed) throw new LedgerError('unavailable', 'The log is closed: open the ledger again.')
  }

  return {
    events: table,
    append: async (stream, events, expected, notBefore) => {
      requireOpen()
      const batch = createBatch(stream, events, expected, notBefore)
      return new Promise((resolve, reject) => {
        queue.push({ batch, resolve, reject })
        schedule()
      })
    },
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
      hand()
      await writer.close()
      subscriptions.close()
      table.close()
    },
  }
}

type Waiting = { batch: Batch; resolve: (appended: Appended) => void; reject: (error: unknown) => void }

/** So many appends are handed over without waiting for more: a few where the writer has nothing to do, many where it has. */
const enough = { first: 32, more: 256 }

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

const handed = (group: readonly Waiting[], present: Instant): Handed => ({
  present: group.reduce((last, { batch }) => later(last, batch.notBefore), present),
  appends: group.map(({ batch: { stream, after, events } }) => ({ stream, after, rows: events.map(rowOf) })),
  events: group.reduce((sum, { batch }) => sum + batch.events.length, 0),
  bytes: group.reduce((sum, { batch }) => sum + batch.bytes, 0),
})

const rowOf = ({ event: { id }, text, recordedAt, restored }: Given): Row => ({
  id,
  text,
  ...(recordedAt !== undefined && { recordedAt }),
  ...(restored !== undefined && { restored }),
})

/** The events of a batch as they were recorded. */
const recordedOf = ({ events, after }: Batch, { position, times }: Recorded): Event[] =>
  events.map((given, index) =>
    storedEvent(given, {
      revision: after + 1 + index,
      position: position + index,
      recordedAt: times[index]!,
    }),
  )

const appendedOf = (events: readonly Event[]): Appended => {
  const { revision, position } = events.at(-1)!
  return { revision, position, events }
}
