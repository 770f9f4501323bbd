import { setImmediate as nextTurn } from 'node:timers/promises'

/** What is made as it is read; null: nothing is there yet, and what comes next may take a while. */
export type Made<Item = string> = Iterable<Item | null> | AsyncIterable<Item | null>

/** So many are made before others have a turn. */
const many = 64

/** All that is made, so that a service that makes much goes on with what else it has to do, until nobody wants more. */
export async function* unhurried<Item>(items: Made<Item>, isOver: () => boolean): AsyncGenerator<Item> {
  let count = 0
  for await (const item of items) {
    if (item === null || ++count % many === 0) await nextTurn()
    if (isOver()) return
    if (item !== null) yield item
  }
}
