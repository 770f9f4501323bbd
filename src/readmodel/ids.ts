import type { Bytes } from './bytes.ts'
import { createColumn } from './column.ts'
import { keep } from './near.ts'

/** The ids of entities by their numbers, one behind another in memory. They are ASCII. */
export type Ids = {
  add(id: string): void
  write(number: number, into: Bytes): void
  /** Sorts what is about entities by their ids. */
  sort<One extends About>(all: One[]): One[]
  /** Whether an id comes after a text. */
  isAfter(number: number, text: string): boolean
}

/** Whatever is about the entity of a number. */
type About = { entity: number }

/** So few are compared as fast. */
const few = 16

export const createIds = (): Ids => {
  const characters = createColumn('byte')
  const starts = createColumn('whole')
  starts.push(0)

  const compare = (one: number, other: number): number => {
    const [bytes, places] = [characters.values, starts.values]
    let [at, against] = [places[one]!, places[other]!]
    const [end, otherEnd] = [places[one + 1]!, places[other + 1]!]
    for (; at < end && against < otherEnd; at++, against++)
      if (bytes[at] !== bytes[against]) return bytes[at]! - bytes[against]!
    return end - at - (otherEnd - against)
  }

  const byId = (one: About, other: About): number => compare(one.entity, other.entity)

  /** How many characters all have in common at their beginnings. */
  const commonLength = (all: readonly About[]): number => {
    const [bytes, places] = [characters.values, starts.values]
    const first = places[all[0]!.entity]!
    let length = places[all[0]!.entity + 1]! - first
    for (const { entity } of all) {
      const start = places[entity]!
      length = Math.min(length, places[entity + 1]! - start)
      for (let place = 0; place < length; place++)
        if (bytes[start + place] !== bytes[first + place]) length = place
    }
    return length
  }

  /** Four characters from a place on, as a number that is no smaller for what comes later. */
  const keyOf = (number: number, start: number): number => {
    const [bytes, places] = [characters.values, starts.values]
    const end = places[number + 1]!
    let key = 0
    for (let at = places[number]! + start, four = 0; four < 4; at++, four++)
      key = key * 256 + (at < end ? bytes[at]! : 0)
    return key
  }

  /** A number that lies where an id does. */
  const touch = (number: number): number => characters.values[starts.values[number]!]!

  /** Sorted natively, as numbers: by a few characters after those that all have in common; then those with the same ones. */
  const sortedByKeys = <One extends About>(all: readonly One[]): One[] => {
    let sum = 0
    for (const { entity } of all) sum ^= touch(entity)
    keep(sum)
    const start = commonLength(all)
    const pairs = new Uint32Array(all.length * 2)
    for (let index = 0; index < all.length; index++) {
      pairs[index * 2] = index
      pairs[index * 2 + 1] = keyOf(all[index]!.entity, start)
    }
    new BigUint64Array(pairs.buffer).sort()
    const sorted: One[] = []
    for (let index = 0; index < all.length; index++) sorted.push(all[pairs[index * 2]!]!)
    for (let index = 0, next: number; index < all.length; index = next) {
      for (next = index + 1; next < all.length && pairs[next * 2 + 1] === pairs[index * 2 + 1];) next++
      if (next === index + 1) continue
      const alike = sorted.slice(index, next).sort(byId)
      for (let place = index; place < next; place++) sorted[place] = alike[place - index]!
    }
    return sorted
  }

  return {
    add: (id) => {
      for (let place = 0; place < id.length; place++) characters.push(id.charCodeAt(place))
      starts.push(characters.length)
    },
    write: (number, into) => into.copy(characters.values, starts.values[number], starts.values[number + 1]),
    sort: (all) => (all.length < few ? all.sort(byId) : sortedByKeys(all)),
    isAfter: (number, text) => {
      const start = starts.values[number]!
      const length = starts.values[number + 1]! - start
      for (let place = 0; place < length; place++) {
        const character = place < text.length ? text.charCodeAt(place) : -1
        const own = characters.values[start + place]!
        if (own !== character) return own > character
      }
      return false
    },
  }
}
