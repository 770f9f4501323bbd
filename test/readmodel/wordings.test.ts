import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createWordings, mark, movedBy } from '../../src/readmodel/wordings.ts'

const longPlaces = fc.tuple(fc.array(fc.nat(300)), fc.integer({ min: 31, max: 300 }))
const bitsOf = (places: Iterable<number>): number[] => {
  const bits: number[] = []
  for (const place of places) mark(bits, place)
  return bits
}
const inOrder = (places: Iterable<number>): number[] => [...new Set(places)].toSorted((a, b) => a - b)

test('a short wording is the bits of its places', () => {
  const wordings = createWordings()
  expect(wordings.of([], 0)).toBe(0)
  expect(wordings.of(bitsOf([0, 2, 30]), 0)).toBe(2 ** 30 + 5)
  expect(wordings.placesIn(0)).toStrictEqual([])
  expect(wordings.placesIn(2 ** 30 + 5)).toStrictEqual([0, 2, 30])
  expect(wordings.hasAny(2 ** 30 + 5, bitsOf([30]))).toBe(true)
  expect(wordings.hasAny(2 ** 30 + 5, bitsOf([1, 31, 32]))).toBe(false)
  expect(wordings.hasAny(5, [])).toBe(false)
})

test('a long one is kept, has the places that it was made of, and moves with what is kept', () => {
  fc.assert(
    fc.property(longPlaces, longPlaces, fc.array(fc.nat(330)), (one, other, asked) => {
      const [own, others] = [one, other].map((lists) => lists.flat())
      const [here, there] = [createWordings(), createWordings()]
      here.of(bitsOf(others!), 0)
      const made = there.of(bitsOf(own!), 0)
      const { long } = here.columns
      const moved = movedBy(made, long.length)
      for (const number of there.columns.long.values.subarray(0, there.columns.long.length)) long.push(number)
      for (const [wordings, wording] of [[there, made] as const, [here, moved] as const]) {
        expect(wordings.placesIn(wording)).toStrictEqual(inOrder(own!))
        expect(wordings.hasAny(wording, bitsOf(asked))).toBe(asked.some((place) => own!.includes(place)))
      }
    }),
  )
  expect(movedBy(2 ** 31 - 1, 7)).toBe(2 ** 31 - 1)
})

test('the same as the one before is the one before', () => {
  const wordings = createWordings()
  const first = wordings.of(bitsOf([3, 77]), 0)
  expect(wordings.of(bitsOf([77, 3, 3]), first)).toBe(first)
  const second = wordings.of(bitsOf([78, 3]), first)
  expect(second).not.toBe(first)
  expect([first, second].map((one) => wordings.placesIn(one))).toStrictEqual([
    [3, 77],
    [3, 78],
  ])
})
