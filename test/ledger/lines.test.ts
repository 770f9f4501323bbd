import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Line, lineLimit, linesOf } from '../../src/ledger/lines.ts'

const read = async (pieces: readonly Uint8Array[]): Promise<(string | number)[][]> => {
  const lines: Line[] = []
  for await (const line of linesOf(
    (async function* () {
      yield* pieces
    })(),
  ))
    lines.push(line)
  return lines.map((line) => [line.number, 'fault' in line ? line.fault.code : line.text])
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Bytes cut into pieces at these places, each piece overwritten once the next is asked for. */
async function* reused(whole: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const places = [...new Set(cuts.map((cut) => cut % (whole.length + 1)))].sort((a, b) => a - b)
  let from = 0
  for (const to of [...places, whole.length]) {
    const piece = Buffer.from(whole.subarray(from, to))
    yield piece
    piece.fill(0)
    from = to
  }
}

describe('the lines of a file', () => {
  test.each<[string, string, (string | number)[][]]>([
    ['nothing', '', []],
    ['one without an end', 'a', [[1, 'a']]],
    ['one with an end', 'a\n', [[1, 'a']]],
    ['blank ones, counted and passed over', '\n \n\t\r\na\n\n', [[4, 'a']]],
    [
      'CRLF',
      'a\r\nb\r\n',
      [
        [1, 'a\r'],
        [2, 'b\r'],
      ],
    ],
    ['a byte order mark', '\ufeffa\n', [[1, 'a']]],
    ['another line separator, which is none', 'a\u2028b', [[1, 'a\u2028b']]],
  ])('%s', async (_, text, lines) => {
    expect(await read([bytes(text)])).toStrictEqual(lines)
  })

  test('are the same however the file is cut into pieces, in the middle of a letter too', async () => {
    const line = fc.string({ unit: fc.constantFrom('a', 'é', '🜁', '\r', ' ') })
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.array(fc.nat()), async (texts, cuts) => {
        const lines: Line[] = []
        for await (const each of linesOf(reused(bytes(texts.join('\n')), cuts))) lines.push(each)
        const expected = texts.map((text, index) => ({ number: index + 1, text }))
        expect(lines).toStrictEqual(expected.filter(({ text }) => text.trim() !== ''))
      }),
    )
  })

  test('of broken bytes is at fault alone', async () => {
    const broken = Buffer.concat([bytes('a\n'), Buffer.from([0x62, 0xff]), bytes('\nc')])
    expect(await read([broken])).toStrictEqual([
      [1, 'a'],
      [2, 'invalid'],
      [3, 'c'],
    ])
    const surrogate = Buffer.concat([Buffer.from([0xed, 0xa0, 0x80]), bytes('\nb')])
    expect(await read([surrogate])).toStrictEqual([
      [1, 'invalid'],
      [2, 'b'],
    ])
  })

  test('of more than the limit is at fault alone, however it comes', async () => {
    const long = bytes('x'.repeat(lineLimit + 1))
    const whole = Buffer.concat([bytes('a\n'), long, bytes('\nb\n')])
    const expected = [
      [1, 'a'],
      [2, 'too_large'],
      [3, 'b'],
    ]
    expect(await read([whole])).toStrictEqual(expected)
    const pieces = Array.from({ length: Math.ceil(whole.length / 65_536) }, (_, index) =>
      whole.subarray(index * 65_536, (index + 1) * 65_536),
    )
    expect(await read(pieces)).toStrictEqual(expected)
    expect(await read([long])).toStrictEqual([[1, 'too_large']])
  })

  test('of exactly the limit is taken', async () => {
    const [[number, text]] = (await read([bytes('x'.repeat(lineLimit))])) as [[number, string]]
    expect([number, text.length]).toStrictEqual([1, lineLimit])
  })
})
