import type { ReadModelFile } from './file.ts'

/** The texts of states, as JSON, numbered from 1. 0: nothing holds. */
export type States = {
  add(text: string): number
  /** The texts by their numbers; `null` for 0. What the file has lost is made again. */
  texts(numbers: Iterable<number>): Map<number, string>
  /** How many were found to be lost. */
  lost(): number
  /** Those that came since this was asked last: whoever asks writes them. */
  take(): [number: number, text: string][]
  /** Those that were taken are in the file. */
  written(): void
}

/** `most`: the greatest number that is in use, and `made` makes the text of a number from the events. */
export const createStates = (file: ReadModelFile, most: number, made: (number: number) => string): States => {
  /** Those that came, those that are being written, and those that were written last: they are often read again. */
  let fresh = new Map<number, string>()
  let taken = new Map<number, string>()
  let recent = new Map<number, string>()
  const mended = new Map<number, string>()
  // A file that has lost its last states must not have their numbers given out again.
  let count = Math.max(file.stateCount(), most)
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
        const text = fresh.get(number) ?? taken.get(number) ?? recent.get(number) ?? mended.get(number)
        if (text === undefined) wanted.push(number)
        else found.set(number, text)
      }
      for (const [number, text] of file.states(wanted)) found.set(number, text)
      for (const number of wanted) {
        if (found.has(number)) continue
        const text = made(number)
        mended.set(number, text)
        found.set(number, text)
      }
      return found
    },
    lost: () => mended.size,
    take: () => {
      taken = fresh
      fresh = new Map()
      return [...taken]
    },
    written: () => {
      recent = taken
      taken = new Map()
    },
  }
}
