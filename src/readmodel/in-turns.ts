import { setImmediate as nextTurn } from 'node:timers/promises'

/** So many milliseconds, by a clock, go by before others have a turn. */
export type Pace = { ticks: () => number; every: number }

/**
 * Goes through steps of what would take long at once, and lets others have a turn after each, or at a pace: where steps are short,
 * whoever has them would wait for others more than they for him.
 */
export const inTurns = async <T>(steps: Generator<unknown, T>, pace?: Pace): Promise<T> => {
  const now = () => pace?.ticks() ?? 0
  for (let since = now(); ;) {
    const { done, value } = steps.next()
    if (done) return value
    if (pace && now() - since < pace.every) continue
    await nextTurn()
    since = now()
  }
}

/** Goes through the steps one after the other. */
export const atOnce = <T>(steps: Generator<unknown, T>): T => {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}
