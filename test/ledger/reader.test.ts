import { EventEmitter } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { expect, test, vi } from 'vitest'
import { type Begin, startReader } from '../../src/ledger/reader.ts'

vi.mock('node:worker_threads', { spy: true })

const first: Begin = { form: 'commands', place: { number: 0, parts: [], size: 0 } }
const piece = Buffer.from('{}\n')
const outcomes = async (asked: readonly Promise<unknown>[]) =>
  (await Promise.allSettled(asked)).map((one) =>
    one.status === 'fulfilled' ? one.value : (one.reason as Error).message,
  )

test('a thread that fails is asked in vain from where it failed, and all that it told before is taken', async () => {
  const reader = startReader(new URL('failing-thread.ts', import.meta.url))
  while (!reader.isReady()) await wait(10)
  reader.begin(first)
  const asked = Array.from({ length: 30 }, () => reader.read(piece))
  expect(await outcomes(asked)).toStrictEqual(
    Array.from({ length: 30 }, (_, index) => (index < 20 ? `piece ${index + 1}` : 'It failed.')),
  )
  await expect(reader.read(piece)).rejects.toThrow('It failed.')
  await reader.end()
})

test('what a thread told before it failed may come after that', async () => {
  // A failure and what was told come by two ways, and either may be the faster; the end comes after both.
  const thread = Object.assign(new EventEmitter(), { postMessage: () => undefined, terminate: async () => 0 })
  vi.mocked(Worker).mockImplementationOnce(function () {
    return thread as unknown as Worker
  })
  const reader = startReader()
  thread.emit('message', 'ready')
  reader.begin(first)
  const asked = Array.from({ length: 3 }, () => reader.read(piece))
  thread.emit('message', 'piece 1')
  thread.emit('error', new Error('It failed.'))
  await expect(reader.read(piece)).rejects.toThrow('It failed.')
  thread.emit('message', 'piece 2')
  thread.emit('exit', 1)
  expect(await outcomes(asked)).toStrictEqual(['piece 1', 'piece 2', 'It failed.'])
})
