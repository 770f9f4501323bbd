import { setImmediate as nextTurn } from 'node:timers/promises'

/**
 * Goes through steps of what would take long at once, and lets others have a turn after each, or after so many milliseconds:
 * where the steps are short, who has them waits for others more than they for him.
 */
export const inTurns = async <T>(steps: Generator<unknown, T>, every = 0): Promise<T> => {
  for (let since = performance.now(); ;) {
    const { done, value } = steps.next()
    if (done) return value
    if (every > 0 && performance.now() - since < every) continue
    await nextTurn()
    since = performance.now()
  }
}

/** Goes through the steps one after the other. */
export const atOnce = <T>(steps: Generator<unknown, T>): T => {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}
