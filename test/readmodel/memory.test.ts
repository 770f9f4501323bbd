import { execFileSync } from 'node:child_process'
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

/** Says how many MiB it had at its most, and once all was let go of but a little that lies between. */
const script = `
  const { giveBackAll, giveBackLarge } = await import(process.argv[1])
  const { readFileSync } = await import('node:fs')
  const { setTimeout: pause } = await import('node:timers/promises')
  const own = () => Number(/RssAnon:\\s+(\\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024
  const collect = async () => { for (let times = 0; times < 2; times++) { gc(); await pause(100) } }
  if (process.argv[2] === 'large') giveBackLarge()
  // The library takes it for a sign: pieces so large come and go.
  void new Uint8Array(16 * 2 ** 20).fill(1)
  await collect()
  const large = []
  const small = []
  for (let count = 0; count < 64; count++) {
    large.push(new Uint8Array(2 * 2 ** 20).fill(1))
    small.push(new Uint8Array(64 * 2 ** 10).fill(1))
  }
  const most = own()
  large.length = 0
  await collect()
  if (process.argv[2] === 'all') giveBackAll()
  console.log(JSON.stringify({ most, least: own(), small: small.length }))`

const allocator = new URL('../../src/readmodel/allocator.ts', import.meta.url).href
const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } }

test.runIf(header.glibcVersionRuntime).each(['large', 'all'])(
  'memory is given back to the system: %s',
  (what) => {
    const args = ['--no-warnings', '--expose-gc', '--input-type=module', '--eval', script, allocator, what]
    const { most, least } = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as {
      most: number
      least: number
    }
    expect(most - least).toBeGreaterThan(100)
  },
)
