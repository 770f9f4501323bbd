import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { State } from '../../projections/projection.ts'
import { createScript } from '../../src/readmodel/script.ts'

const name = fc.constantFrom('Ñandú', 'José "Pepe"', '', 'Quito – EC', '🚨')
const item = fc.record({ name, at: fc.nat(3) })
const value = fc.oneof(
  fc.constantFrom(null, undefined, '', 'reported', 7, false),
  name,
  item,
  fc.array(item, { maxLength: 3 }),
)
const fields = ['status', 'title', 'places', 'units', 'end'] as const
const change = fc.dictionary(fc.constantFrom(...fields), value)

test('the text of a state is that of JSON.stringify, whatever of it was written before', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ change, fields: fc.subarray([...fields]) }), { maxLength: 12 }),
      (steps) => {
        const script = createScript()
        let known: Record<string, unknown> = Object.fromEntries(fields.map((field) => [field, null]))
        for (const { change: changed, fields: some } of steps) {
          known = { ...known, ...changed }
          const state = known as State
          expect(script.textOf(state)).toBe(JSON.stringify(state))
          // One that has fewer fields, and a list with the same items and one more.
          const fewer = Object.fromEntries(some.map((field) => [field, known[field]])) as State
          expect(script.textOf(fewer)).toBe(JSON.stringify(fewer))
          for (const field of some)
            if (Array.isArray(known[field]))
              known = { ...known, [field]: [field, ...(known[field] as unknown[])] }
        }
      },
    ),
    { numRuns: 500 },
  )
})
