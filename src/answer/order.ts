import type { Projection, State } from '../../projections/projection.ts'
import type { Entry } from './counted.ts'

/** An event at its place in the order. Of one the lifecycle does not allow there: the state it met, and who gave it. */
export type Step = { entry: Entry; flagged: boolean; met?: { state: State | null; givenBy: string | null } }

type Item = Entry & { rank: number }

const byLatest = (a: Item, b: Item): number => {
  if (a.latest !== b.latest) return a.latest < b.latest ? -1 : 1
  if (a.earliest !== b.earliest) return a.earliest < b.earliest ? -1 : 1
  return a.event.position - b.event.position
}

/** An order, and where it leads: the state after all of it, and the event that gave its status. */
export type Order = { steps: Step[]; state: State | null; givenBy: string | null }

/** For each index the least `earliest` from there on: where to stop looking. */
export const dawns = (items: readonly { earliest: string }[]): string[] => {
  const least: string[] = Array.from({ length: items.length })
  for (let index = items.length - 1; index >= 0; index--) {
    const { earliest } = items[index]!
    const next = least[index + 1]
    least[index] = next !== undefined && next < earliest ? next : earliest
  }
  return least
}

/**
 * The order in which events are taken to have happened: time orders windows that do not overlap, the lifecycle those
 * that do. Total: an event that its lifecycle does not allow is flagged, and counts.
 */
export const order = (projection: Projection, entries: readonly Entry[]): Order => {
  const left: Item[] = entries
    .map((entry) => ({ ...entry, rank: projection.rank(entry.event.type)! }))
    .toSorted(byLatest)
  const dawn = dawns(left)
  const taken = new Uint8Array(left.length)
  const steps: Step[] = []
  let state: State | null = null
  let givenBy: string | null = null
  let first = 0

  while (steps.length < left.length) {
    while (taken[first]) first++
    const lapse = state && projection.lapse(state)
    const horizon: string = lapse && lapse.latest < left[first]!.latest ? lapse.latest : left[first]!.latest

    let best = -1
    let bestLegal = false
    for (let index = first; index < left.length && dawn[index]! <= horizon; index++) {
      const item = left[index]!
      if (taken[index] || item.earliest > horizon) continue
      const legal = projection.legal(state, item.event)
      // Sorted by latest, earliest and position: among equals the one seen first stays.
      if (best < 0 || (legal && !bestLegal) || (legal === bestLegal && item.rank < left[best]!.rank)) {
        best = index
        bestLegal = legal
      }
    }

    if (best < 0) {
      state = projection.lapsed(state!, lapse!)
      givenBy = null
      continue
    }
    const { event } = left[best]!
    taken[best] = 1
    steps.push(stepOf(left[best]!, bestLegal, state, givenBy))
    if (projection.gives(state, event) !== null) givenBy = event.id
    state = projection.apply(state, event)
  }
  return { steps, state, givenBy }
}

const stepOf = (entry: Entry, legal: boolean, state: State | null, givenBy: string | null): Step =>
  legal ? { entry, flagged: false } : { entry, flagged: true, met: { state, givenBy } }

/** The order with one event more, whose window begins after all others have ended: they stay as they are. */
export const followed = (projection: Projection, before: Order, entry: Entry): Order => {
  const lapse = before.state && projection.lapse(before.state)
  const lapses = lapse !== null && lapse.latest < entry.earliest
  const state = lapses ? projection.lapsed(before.state!, lapse) : before.state
  const givenBy = lapses ? null : before.givenBy
  const step = stepOf(entry, projection.legal(state, entry.event), state, givenBy)
  return {
    steps: [...before.steps, step],
    state: projection.apply(state, entry.event),
    givenBy: projection.gives(state, entry.event) === null ? givenBy : entry.event.id,
  }
}
