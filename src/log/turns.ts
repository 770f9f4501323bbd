/**
 * Runs work on names one after the other, in the order it came; work on other names runs beside it. It is told what became
 * of what it had to wait for.
 */
export const createTurns = () => {
  // What came of a turn is let go with it: the tables that a map has had hold on to each other until old objects are
  // collected, and to what was in them.
  const last = new Map<string, { turn: Promise<unknown> | null }>()
  return async <T>(
    names: Iterable<string>,
    work: (before: readonly PromiseSettledResult<unknown>[]) => Promise<T>,
  ): Promise<T> => {
    const mine = [...names]
    const before = mine.flatMap((name) => last.get(name)?.turn ?? [])
    const turn = before.length === 0 ? work([]) : Promise.allSettled(before).then(work)
    const held = { turn: turn as Promise<unknown> | null }
    for (const name of mine) last.set(name, held)
    try {
      return await turn
    } finally {
      held.turn = null
      for (const name of mine) if (last.get(name) === held) last.delete(name)
    }
  }
}
