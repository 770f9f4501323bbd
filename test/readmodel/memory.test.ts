import { once } from 'node:events'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect, onTestFinished, test } from 'vitest'
import type { Batch } from '../../src/readmodel/batch.ts'
import { openReadModelFile, type Place } from '../../src/readmodel/file.ts'
import { folder } from './filled.ts'

const mebibyte = 2 ** 20

/** A batch with as many bytes, after others. */
const batchOf = (bytes: number, before = 0): Batch => ({
  checkpoint: { position: before + 1, eventId: '', fingerprint: '', unknownTypes: {}, lengths: {} },
  pieces: [{ name: 'event.position', start: before, instead: [], bytes: new Uint8Array(bytes).fill(1) }],
  states: [],
})

test('a thread that writes holds on to nothing that it has written', async () => {
  const workerData: Place = { path: join(folder(), 'readmodel.db'), part: null }
  const thread = new Worker(new URL('../../src/readmodel/writing-thread.ts', import.meta.url), { workerData })
  onTestFinished(async () => void (await thread.terminate()))
  for (let count = 0; count < 40; count++) {
    thread.postMessage(batchOf(mebibyte, count * mebibyte))
    expect(await once(thread, 'message')).toStrictEqual([null])
  }
  const { external_memory: held } = await thread.getHeapStatistics()
  expect(held).toBeLessThan(20 * mebibyte)
})

test('who has had a batch written holds on to none of its bytes', async () => {
  const file = openReadModelFile(join(folder(), 'readmodel.db'))
  onTestFinished(() => file.close())
  const batch = batchOf(1000)
  await file.write(batch)
  expect(batch.pieces[0]!.bytes).toHaveLength(0)
})
