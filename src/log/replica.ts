import { existsSync, renameSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { LedgerError } from '../errors.ts'
import type { Event } from '../vocabulary/envelope.ts'
import { type EventsFile, openEvents } from './events.ts'
import { frozenJson } from './json.ts'
import type { Handler } from './log.ts'
import { createSubscriptions } from './subscriptions.ts'

/** An event of the log that a replica follows, in the order of fields in which it is kept. */
export type Recorded = { position: number; event: Omit<Event, 'position'> }

/** Where a subscription to a log tells what happens. */
export type Told = {
  /** The log has it and sends from now on. */
  confirmed(): void
  /** The next events, positions ascending. They are in the table when this returns; what it throws ends the subscription. */
  take(recorded: readonly Recorded[]): void
  /** Everything up to a position was told, be it taken or left out. */
  passed(position: number): void
  /** Something is wrong that does not stop it. */
  trouble(error: Error): void
}

/** A log that is elsewhere, as a replica follows it. */
export type Source = {
  /** The id of the event at a position; undefined where the log has none there. Throws where it cannot be asked, and at the signal. */
  idAt(position: number, signal: AbortSignal): Promise<string | undefined>
  /** Tells of every event after a position until the subscription ends, and throws why; ends without one at the signal. */
  subscribe(after: number, told: Told, signal: AbortSignal): Promise<void>
}

/** Whether the replica follows its log now or found it away, and the last thing that went wrong. */
export type Health = { isFollowing: boolean; isAway: boolean; lastError: string | null }

/** A local table of the events of a log that is elsewhere: every read is answered from here, also while the log is down. */
export type Replica = {
  events: Omit<EventsFile, 'commit' | 'insert' | 'close'>
  /** As `EventLog.subscribe`, of what the replica has. */
  subscribe(after: number, handler: Handler, ended?: (error: Error) => void): () => void
  /** Resolves once everything up to a position is here. Throws the signal's reason, and why the replica follows no more. */
  reached(position: number, signal: AbortSignal): Promise<void>
  /** The position up to which everything that the log has is here. */
  seen(): number
  /** Throws why the replica follows no more: its log became another. Nothing may be written there then. */
  requireFollowed(): void
  health(): Health
  close(): Promise<void>
}

/**
 * Opens or creates the replica in a file and follows its log from the last event it has, again and again, with longer and
 * longer pauses up to a second while the log is away. A file filled from another log (which has another event at that
 * position, or ends before) is put aside, and a new one filled. Where that shows only later, when the log comes back, it
 * ends every subscription with `checkpoint_ahead_of_log`: open the replica again.
 *
 * `recordedAt` is the running maximum along positions. An id that comes a second time is left out and told in `health`.
 * Revisions are counted here, so that what is left out leaves no gap in them.
 */
export const openReplica = async (path: string, source: Source): Promise<Replica> => {
  let table = openEvents(path, 'replica')
  let lastError: string | null = null
  let isAway = false
  const trouble = ({ message }: Error) => void (lastError = message)
  try {
    if (!(await isOf(source, table, new AbortController().signal))) {
      table.close()
      trouble(otherLog(path, putAside(path)))
      table = openEvents(path, 'replica')
    }
  } catch (error) {
    // The log is away. What is here can be read meanwhile.
    isAway = true
    trouble(error as Error)
  }
  return following(path, table, source, { isFollowing: false, isAway, lastError })
}

const following = (path: string, table: EventsFile, source: Source, health: Health): Replica => {
  const subscriptions = createSubscriptions(table)
  const subscribers = new Set<(error: Error) => void>()
  const waiting = new Set<Waiting>()
  const closing = new AbortController()
  let fault: Error | undefined
  let seen = table.head()
  let failures = 0

  const trouble = ({ message }: Error) => void (health.lastError = message)

  const take = (recorded: readonly Recorded[]) => {
    const after = table.head()
    const added = table.commit(() => recorded.flatMap((one) => insert(table, one, trouble)))
    subscriptions.publish(after, added)
    passed(recorded.at(-1)!.position)
  }

  const passed = (position: number) => {
    seen = Math.max(seen, position)
    failures = 0
    for (const waiter of waiting) if (waiter.position <= seen) waiter.settle(undefined)
  }

  const fail = (error: Error) => {
    fault = error
    trouble(error)
    subscriptions.close()
    for (const waiter of waiting) waiter.settle(error)
    for (const ended of subscribers) ended(error)
  }

  const follow = async () => {
    const confirmed = () => void Object.assign(health, { isFollowing: true, isAway: false })
    while (!closing.signal.aborted) {
      try {
        if (!(await isOf(source, table, closing.signal))) return fail(otherLog(path))
        await source.subscribe(table.head(), { confirmed, take, passed, trouble }, closing.signal)
      } catch (error) {
        trouble(error as Error)
      }
      Object.assign(health, { isFollowing: false, isAway: true })
      await wait(pauseAfter(failures++), undefined, { signal: closing.signal }).catch(() => undefined)
    }
  }
  const followed = follow()

  const requireFollowed = () => {
    if (fault) throw fault
  }

  return {
    events: table,
    subscribe: (after, handler, ended) => {
      requireFollowed()
      const tell = ended ?? throwLater
      const stop = subscriptions.open(after, handler, (error) => {
        subscribers.delete(tell)
        tell(error)
      })
      subscribers.add(tell)
      return () => {
        subscribers.delete(tell)
        stop()
      }
    },
    reached: (position, signal) =>
      new Promise((resolve, reject) => {
        if (fault) return reject(fault)
        if (position <= seen) return resolve()
        const settle = (error: Error | undefined) => {
          waiting.delete(waiter)
          signal.removeEventListener('abort', giveUp)
          if (error) reject(error)
          else resolve()
        }
        const giveUp = () => settle(signal.reason as Error)
        const waiter = { position, settle }
        waiting.add(waiter)
        signal.addEventListener('abort', giveUp)
        if (signal.aborted) giveUp()
      }),
    seen: () => seen,
    requireFollowed,
    health: () => ({ ...health }),
    close: async () => {
      closing.abort()
      await followed
      subscriptions.close()
      for (const waiter of waiting) waiter.settle(new LedgerError('unavailable', 'The log is closed.'))
      table.close()
    },
  }
}

/** Who is no longer told must not go on as if. */
const throwLater = (error: Error) =>
  queueMicrotask(() => {
    throw error
  })

type Waiting = { position: number; settle: (error: Error | undefined) => void }

const pauseAfter = (failures: number): number => Math.min(50 * 2 ** Math.min(failures, 5), 1000)

/** Adds an event to the table, never twice, and gives it as every read does, frozen. */
const insert = (
  table: EventsFile,
  { position, event }: Recorded,
  trouble: (error: Error) => void,
): Event[] => {
  const newest = table.newest()
  if (position <= (newest?.position ?? 0)) return []
  const taken = table.one(event.id)
  if (taken !== undefined) {
    trouble(
      new LedgerError(
        'internal',
        `The event ${event.id} stands in the log at position ${taken.position} and again at ${position}. The second is left out.`,
      ),
    )
    return []
  }
  const recordedAt = newest && newest.recordedAt > event.recordedAt ? newest.recordedAt : event.recordedAt
  const { id, stream } = event
  const revision = (table.headOf(stream)?.revision ?? -1) + 1
  const json = jsonOf({ ...event, revision, recordedAt })
  if (json instanceof Error) {
    trouble(json)
    return []
  }
  table.insert({ id, stream, revision, position, recordedAt, text: json.text })
  return [Object.freeze({ ...json.value, position })]
}

const jsonOf = (event: Omit<Event, 'position'>) => {
  try {
    return frozenJson(event, '')
  } catch (error) {
    const { id, stream } = event
    return new LedgerError(
      'internal',
      `The event ${id} of ${stream} cannot be kept (${(error as Error).message}) and is left out.`,
    )
  }
}

/** Whether the log has the newest event of the table where the table has it. */
const isOf = async (source: Source, table: EventsFile, signal: AbortSignal): Promise<boolean> => {
  const [newest] = table.after(table.head() - 1, 1)
  return newest === undefined || (await source.idAt(newest.position, signal)) === newest.id
}

const otherLog = (path: string, aside?: string): LedgerError => {
  const begin = `checkpoint_ahead_of_log: the log is not the one from which ${path} was filled`
  return new LedgerError(
    'unavailable',
    aside === undefined
      ? `${begin}: start again, and the file is made anew.`
      : `${begin}: it was put aside as ${aside} and is made anew.`,
  )
}

const putAside = (path: string): string => {
  let aside = path
  for (let number = 1; existsSync(aside); number++) aside = `${path}.aside-${number}`
  for (const end of ['', '-wal', '-shm'])
    if (existsSync(`${path}${end}`)) renameSync(`${path}${end}`, `${aside}${end}`)
  return aside
}
