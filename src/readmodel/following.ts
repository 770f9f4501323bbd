import { setTimeout as wait } from 'node:timers/promises'
import type { EventLog } from '../log/log.ts'
import type { Model } from './model.ts'
import type { Rebuild } from './rebuild.ts'

/** A model that follows its log. */
export type Following = {
  /** Resolves when it follows. */
  begun: Promise<void>
  /** Why it follows no more; null: it does, or will. */
  fault(): Error | null
  stop(): Promise<void>
}

export type FollowingParts = {
  model: Model
  log: Pick<EventLog, 'subscribe'>
  rebuild: Rebuild
  /** Whether the log has much that the model does not. */
  isFar: boolean
  /** Told why the first answers could not be made; it is tried again. */
  failed: (error: Error) => void
  /** Told why it follows no more. */
  ended: (error: Error) => void
}

/** So long is waited after so many failures, in milliseconds. */
const pauseAfter = (failures: number): number => Math.min(1000 * 2 ** failures, 60_000)

/**
 * Has a model follow its log. What is far is made by the threads of a rebuild where there is nothing yet, as often as it
 * takes; all else comes as the log gives it.
 */
export const createFollowing = (parts: FollowingParts): Following => {
  const { model, log, rebuild, isFar, failed, ended } = parts
  const closing = new AbortController()
  let fault: Error | null = null
  let unsubscribe = (): Promise<void> => Promise.resolve()

  const end = (error: Error) => {
    fault = error
    model.stop(error)
    ended(error)
  }

  const makeFirst = async (): Promise<void> => {
    for (let failures = 0; ; failures++)
      try {
        return await rebuild.start()
      } catch (error) {
        closing.signal.throwIfAborted()
        failed(error as Error)
        await wait(pauseAfter(failures), undefined, { signal: closing.signal, ref: false })
      }
  }

  const begin = async (): Promise<void> => {
    if (isFar && model.position() === 0) await makeFirst()
    closing.signal.throwIfAborted()
    unsubscribe = await log.subscribe(model.position(), (events) => model.apply(events), end)
  }
  const begun = begin()
  begun.catch((error: Error) => {
    if (!closing.signal.aborted) end(error)
  })

  return {
    begun,
    fault: () => fault,
    stop: async () => {
      closing.abort()
      await rebuild.stop()
      await begun.catch(() => undefined)
      await unsubscribe()
    },
  }
}
