import project from '../../package.json' with { type: 'json' }

/**
 * The options of Node that `npm start` gives the service: room for what is soon forgotten, and for what is forgotten later, so
 * that all that lasts is seldom looked at; what lies far apart by then is moved together.
 */
export const asServed: readonly string[] = project.scripts.start
  .split(' ')
  .filter((word) => word.startsWith('--'))

/**
 * How much to measure. `seconds`: how long a round lasts, `events`: how large a ledger, where a section is not to take
 * its own; `nodeOptions`: for the process measured, such as its profiler; `pictures`: the folder they are drawn to.
 */
export type Options = {
  rounds: number
  seconds?: number
  events?: number
  nodeOptions: readonly string[]
  pictures: string
}

/** The sizes at which growth is shown: a thousand events and tenfold each time, up to the largest. */
export const sizes = (largest: number): number[] => {
  const smaller = [1_000, 10_000, 100_000].filter((size) => size < largest)
  return [...smaller, largest]
}
