import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createIds } from '../../src/readmodel/ids.ts'

const word = fc.array(fc.constantFrom('a', 'b', 'z', '0', '9'), { minLength: 1, maxLength: 5 })
const id = fc.oneof(
  fc.integer({ min: 0, max: 100_000 }).map((number) => `inc-1-${number}`),
  fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.map((one) => one.join('')).join('-')),
)

describe('What is about entities is sorted by their ids', () => {
  const few = fc.array(id, { maxLength: 30 })
  const many = fc
    .array(fc.array(id, { minLength: 300, maxLength: 300 }), { minLength: 1, maxLength: 4 })
    .map((some) => some.flat())
  it.each([
    ['few', few],
    ['many', many],
    ['with the same beginning', many.map((all) => all.map((one) => `same-${one}`))],
  ])('%s', (_what, some) => {
    fc.assert(
      fc.property(some, (drawn) => {
        const all = [...new Set(drawn)]
        const ids = createIds()
        for (const one of all) ids.add(one)
        const sorted = ids.sort(all.map((_, entity) => ({ entity })))
        expect(sorted.map(({ entity }) => all[entity])).toStrictEqual(all.toSorted())
      }),
      { numRuns: 50 },
    )
  })
})

it('knows whether an id comes after any text', () => {
  const text = fc.oneof(id, fc.string({ unit: 'binary', maxLength: 6 }))
  fc.assert(
    fc.property(id, text, (one, other) => {
      const ids = createIds()
      ids.add(one)
      expect(ids.isAfter(0, other)).toBe(one > other)
      expect(ids.isAfter(0, one)).toBe(false)
    }),
  )
})
