import { type Foreign, openForeign } from './foreign.ts'

const signatures = {
  mallopt: { arguments: ['i32', 'i32'], return: 'i32' },
  malloc_trim: { arguments: ['u64'], return: 'i32' },
} as const

/** Parameters of mallopt(3) of the GNU C library. */
const [trimThreshold, mmapThreshold] = [-1, -3]
/** So many bytes are large. */
const large = 2 ** 20
/** So many are kept for what is smaller: answers are written into them, and to ask the system each time makes a list slower. */
const kept = 2 ** 25

let system: Foreign<typeof signatures> | undefined | null = null

/** Undefined where the C library is another. */
const functions = () => {
  if (system === null) system = openForeign(signatures)
  return system?.functions
}

/**
 * Has large pieces of memory go back to the system as soon as they are let go of. The GNU C library would soon keep them, to
 * give them out again; but a column that has grown leaves one in which no next one has room, and what is smaller takes
 * a little of it and holds on to all.
 */
export const giveBackLarge = (): void => {
  const { mallopt } = functions() ?? {}
  mallopt?.(mmapThreshold, large)
  mallopt?.(trimThreshold, kept)
}

/** Gives back to the system what was let go of: threads that have ended leave much. */
export const giveBackAll = (): void => void functions()?.malloc_trim(0n)
