import { setImmediate as nextTurn } from 'node:timers/promises'
import { LedgerError } from '../errors.ts'
import type { Event } from '../vocabulary/envelope.ts'
import type { EventsTable } from './events.ts'
import type { Handler } from './log.ts'

/** Those who are told of every event of a table, whatever fills it. */
export type Subscriptions = {
  /** As `EventLog.subscribe`; the first batch comes after this has returned. */
  open(after: number, handler: Handler, ended?: (error: Error) => void): () => void
  /**
   * Hands events that were just added to the table, after a position, to all who have those up to there. Who is still at
   * an earlier batch reads them from the table when that is done, so nothing waits in memory.
   */
  publish(after: number, events: readonly Event[]): void
  close(): void
}

export const createSubscriptions = (table: Pick<EventsTable, 'after' | 'head'>): Subscriptions => {
  const open = new Set<Subscriber>()

  const end = (subscriber: Subscriber, error: Error): void => {
    if (!open.delete(subscriber)) return
    queueMicrotask(() => {
      if (subscriber.ended === undefined) throw error
      subscriber.ended(error)
    })
  }

  const catchUp = async (subscriber: Subscriber): Promise<void> => {
    try {
      for (;;) {
        await nextTurn()
        if (!open.has(subscriber)) return
        const page = table.after(subscriber.position, pageSize)
        if (page.length === 0) break
        await subscriber.handler(page)
        subscriber.position = page.at(-1)!.position
      }
      // Between the empty page and this nothing can be published: both are one step.
      subscriber.isWaiting = true
    } catch (error) {
      end(subscriber, error as Error)
    }
  }

  const hand = (subscriber: Subscriber, events: readonly Event[]): void => {
    try {
      const done = subscriber.handler(events)
      subscriber.position = events.at(-1)!.position
      if (!(done instanceof Promise)) return
      subscriber.isWaiting = false
      done.then(
        () => catchUp(subscriber),
        (error: Error) => end(subscriber, error),
      )
    } catch (error) {
      end(subscriber, error as Error)
    }
  }

  const resume = (subscriber: Subscriber): void => {
    subscriber.isWaiting = false
    void catchUp(subscriber)
  }

  return {
    open: (after, handler, ended) => {
      requireWithin(after, table.head())
      const subscriber: Subscriber = { position: after, isWaiting: false, handler, ended }
      open.add(subscriber)
      void catchUp(subscriber)
      return () => void open.delete(subscriber)
    },
    publish: (after, events) => {
      if (events.length === 0) return
      for (const subscriber of open) {
        if (!subscriber.isWaiting) continue
        if (subscriber.position === after) hand(subscriber, events)
        else resume(subscriber)
      }
    },
    close: () => open.clear(),
  }
}

/** `isWaiting`: everything was handed over, and the handler is done. */
type Subscriber = {
  position: number
  isWaiting: boolean
  handler: Handler
  ended: ((error: Error) => void) | undefined
}

const pageSize = 500

const requireWithin = (after: number, head: number): void => {
  if (!Number.isSafeInteger(after) || after < 0)
    throw new LedgerError('invalid', `A position is a whole number from 0, not ${after}.`)
  if (after > head)
    throw new LedgerError(
      'invalid',
      `checkpoint_ahead_of_log: position ${after} is beyond the head of the log, ${head}: it was read from another log.`,
    )
}
