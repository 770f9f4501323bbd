import { setImmediate as nextTurn } from 'node:timers/promises'

/** Goes through steps of what would take long at once, and lets others have a turn after each. */
export const inTurns = async (steps: Iterable<unknown>): Promise<void> => {
  for (const _step of steps) await nextTurn()
}
