import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createColumn } from '../../src/readmodel/column.ts'
import { type Kept, lengthsOf, openReadModelFile, type ReadModelFile } from '../../src/readmodel/file.ts'
import { folder } from './filled.ts'

/** So many bytes of numbers are in a piece at the most. */
const full = 2 ** 19

const nothing = () => ({
  columns: { numbers: createColumn('number'), bytes: createColumn('byte') },
  texts: { titles: [] as string[] },
})

/** Something that grows by so many numbers and some texts at a time, and the sizes of its pieces in a file. */
const growing = (file: ReadModelFile) => {
  const kept = nothing()
  const there = new Map<string, number>()
  let position = 0
  const grow = async (count: number) => {
    position++
    for (let number = 0; number < count; number++) kept.columns.numbers.push(number / 3 + position)
    kept.columns.bytes.fill(position, kept.columns.bytes.length + count)
    for (let number = 0; number < count / 100; number++) kept.texts.titles.push(`Łódź ${number}`)
    const pieces = file.grown(kept)
    for (const { name, start, instead, bytes } of pieces) {
      for (const one of instead) {
        expect(there.get(`${name} ${one}`), 'what is full is not written again').toBeLessThan(full)
        there.delete(`${name} ${one}`)
      }
      there.set(`${name} ${start}`, bytes.byteLength)
    }
    const lengths = lengthsOf(kept)
    await file.write({
      checkpoint: { position, eventId: '', fingerprint: '', unknownTypes: {}, lengths },
      pieces,
      states: [],
    })
  }
  return { kept, grow, sizes: () => [...there.values()] }
}

/** All that is in columns, as bytes. */
const bytesOf = ({ columns }: Kept): Buffer =>
  Buffer.concat(Object.values(columns).map((column) => column.bytes(0)))

const growths = fc.array(
  fc.oneof(fc.nat(20), fc.nat(3000), fc.constantFrom(full / 8, full / 8 + 1, full - 1, full)),
  { minLength: 1, maxLength: 14 },
)

test('however it grows, what is kept is read as it was written, and no piece is larger than a full one', async () => {
  await fc.assert(
    fc.asyncProperty(growths, async (counts) => {
      const path = join(folder(), 'readmodel.db')
      const file = openReadModelFile(path)
      const { kept, grow, sizes } = growing(file)
      for (const count of counts) await grow(count)
      await file.close()
      expect(Math.max(...sizes())).toBeLessThanOrEqual(full)

      const again = openReadModelFile(path)
      const found = nothing()
      for (const _ of again.load(found));
      await again.close()
      expect(bytesOf(found).equals(bytesOf(kept))).toBe(true)
      expect(found.texts).toStrictEqual(kept.texts)
    }),
    { numRuns: 15 },
  )
})

test('what is read has room for more, so that the first that comes moves nothing', async () => {
  const file = openReadModelFile(null)
  await growing(file).grow(1000)
  const { columns, texts } = nothing()
  for (const _ of file.load({ columns, texts }));
  await file.close()
  const before = Object.values(columns).map(({ values }) => values)
  for (const column of Object.values(columns)) column.push(1)
  expect(Object.values(columns).every(({ values }, index) => values === before[index])).toBe(true)
})

test('what grows by little lies in few pieces', async () => {
  const file = openReadModelFile(null)
  const { grow, sizes } = growing(file)
  for (let times = 0; times < 1000; times++) await grow(100)
  await file.close()
  // The numbers in a full one and some, of which each is larger than the next; so are the bytes, and the texts.
  expect(sizes().length).toBeLessThan(3 * 10)
})
