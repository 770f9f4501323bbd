import type { Projection } from '../../projections/projection.ts'
import type { Entry } from './counted.ts'
import { advanced, beginning, continuing, lapsed, lapseOf, leadAlike, type Line } from './line.ts'
import { byLatest, type Item, nextOf, queuesOf } from './queue.ts'
import { itemBefore } from './search.ts'
import { settledIn } from './settled.ts'
import type { Step } from './step.ts'

/**
 * The order in which events are taken to have happened: time orders windows that do not overlap, the lifecycle those
 * that do. Total: an event that its lifecycle does not allow is flagged, and counts.
 */
export const order = (projection: Projection, entries: readonly Entry[]): Step[] =>
  bounded(arranged(projection, undefined, [...entries]))

/**
 * An order that came from another. `settled`: so many steps at its beginning are those that were there. `alike`: so many at its
 * end are as they were, and all from before them on leads where it led; null: it leads elsewhere to the end.
 */
export type Reordered = { steps: readonly Step[]; settled: number; alike: number | null }

/**
 * The order without an entry that was in it, and with one that was not. What is settled before both stays; what comes after them
 * is looked at only until everything is as it was.
 */
export const reordered = (
  projection: Projection,
  before: readonly Step[],
  gone: Entry | null,
  come: Entry | null,
): Reordered => {
  const settled = settledIn(projection, before, gone, come)
  const last = itemBefore(before, settled)
  if (settled === before.length && come)
    return { steps: [...before, placed(projection, last, come)], settled, alike: null }

  const left: Entry[] = come ? [come] : []
  for (let index = settled; index < before.length; index++)
    if (before[index]!.entry !== gone) left.push(before[index]!.entry)
  const meeting = createMeeting(before, settled, gone, come)
  const made = arranged(projection, last, left, meeting.isReached)
  const rest = meeting.place() === null ? [] : following(before, meeting.place()!, made.at(-1))
  return {
    steps: before.slice(0, settled).concat(bounded(made, rest[0]), rest),
    settled,
    alike: meeting.place() === null ? null : rest.length,
  }
}

/** The step of an entry that comes after all others. */
const placed = (projection: Projection, after: Step | undefined, entry: Entry): Step => {
  const { event, earliest, latest } = entry
  let line = after?.line ?? beginning
  for (let lapse = lapseOf(projection, line); lapse; lapse = lapseOf(projection, line)) {
    const isFirst = lapse.latest < latest && earliest > lapse.latest
    if (!isFirst) break
    line = lapsed(projection, line, lapse)
  }
  const step = stepAfter(projection, line, entry, projection.legal(line.state, event))
  if (after && after.reach > latest) step.reach = after.reach
  return step
}

/** The step that a line goes on with, as if nothing lay before it and nothing after. */
const stepAfter = (projection: Projection, line: Line, entry: Entry, isLegal: boolean): Step => {
  const flagged = !isLegal
  return {
    entry,
    flagged,
    met: isLegal ? null : { state: line.state, givenBy: line.givenBy },
    line: advanced(projection, line, { entry, flagged }),
    reach: entry.latest,
    dawn: entry.earliest,
    dusk: entry.latest,
  }
}

/** The steps of what is left, after a step, until they come to an end. `left` is sorted. Their bounds are still to be put in. */
const arranged = (
  projection: Projection,
  after: Step | undefined,
  left: Entry[],
  isEnd?: (step: Step) => boolean,
): Step[] => {
  const items = left.sort(byLatest).map((entry, place): Item => ({
    entry,
    place,
    earliest: entry.earliest,
    latest: entry.latest,
    dawn: '',
    isTaken: false,
  }))
  const queues = queuesOf(projection, items)
  const steps: Step[] = []
  let line = after?.line ?? beginning
  let reach = after?.reach ?? ''
  let first = 0

  while (steps.length < items.length) {
    while (items[first]!.isTaken) first++
    const { state } = line
    const lapse = lapseOf(projection, line)
    const next = items[first]!.latest
    const horizon: string = lapse && lapse.latest < next ? lapse.latest : next

    let best: Item | null = null
    let bestLegal = false
    for (const queue of queues) {
      const item = nextOf(queue, horizon)
      if (!item) continue
      const legal = projection.legal(state, item.entry.event)
      // Of one type those that are refused are in a queue of their own, right behind the others.
      const isEarlier = item.entry.rank === best?.entry.rank && item.place < best.place
      if (!best || (legal && !bestLegal) || (legal === bestLegal && isEarlier)) {
        best = item
        bestLegal = legal
      }
      if (bestLegal) break
    }

    if (!best) {
      line = lapsed(projection, line, lapse!)
      continue
    }
    best.isTaken = true
    const step = stepAfter(projection, line, best.entry, bestLegal)
    if (reach > step.reach) step.reach = reach
    ;({ line, reach } = step)
    steps.push(step)
    if (isEnd?.(step)) break
  }
  return steps
}

/** Puts in for each step when the first from there on begins, and when the first ends. `next`: the step that follows. */
const bounded = (steps: Step[], next?: Step): Step[] => {
  let [dawn, dusk] = [next?.dawn, next?.dusk]
  for (let index = steps.length - 1; index >= 0; index--) {
    const step = steps[index]!
    const { earliest, latest } = step.entry
    if (dawn === undefined || earliest < dawn) dawn = earliest
    if (dusk === undefined || latest < dusk) dusk = latest
    step.dawn = dawn
    step.dusk = dusk
  }
  return steps
}

/** Where an order that is made anew meets the one before: the same events lie behind both, and lead to the same. */
const createMeeting = (before: readonly Step[], settled: number, gone: Entry | null, come: Entry | null) => {
  /** What lies behind one of the two and not behind the other; to begin with, what must yet lie behind each. */
  const apart = new Set<Entry>([gone, come].filter((entry) => entry !== null))
  const pass = (entry: Entry) => void (apart.delete(entry) || apart.add(entry))
  const shift = (come ? 1 : 0) - (gone ? 1 : 0)
  let made = settled
  let passed = settled
  let isMet = false
  return {
    /** The place of the first step before that stays; null: they did not meet. */
    place: () => (isMet ? passed : null),
    isReached: ({ entry, line }: Step): boolean => {
      made++
      pass(entry)
      while (passed < made - shift) pass(before[passed++]!.entry)
      isMet = apart.size === 0 && leadAlike(line, itemBefore(before, passed)?.line ?? beginning)
      return isMet
    },
  }
}

/** The steps from a place on, after another step than before. */
const following = (before: readonly Step[], place: number, after: Step | undefined): Step[] => {
  let from = itemBefore(before, place)
  let on = after
  return before.slice(place).map((step) => {
    const { entry, flagged, line, reach } = step
    const least = on?.reach ?? reach
    const next: Step = {
      entry,
      flagged,
      met: step.met,
      line: continuing(line, { entry, flagged }, from?.line ?? null, on?.line ?? null),
      reach: entry.latest > least ? entry.latest : least,
      dawn: step.dawn,
      dusk: step.dusk,
    }
    from = step
    on = next
    return next
  })
}
