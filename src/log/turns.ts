/**
 * Runs work on names one after the other, in the order it came; work on other names runs beside it. It is told what became
 * of what it had to wait for.
 */
export const createTurns = () => {
  const last = new Map<string, Promise<unknown>>()
  return async <T>(
    names: Iterable<string>,
    work: (before: readonly PromiseSettledResult<unknown>[]) => Promise<T>,
  ): Promise<T> => {
    const mine = [...names]
    const before = mine.flatMap((name) => last.get(name) ?? [])
    const turn = before.length === 0 ? work([]) : Promise.allSettled(before).then(work)
    for (const name of mine) last.set(name, turn)
    try {
      return await turn
    } finally {
      for (const name of mine) if (last.get(name) === turn) last.delete(name)
    }
  }
}
