import { existsSync, renameSync, rmSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { LedgerError } from '../errors.ts'
import type { Event } from '../vocabulary/envelope.ts'
import { frozenAt } from './batch.ts'
import { type EventsFile, type LeftOut, openEvents } from './events.ts'
import { type Judge, type Newest, type Note, type Recorded, takeIn } from './intake.ts'
import type { Handler } from './log.ts'
import { createSubscriptions } from './subscriptions.ts'

/** Where a subscription to a log tells what happens. */
export type Told = {
  /** The log has it and sends from now on. */
  confirmed(): void
  /** The next events, positions ascending. They are in the table when this returns; what it throws ends the subscription. */
  take(recorded: readonly Recorded[]): void
  /** Everything up to a position was told, be it taken or left out. */
  passed(position: number): void
  /** What is at a position is no event of a ledger. */
  leaveOut(position: number, error: Error): void
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

/** What a replica may be given beside its log. */
export type ReplicaOptions = {
  judge?: Judge | undefined
  /** Told when the log is found away, and when it is followed again. */
  changed?: ((health: Health) => void) | undefined
}

/** A local table of the events of a log that is elsewhere: every read is answered from here, also while the log is down. */
export type Replica = {
  events: Omit<EventsFile, 'commit' | 'insert' | 'leftOut' | 'leaveOut' | 'isFilled' | 'fill' | 'close'>
  /** As `EventLog.subscribe`, of what the replica has. */
  subscribe(after: number, handler: Handler, ended?: (error: Error) => void): () => void
  /**
   * Whether everything up to a position is here, once it is or after so many milliseconds. Throws why the replica follows no
   * more.
   */
  reached(position: number, milliseconds: number): Promise<boolean>
  /** The position up to which everything that the log has is here. */
  seen(): number
  /** The last event that is here; undefined while there is none. */
  newest(): Newest | undefined
  /** Whether it has had, at some time, all that its log had then, also before it was opened: until then it is only a part. */
  isFilled(): boolean
  /** Says that it has all that its log has. That is kept in its file with the first event. */
  fill(): void
  /** What of the log was left out, positions ascending. */
  leftOut(): LeftOut[]
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
 * `recordedAt` is the running maximum along positions. An id that comes a second time, and what the judge says is no
 * event, is left out and told in `health`. Revisions are counted here, so that what is left out leaves no gap in them. A
 * file from which another version of the judge left something out is filled anew.
 */
export const openReplica = async (
  path: string,
  source: Source,
  options: ReplicaOptions = {},
): Promise<Replica> => {
  let table = openEvents(path, 'replica')
  let lastError: string | null = null
  let isAway = false
  const trouble = ({ message }: Error) => void (lastError = message)
  try {
    if (!(await isOf(source, table, new AbortController().signal))) {
      table.close()
      trouble(otherLog(path, putAside(path)))
      table = openEvents(path, 'replica')
    } else if (isOutdated(table, options.judge)) {
      // The log answered: what is here is not given up while it is away.
      table.close()
      for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true })
      table = openEvents(path, 'replica')
    }
  } catch (error) {
    // The log is away. What is here can be read meanwhile.
    isAway = true
    trouble(error as Error)
  }
  lastError ??= table.leftOut().at(-1)?.why ?? null
  return following(path, table, source, { isFollowing: false, isAway, lastError }, options)
}

const isOutdated = (table: EventsFile, judge: Judge | undefined): boolean =>
  judge !== undefined && table.leftOut().some((one) => one.judge !== null && one.judge !== judge.version)

const following = (
  path: string,
  table: EventsFile,
  source: Source,
  health: Health,
  { judge, changed }: ReplicaOptions,
): Replica => {
  const subscriptions = createSubscriptions(table)
  const subscribers = new Set<(error: Error) => void>()
  const waiting = new Set<Waiting>()
  const closing = new AbortController()
  let fault: Error | undefined
  // Nobody else writes to the file.
  let newest: Newest | undefined = table.newest()
  let seen = newest?.position ?? 0
  let failures = 0
  let isKept = table.isFilled()
  let isFilled = isKept

  const trouble = ({ message }: Error) => void (health.lastError = message)

  const note: Note = (position, error, judgedBy) => {
    table.leaveOut({ position, why: error.message, judge: judgedBy ?? null })
    trouble(error)
  }

  const leaveOut = (position: number, error: Error) => table.commit(() => note(position, error))

  const take = (recorded: readonly Recorded[]) => {
    const after = newest?.position ?? 0
    const taken = table.commit(() => {
      let last = newest
      const taken = recorded.map((one) => {
        const found = takeIn(table, one, last, judge, note)
        last = found?.event ?? last
        return found
      })
      if (isFilled && !isKept && last !== newest) table.fill()
      return taken
    })
    const added: Event[] = []
    for (const [index, found] of taken.entries()) {
      if (found === undefined) continue
      const { own } = recorded[index]!
      if (own) own.stored = frozenAt(found.text, found.event)
      added.push(found.event)
    }
    newest = added.at(-1) ?? newest
    isKept ||= isFilled && added.length > 0
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

  const turn = (now: Pick<Health, 'isFollowing' | 'isAway'>) => {
    const isOther = now.isAway !== health.isAway
    Object.assign(health, now)
    if (isOther) changed?.({ ...health })
  }

  const follow = async () => {
    if (health.isAway) changed?.({ ...health })
    const confirmed = () => turn({ isFollowing: true, isAway: false })
    while (!closing.signal.aborted) {
      try {
        if (!(await isOf(source, table, closing.signal))) return fail(otherLog(path))
        await source.subscribe(table.head(), { confirmed, take, passed, leaveOut }, closing.signal)
      } catch (error) {
        trouble(error as Error)
      }
      if (closing.signal.aborted) return
      turn({ isFollowing: false, isAway: true })
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
    reached: async (position, milliseconds) => {
      requireFollowed()
      if (position <= seen) return true
      return new Promise((resolve, reject) => {
        const settle = (error: Error | undefined) => {
          end()
          if (error) reject(error)
          else resolve(true)
        }
        const giveUp = () => {
          end()
          resolve(false)
        }
        const end = () => {
          waiting.delete(waiter)
          clearTimeout(timer)
        }
        const timer = setTimeout(giveUp, milliseconds).unref()
        const waiter = { position, settle }
        waiting.add(waiter)
      })
    },
    seen: () => seen,
    newest: () => newest,
    isFilled: () => isFilled,
    fill: () => {
      isFilled = true
      // An empty one that is kept as filled would pass for whole when the next start has a part of a log that has grown.
      if (isKept || table.head() === 0) return
      table.commit(() => table.fill())
      isKept = true
    },
    leftOut: () => table.leftOut(),
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
