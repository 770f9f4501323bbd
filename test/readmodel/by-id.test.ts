import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { byId, sortById } from '../../src/readmodel/by-id.ts'
import type { Registered } from '../../src/readmodel/registry.ts'

const about = (id: string) => ({ registered: { id } as Registered })

describe('What is about entities is sorted by their ids', () => {
  const id = fc.oneof(
    fc.integer({ min: 0, max: 100_000 }).map((number) => `inc-1-${number}`),
    fc
      .array(fc.constantFrom('a', 'b', '-', '0', 'ł', 'ń'), { maxLength: 12 })
      .map((letters) => letters.join('')),
  )
  const ids = fc
    .array(fc.array(id, { minLength: 300, maxLength: 300 }), { minLength: 1, maxLength: 4 })
    .map((some) => [...new Set(some.flat())])
  it.each([
    ['whatever they are', ids],
    ['with the same beginning', ids.map((all) => all.map((id) => `same-${id}`))],
  ])('%s', (_what, some) => {
    fc.assert(
      fc.property(some, (all) => {
        const compared = all.map(about).sort(byId)
        expect(sortById(all.map(about))).toStrictEqual(compared)
      }),
      { numRuns: 50 },
    )
  })
})
