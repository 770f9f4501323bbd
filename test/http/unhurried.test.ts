import { describe, expect, test } from 'vitest'
import { unhurried } from '../../src/http/unhurried.ts'

/** Whether something else had a turn before each text came. */
const turnsAmong = async (texts: Iterable<string | null>): Promise<number[]> => {
  const after: number[] = []
  let turns = 0
  let isOver = false
  const other = () => {
    turns++
    if (!isOver) setImmediate(other)
  }
  setImmediate(other)
  for await (const _text of unhurried(texts, () => false)) after.push(turns)
  isOver = true
  return after
}

describe('What is made as it is read', () => {
  test('lets others have a turn among many texts', async () => {
    const after = await turnsAmong(Array.from({ length: 1000 }, (_, index) => `${index}`))
    expect(after).toHaveLength(1000)
    expect(after.at(-1)).toBeGreaterThanOrEqual(10)
  })

  test('lets them wherever nothing is to be said', async () => {
    expect((await turnsAmong([...Array.from({ length: 20 }, () => null), 'at last']))[0]).toBeGreaterThan(15)
  })

  test('is made no further when nobody reads', async () => {
    let made = 0
    const texts = function* () {
      for (;;) yield `${made++}`
    }
    let read = 0
    for await (const _text of unhurried(texts(), () => read === 5)) read++
    expect(made).toBe(6)
  })
})
