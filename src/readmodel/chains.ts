import { createColumn } from './column.ts'

/** Lists of entries that are numbered from 0 as they come: of each entry which came before it in its list. */
export type Chains = {
  /** Adds the next entry to a list. */
  add(list: number): void
  /** Adds the entries of many lists at once. */
  addAll(lists: Uint32Array): void
  /** The entries of a list, the newest first. */
  of(list: number): Generator<number>
  /** The same one by one: the newest entry of a list, and the one before an entry in its list; -1: there is none. */
  newest(list: number): number
  before(entry: number): number
}

export const createChains = (): Chains => {
  /** Numbers from 1; 0: there is none. */
  const before = createColumn('whole')
  const newest = createColumn('whole')
  const newestOf = (list: number): number => (list < newest.length ? newest.values[list]! - 1 : -1)
  const beforeOf = (entry: number): number => before.values[entry]! - 1
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
      for (let entry = newestOf(list); entry >= 0; entry = beforeOf(entry)) yield entry
    },
    newest: newestOf,
    before: beforeOf,
  }
}
