import type { Share } from '../log/events.ts'
import type { Purpose } from '../log/file.ts'

/**
 * The log or replica to make a read model from, the file to make it in, and by what. `parts`: in how many threads; without
 * it, in as many as are worth while.
 */
export type Order = { log: string; purpose: Purpose; path: string; fingerprint: string; parts?: number }

/** What the thread of a part is told: which share of the streams it takes, and up to where. */
export type PartOrder = Order & { share: Share; upTo: number }
