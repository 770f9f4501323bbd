import type { Projection } from '../../projections/projection.ts'
import type { Entry } from './counted.ts'
import { beginning, lapseOf } from './line.ts'
import { byLatest, queueOf } from './queue.ts'
import { firstPlace, itemBefore } from './search.ts'
import type { Step } from './step.ts'

/**
 * How many steps at the beginning of an order stay as they are without an entry that was in it, and with one that was not. What
 * is taken while something else ends before either begins stays: neither can come before it. And so does what goes before what
 * comes, though it could begin by then.
 */
export const settledIn = (
  projection: Projection,
  steps: readonly Step[],
  gone: Entry | null,
  come: Entry | null,
): number => {
  const one = (gone ?? come)!.earliest
  const other = (come ?? gone)!.earliest
  let settled = firstOpen(steps, one < other ? one : other)
  if (gone || settled === steps.length) return settled
  const comes = { entry: come!, queue: queueOf(projection, come!) }
  while (settled < steps.length && goesBefore(projection, steps, settled, comes)) settled++
  return settled
}

/** The place of the first step that is taken, of all that are left, when none of these ends before a moment. */
const firstOpen = (steps: readonly Step[], moment: string): number => {
  // Most of what is told comes after all that was.
  const last = steps.length - 1
  if (last < 0 || steps[last]!.dusk < moment) return steps.length
  return firstPlace(last, (place) => steps[place]!.dusk >= moment)
}

/** Whether a step is taken before an entry that could be taken there, for all that can be told without taking them anew. */
const goesBefore = (
  projection: Projection,
  steps: readonly Step[],
  place: number,
  comes: { entry: Entry; queue: number },
): boolean => {
  const { entry, flagged, dawn, dusk } = steps[place]!
  // What is left would end, or begin, earlier with it.
  if (comes.entry.latest < dusk || comes.entry.earliest < dawn) return false
  const line = itemBefore(steps, place)?.line ?? beginning
  if (lapseOf(projection, line)) return false
  const queue = queueOf(projection, entry)
  if (queue === comes.queue) return byLatest(entry, comes.entry) < 0
  return !flagged && (queue < comes.queue || !projection.legal(line.state, comes.entry.event))
}
