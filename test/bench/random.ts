/** Random numbers that are the same for the same seed: for tests and measurements that can be repeated. */
export type Random = {
  /** A whole number from 0, below `count`. */
  below(count: number): number
  /** Whether something of this probability happens. */
  chance(probability: number): boolean
  pick<T>(from: readonly T[]): T
}

export const createRandom = (seed: number): Random => {
  // Mulberry32: 32 bits of state, good enough to choose with.
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    below: (count) => Math.floor(next() * count),
    chance: (probability) => next() < probability,
    pick: (from) => from[Math.floor(next() * from.length)]!,
  }
}
