import { createColumn } from './column.ts'

/** Lists of entries that are numbered from 0 as they come: of each entry which came before it in its list. */
export type Chains = {
  /** Adds the next entry to a list. */
  add(list: number): void
  /** Adds the entries of many lists at once. */
  addAll(lists: Uint32Array): void
  /** The entries of a list, the newest first. */
  of(list: number): Generator<number>
}

export const createChains = (): Chains => {
  /** Numbers from 1; 0: there is none. */
  const before = createColumn('whole')
  const newest = createColumn('whole')
  return {
    add: (list) => {
      newest.fill(0, list + 1)
      before.push(newest.values[list]!)
      newest.values[list] = before.length
    },
    addAll: (lists) => {
      const start = before.length
      newest.fill(0, lists.reduce((most, list) => Math.max(most, list), -1) + 1)
      before.fill(0, start + lists.length)
      const [befores, newests] = [before.values, newest.values]
      for (let index = 0; index < lists.length; index++) {
        befores[start + index] = newests[lists[index]!]!
        newests[lists[index]!] = start + index + 1
      }
    },
    *of(list) {
      for (
        let next = list < newest.length ? newest.values[list]! : 0;
        next > 0;
        next = before.values[next - 1]!
      )
        yield next - 1
    },
  }
}
