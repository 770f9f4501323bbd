import { linesAt } from './candidates.ts'
import type { Growth, Known } from './known.ts'
import { leadAlike } from './line.ts'
import { firstPlace, itemBefore } from './search.ts'
import type { Step } from './step.ts'

/** A stretch of valid time in which something may have changed. `from` `''`: from before everything; `to` null: without end. */
export type Touched = { from: string; to: string | null }

const least = (one: string, other: string): string => (one < other ? one : other)
const greatest = (one: string, other: string): string => (one > other ? one : other)

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

/** The greatest `latest` of the steps between two places. */
const lastEnd = (steps: readonly Step[], from: number, to: number): string => {
  let last = ''
  for (let place = from; place < to; place++) {
    const { latest } = steps[place]!.entry
    if (latest > last) last = latest
  }
  return last
}

/**
 * A moment, and those after it at which something ends of what was not rearranged and lasts longer, in their order; null: too
 * much of it does. All of it has begun: behind what has not, nothing has ended.
 */
const endsSince = ({ steps }: Known, moment: string, settled: number): string[] | null => {
  const ends = new Set([moment])
  let lasting = 0
  const first = firstPlace(settled, (place) => steps[place]!.reach > moment)
  for (let place = first; place < settled; place++) {
    const { latest } = steps[place]!.entry
    if (latest <= moment) continue
    if (++lasting > most) return null
    ends.add(latest)
  }
  return [...ends].sort()
}

/** Of so many that last the lines that leave some of them out are compared. */
const most = 8

/**
 * From when on all leads where it led: once all that lies before the steps that stay has ended. Where some of what was not
 * rearranged last longer, from when on all that may have been the case leads where it led, whichever of them has happened.
 */
const alikeFrom = (before: Known, after: Known, { settled }: Growth, alike: number): string => {
  const end = before.steps.length - alike
  const now = after.steps.length - alike
  const ended = greatest(lastEnd(before.steps, settled, end), lastEnd(after.steps, settled, now))
  let from = greatest(reachBefore(before, end), reachBefore(after, now))
  for (const moment of endsSince(before, ended, settled)?.reverse() ?? []) {
    if (moment >= from) continue
    const is = linesAt(after, moment, now)
    if (!linesAt(before, moment, end).every((was, place) => leadAlike(was, is[place]!))) break
    from = moment
  }
  return from
}

/** Up to where the first so many events reach. */
const reachBefore = ({ steps }: Known, count: number): string => itemBefore(steps, count)?.reach ?? ''

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
  const to = alikeFrom(before, after, after.growth, alike)
  return to > start ? { from: start, to } : null
}
