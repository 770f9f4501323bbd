import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createBytes, joined } from '../../src/readmodel/bytes.ts'

const written = (texts: readonly string[]) => {
  const bytes = createBytes()
  for (const [index, text] of texts.entries())
    if (index % 2 === 0) bytes.text(text)
    else bytes.copy(Buffer.from(text))
  return bytes
}

describe('Bytes', () => {
  it('are all that was written, as UTF-8, in one or in pieces', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.integer({ max: 400_000, min: 0 }).map((n) => 'é'.repeat(n)),
    )
    fc.assert(
      fc.property(fc.array(text, { maxLength: 6 }), (texts) => {
        const whole = texts.join('')
        expect(Buffer.concat(written(texts).pieces()).toString() === whole).toBe(true)
        expect(joined(written(texts)).toString() === whole).toBe(true)
      }),
      { numRuns: 30 },
    )
  })

  it('stay as they are while others are written, until they are released', () => {
    const texts = ['x', 'y', 'z'].map((letter) => letter.repeat(300_000))
    const all = texts.map((text) => written([text, text]))
    const pieces = all.map((bytes) => bytes.pieces())
    for (const [index, own] of pieces.entries())
      expect(Buffer.concat(own).toString() === texts[index]!.repeat(2)).toBe(true)
  })

  it('lend the memory of what was released to nobody twice', () => {
    const first = written(['a'.repeat(600_000)])
    first.pieces()
    first.release()
    first.release()
    const next = ['b', 'c'].map((letter) => written([letter.repeat(600_000)]))
    expect(
      next.map((bytes) =>
        Buffer.concat(bytes.pieces())
          .toString()
          .replaceAll(/(.)\1+/g, '$1'),
      ),
    ).toStrictEqual(['b', 'c'])
  })
})
