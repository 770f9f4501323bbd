/** How long the adapter waits, in milliseconds. */
export type Timing = {
  /** For the answer to one call; then the client that made it is replaced. */
  answer: number
  /** For an append or a read with all its retries. The failures of a cluster's leader that were seen end within 10 s. */
  budget: number
  /** Before the first retry; it doubles from one to the next, up to `longestPause`. */
  pause: number
  longestPause: number
  /**
   * For a log that ends before what was read of it. A leader that stood still while another took its place believes for a
   * moment that it leads; one that still ends there after this is another log.
   */
  behind: number
  /** Between the signs of life that a connection gives, and again until one that is missed ends it. */
  keepAlive: number
}

export const usualTiming: Timing = {
  answer: 4000,
  budget: 10_000,
  pause: 100,
  longestPause: 1000,
  behind: 5000,
  keepAlive: 2000,
}

/** The wait before the next try, after so many in a row that failed. */
export const pauseAfter = ({ pause, longestPause }: Timing, failures: number): number =>
  Math.min(pause * 2 ** Math.min(failures, 16), longestPause)
