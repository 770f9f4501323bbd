import { describe, expect, test } from 'vitest'
import { createOutbox } from '../../src/http/outbox.ts'

const piece = (text: string, position: number) => ({ bytes: Buffer.from(text), position })
const open = (limits = { bytes: 10, pieces: 3 }) =>
  createOutbox(limits, 7, (position) => piece(`dropped at ${position}`, position))
const read = (bytes: Uint8Array | null) => bytes && Buffer.from(bytes).toString()

describe('an outbox', () => {
  test('gives all that waits at once, and waits where nothing does', async () => {
    const outbox = open()
    outbox.put(piece('a', 8))
    outbox.put(piece('b', 9))
    expect([outbox.isEmpty(), read(await outbox.take()), outbox.isEmpty()]).toStrictEqual([false, 'ab', true])
    const taking = outbox.take()
    outbox.put(piece('c', 10))
    expect(read(await taking)).toBe('c')
  })

  test('that has ended gives what waits, and then nothing; what is put into it is lost', async () => {
    const outbox = open()
    outbox.put(piece('a', 8))
    outbox.end()
    outbox.put(piece('b', 9))
    expect([read(await outbox.take()), await outbox.take(), outbox.hasEnded()]).toStrictEqual([
      'a',
      null,
      true,
    ])
  })

  test('lets go whoever waits for more when it ends', async () => {
    const outbox = open()
    const taking = outbox.take()
    outbox.end()
    expect(await taking).toBe(null)
  })

  test.each([
    ['pieces', ['a', 'b', 'c'], 'd'],
    ['bytes', ['12345', '1234'], '12'],
  ])('of too many %s keeps only the last word, which names what was taken last', async (_, fitting, more) => {
    const outbox = open()
    outbox.put(piece('taken', 8))
    await outbox.take()
    for (const text of fitting) outbox.put(piece(text, 9))
    expect(outbox.hasEnded()).toBe(false)
    outbox.put(piece(more, 10))
    expect(outbox.hasEnded()).toBe(true)
    expect([read(await outbox.take()), await outbox.take()]).toStrictEqual(['dropped at 8', null])
  })

  test('of which nothing was taken yet names where its reader began', async () => {
    const outbox = open({ bytes: 10, pieces: 1 })
    outbox.put(piece('a', 8))
    outbox.put(piece('b', 9))
    expect(read(await outbox.take())).toBe('dropped at 7')
  })

  test('takes one piece of any size, and counts anew what comes after it was taken', async () => {
    const outbox = open()
    for (const text of ['x'.repeat(100), 'y'.repeat(100), '0123456789']) {
      outbox.put(piece(text, 8))
      expect(read(await outbox.take())).toBe(text)
    }
    outbox.put(piece('01234', 9))
    outbox.put(piece('56789', 9))
    expect([read(await outbox.take()), outbox.hasEnded()]).toStrictEqual(['0123456789', false])
  })
})
