// What is asked of many things, each of which is far away in memory, is read first in a loop that does nothing else: a
// processor waits for many places at once as long as for one.

let kept = 0

/** Takes what was read only to have it near: nobody would have to read what is not kept. */
export const keep = (sum: number): void => void (kept ^= sum)

/** So many fit into the caches of a processor with all that is read of them. */
const atOnce = 64

/** Visits things in their order. `touch` gives a number that lies where what is asked of a thing does. */
export const visitNear = <Thing>(
  things: readonly Thing[],
  touch: (thing: Thing) => number,
  visit: (thing: Thing, index: number) => void,
): void => {
  for (let start = 0; start < things.length; start += atOnce) {
    const end = Math.min(start + atOnce, things.length)
    let sum = 0
    for (let index = start; index < end; index++) sum ^= touch(things[index]!)
    keep(sum)
    for (let index = start; index < end; index++) visit(things[index]!, index)
  }
}
