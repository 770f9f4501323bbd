import type { Projection } from '../../projections/projection.ts'
import type { Entry } from './counted.ts'

/** `place`: where it is among all that is left. */
export type Item = {
  entry: Entry
  place: number
  earliest: string
  latest: string
  dawn: string
  isTaken: boolean
}

/** What is allowed in the same states: as long as one of them can be next, none behind it is. `first`: those before it are taken. */
export type Queue = { items: Item[]; first: number }

/** Which queue an entry is in; of one type those that are refused are in the one right behind the others. */
export const queueOf = (projection: Projection, { event, rank }: Entry): number =>
  rank * 2 + (projection.refuses(event) ? 1 : 0)

/** Queues in the order of the vocabulary. */
export const queuesOf = (projection: Projection, items: readonly Item[]): Queue[] => {
  const queues = new Map<number, Queue>()
  for (const item of items) {
    const key = queueOf(projection, item.entry)
    const queue = queues.get(key)
    if (queue) queue.items.push(item)
    else queues.set(key, { items: [item], first: 0 })
  }
  for (const { items } of queues.values()) putInDawns(items)
  return [...queues.keys()].sort((one, other) => one - other).map((key) => queues.get(key)!)
}

/** The first that may have begun by then. */
export const nextOf = (queue: Queue, horizon: string): Item | null => {
  const { items } = queue
  while (items[queue.first]?.isTaken) queue.first++
  for (let index = queue.first; index < items.length; index++) {
    const item = items[index]!
    if (item.dawn > horizon) return null
    if (!item.isTaken && item.earliest <= horizon) return item
  }
  return null
}

/** In the order of their ends, then of their beginnings, then as they were recorded. */
export const byLatest = (a: Entry, b: Entry): number => {
  if (a.latest !== b.latest) return a.latest < b.latest ? -1 : 1
  if (a.earliest !== b.earliest) return a.earliest < b.earliest ? -1 : 1
  return a.event.revision - b.event.revision
}

/** Puts in for each the least `earliest` from there on: where to stop looking. */
const putInDawns = (items: readonly Item[]): void => {
  let dawn: string | undefined
  for (let index = items.length - 1; index >= 0; index--) {
    const item = items[index]!
    if (dawn === undefined || item.earliest < dawn) dawn = item.earliest
    item.dawn = dawn
  }
}
