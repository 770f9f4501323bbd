import { setImmediate as nextTurn } from 'node:timers/promises'

/** Goes through steps of what would take long at once, and lets others have a turn after each. */
export const inTurns = async <T>(steps: Generator<unknown, T>): Promise<T> => {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
    await nextTurn()
  }
}

/** Goes through the steps one after the other. */
export const atOnce = <T>(steps: Generator<unknown, T>): T => {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}
