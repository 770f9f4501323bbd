import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startReader } from '../../src/ledger/reader.ts'

const beBusy = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)

test('who asks a thread that fails is told so, and what it told before comes too late for no one', async () => {
  const reader = startReader(new URL('failing-thread.ts', import.meta.url))
  while (!reader.isReady()) await wait(10)
  reader.begin({ number: 0, parts: [], size: 0 })
  const asked = Array.from({ length: 30 }, () => reader.read(Buffer.from('{}\n')))
  for (const one of asked) one.then(beBusy, () => undefined)
  const told = await Promise.allSettled(asked)
  expect(told.at(-1)).toMatchObject({ status: 'rejected', reason: { message: 'It failed.' } })
  for (const [index, one] of told.entries())
    if (one.status === 'fulfilled') expect(one.value).toBe(`piece ${index + 1}`)
  await wait(50)
  await expect(reader.read(Buffer.from('{}\n'))).rejects.toThrow('It failed.')
  await reader.end()
})
