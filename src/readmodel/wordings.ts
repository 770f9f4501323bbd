import { type Column, createColumn } from './column.ts'

/**
 * What states say. A wording tells which of the words of its entity a state says: a bit for each, of the word that was said
 * first the lowest. Where 31 are enough they are the number itself; the others are kept here. 0: it says nothing.
 */
export type Wordings = {
  /** What is kept: of each long wording how many numbers of 32 bits it has, and these. */
  columns: { long: Column<Uint32Array> }
  /** The wording that has places as bits, 32 to a number; the one that was told last, where that is the same. */
  of(bits: readonly number[], last: number): number
  /** The places that a wording has. */
  placesIn(wording: number): number[]
  /** Whether a wording has one of the places that are given as bits, 32 to a number. */
  hasAny(wording: number, bits: readonly number[]): boolean
}

/** The highest bit of a number: it is a long one, and the other bits are where it begins. */
const longMark = 0x8000_0000

/** A wording in what is put behind so many numbers of long ones. */
export const movedBy = (wording: number, numbers: number): number =>
  wording < longMark ? wording : wording + numbers

/** Enters a place among bits. */
export const mark = (bits: number[], place: number): void => {
  const number = place >>> 5
  while (bits.length <= number) bits.push(0)
  bits[number]! |= 1 << (place & 31)
}

export const createWordings = (): Wordings => {
  const long = createColumn('whole')

  const isSame = (wording: number, bits: readonly number[]): boolean => {
    const start = wording - longMark
    return (
      long.values[start] === bits.length &&
      bits.every((one, place) => long.values[start + 1 + place] === one >>> 0)
    )
  }

  return {
    columns: { long },
    of: (bits, last) => {
      const [first = 0] = bits
      if (bits.length <= 1 && first >= 0) return first
      if (last >= longMark && isSame(last, bits)) return last
      const start = long.push(bits.length)
      for (const one of bits) long.push(one >>> 0)
      return longMark + start
    },
    placesIn: (wording) => {
      const start = wording - longMark
      const bits = start < 0 ? [wording] : long.values.subarray(start + 1, start + 1 + long.values[start]!)
      const found: number[] = []
      for (let place = 0; place < bits.length * 32; place++)
        if ((bits[place >>> 5]! & (1 << (place & 31))) !== 0) found.push(place)
      return found
    },
    hasAny: (wording, bits) => {
      if (wording < longMark) return bits.length > 0 && (wording & bits[0]!) !== 0
      const start = wording - longMark
      const length = Math.min(long.values[start]!, bits.length)
      for (let place = 0; place < length; place++)
        if ((long.values[start + 1 + place]! & bits[place]!) !== 0) return true
      return false
    },
  }
}
