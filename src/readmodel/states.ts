import type { ReadModelFile } from './file.ts'

/** The texts of states, as JSON, numbered from 1. 0: nothing holds. */
export type States = {
  add(text: string): number
  /** The texts by their numbers; `null` for 0. */
  texts(numbers: Iterable<number>): Map<number, string>
  /** Those that are not in the file yet. */
  fresh(): ReadonlyMap<number, string>
  saved(): void
}

export const createStates = (file: ReadModelFile): States => {
  let fresh = new Map<number, string>()
  /** Those that were saved last: what was written a moment ago is often read again. */
  let recent = new Map<number, string>()
  let count = file.stateCount()
  return {
    add: (text) => {
      fresh.set(++count, text)
      return count
    },
    texts: (numbers) => {
      const found = new Map<number, string>([[0, 'null']])
      const wanted: number[] = []
      for (const number of numbers) {
        if (found.has(number)) continue
        const text = fresh.get(number) ?? recent.get(number)
        if (text === undefined) wanted.push(number)
        else found.set(number, text)
      }
      for (const [number, text] of file.states(wanted)) found.set(number, text)
      return found
    },
    fresh: () => fresh,
    saved: () => {
      recent = fresh
      fresh = new Map()
    },
  }
}
