import type { Known } from './known.ts'
import { firstReaching } from './order.ts'
import { itemBefore } from './search.ts'

/** A stretch of valid time in which something may have changed. `from` `''`: from before everything; `to` null: without end. */
export type Touched = { from: string; to: string | null }

/** Where the part of an order begins that an event from a moment on may rearrange. */
const dawnFrom = ({ steps }: Known, from: string): string => {
  const reaching = firstReaching(steps, from)
  const next = reaching < steps.length ? steps[reaching]!.dawn : undefined
  return next !== undefined && next < from ? next : from
}

const least = (one: string, other: string): string => (one < other ? one : other)

/** Up to where the events reach that lie before the last so many. */
const reachBefore = ({ steps }: Known, alike: number): string =>
  itemBefore(steps, steps.length - alike)?.reach ?? ''

/**
 * The stretch outside which the newest event changed nothing of what was known before it: that of its own window, or of
 * the window of the event it is about, and of those whose place in the order it may change, until all leads where it
 * led. Null: it changed nothing at any moment.
 */
export const touched = (before: Known, after: Known): Touched | null => {
  if (!after.growth) return { from: '', to: null }
  const { gone, come, alike } = after.growth
  if (!gone && !come) return null
  if (
    gone?.event === come?.event &&
    gone?.latest === come?.latest &&
    gone?.disputedBy.length === come?.disputedBy.length
  )
    return null
  const from = gone && come ? least(gone.earliest, come.earliest) : (gone ?? come)!.earliest
  const start = least(dawnFrom(before, from), dawnFrom(after, from))
  if (alike === null) return { from: start, to: null }
  const [one, other] = [reachBefore(before, alike), reachBefore(after, alike)]
  const to = one > other ? one : other
  return to > start ? { from: start, to } : null
}
