import canonicalize from 'canonicalize'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from '../../src/ledger/canonical.ts'

test('writes every JSON value as RFC 8785 has it, names of digits and beyond the BMP among them', () => {
  const names = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.nat(20).map(String),
    fc.constantFrom('é', '😀', 'ﬀ', ''),
  )
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(null, true, false),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer(),
      fc.string({ unit: 'binary' }),
      fc.array(tie('value'), { maxLength: 5 }),
      fc.dictionary(names, tie('value'), { maxKeys: 6 }),
    ),
  })).value
  fc.assert(
    fc.property(value, (drawn) => {
      const read = JSON.parse(JSON.stringify(drawn)) as unknown
      expect(canonicalJson(read)).toBe(canonicalize(read))
      expect(JSON.parse(canonicalJson(read))).toStrictEqual(read)
    }),
    { numRuns: 500 },
  )
})
