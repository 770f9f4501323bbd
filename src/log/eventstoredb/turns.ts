/** Runs work after all earlier work that shares one of its names, in the order it came; what shares none runs beside it. */
export const createTurns = () => {
  const last = new Map<string, Promise<unknown>>()
  return async <T>(names: readonly string[], work: () => Promise<T>): Promise<T> => {
    const before = names.flatMap((name) => last.get(name) ?? [])
    const turn = before.length === 0 ? work() : Promise.allSettled(before).then(work)
    for (const name of names) last.set(name, turn)
    try {
      return await turn
    } finally {
      for (const name of names) if (last.get(name) === turn) last.delete(name)
    }
  }
}
