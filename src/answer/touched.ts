import type { Growth, Known } from './known.ts'
import { itemBefore } from './search.ts'

/** A stretch of valid time in which something may have changed. `from` `''`: from before everything; `to` null: without end. */
export type Touched = { from: string; to: string | null }

const least = (one: string, other: string): string => (one < other ? one : other)

/**
 * When the first of the other events begins from which on they are in another order, or flagged otherwise; null: they are as
 * they were. What has not begun at a moment counts for nothing there.
 */
const rearrangedFrom = (
  before: Known,
  after: Known,
  { gone, come, settled, alike }: Growth,
): string | null => {
  const end = before.steps.length - (alike ?? 0)
  for (let [place, now] = [settled, settled]; place < end; place++, now++) {
    if (before.steps[place]!.entry === gone) place++
    if (after.steps[now]?.entry === come) now++
    const [was, is] = [before.steps[place], after.steps[now]]
    if (!was || !is) return null
    if (was.entry !== is.entry || was.flagged !== is.flagged) return least(was.dawn, is.dawn)
  }
  return null
}

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
  const start = least(from, rearrangedFrom(before, after, after.growth) ?? from)
  if (alike === null) return { from: start, to: null }
  const [one, other] = [reachBefore(before, alike), reachBefore(after, alike)]
  const to = one > other ? one : other
  return to > start ? { from: start, to } : null
}
