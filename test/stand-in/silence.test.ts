import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createLimit, Silence, within } from '../../src/log/eventstoredb/silence.ts'

const never = new Promise<never>(() => undefined)

test('what takes longer than its limit is given up and stopped, once', async () => {
  const limit = createLimit(5)
  let stopped = 0
  await expect(within(limit, never, () => void stopped++)).rejects.toThrow(Silence)
  limit.end()
  expect([limit.isOver, stopped]).toStrictEqual([true, 1])
})

test('what begins when its limit is over is given up at once', async () => {
  const limit = createLimit(1000)
  limit.end()
  await expect(within(limit, never)).rejects.toThrow(Silence)
})

test('what ends in time gives what it gives, and a limit that is cleared stops nothing', async () => {
  const limit = createLimit(5)
  let stopped = 0
  const stop = () => void stopped++
  expect(await within(limit, Promise.resolve(7), stop)).toBe(7)
  await expect(within(limit, Promise.reject(new Error('no')), stop)).rejects.toThrow('no')
  limit.clear()
  await wait(20)
  expect([limit.isOver, stopped]).toStrictEqual([false, 0])
})
