import type { Registered } from './registry.ts'

/** Whatever is about an entity. */
type About = { registered: Registered }

/** By id, which of one kind no two have in common. */
export const byId = (one: About, other: About): number => (one.registered.id < other.registered.id ? -1 : 1)

/** Sorts by id. */
export const sortById = <One extends About>(all: One[]): One[] =>
  all.length < few ? all.sort(byId) : sortedByKeys(all)

/** So few are compared as fast. */
const few = 512

/** Sorted natively, as numbers: by a few characters after those that all have in common; then those with the same ones. */
const sortedByKeys = <One extends About>(all: readonly One[]): One[] => {
  const start = commonLength(all)
  const pairs = new Uint32Array(all.length * 2)
  for (let index = 0; index < all.length; index++) {
    pairs[index * 2] = index
    pairs[index * 2 + 1] = keyOf(all[index]!.registered.id, start)
  }
  new BigUint64Array(pairs.buffer).sort()
  const sorted: One[] = []
  let alike: One[] = []
  for (let index = 0; index < all.length; index++) {
    if (index > 0 && pairs[index * 2 + 1] !== pairs[index * 2 - 1]) {
      for (const one of alike.length > 1 ? alike.sort(byId) : alike) sorted.push(one)
      alike = []
    }
    alike.push(all[pairs[index * 2]!]!)
  }
  for (const one of alike.length > 1 ? alike.sort(byId) : alike) sorted.push(one)
  return sorted
}

/** Four characters as a number that is no smaller for what comes later; none after one that is not Latin. */
const keyOf = (id: string, start: number): number => {
  let key = 0
  let isLatin = true
  for (let place = start; place < start + 4; place++) {
    const character: number = isLatin && place < id.length ? Math.min(id.charCodeAt(place), 255) : 0
    isLatin &&= character < 255
    key = key * 256 + character
  }
  return key
}

const commonLength = ([first, ...others]: readonly About[]): number => {
  let { id } = first!.registered
  for (const { registered } of others) while (!registered.id.startsWith(id)) id = id.slice(0, -1)
  return id.length
}
