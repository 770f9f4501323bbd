// What is asked of many things, each of which is far away in memory, is read first in a loop that does nothing else: a
// processor waits for many places at once as long as for one.

let kept = 0

/** Takes what was read only to have it near: nobody would have to read what is not kept. */
export const keep = (sum: number): void => void (kept ^= sum)
