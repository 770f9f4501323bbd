import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { projections } from '../../projections/index.ts'
import { openEvents } from '../../src/log/events.ts'
import type { Core } from '../../src/readmodel/core.ts'
import { removeReadModel } from '../../src/readmodel/files.ts'
import { uncompared } from '../../src/readmodel/rebuild.ts'
import { filesBeside, newest, openCore, reachOf } from '../../src/readmodel/store.ts'
import { changeStates, fill, fillLog, folder, openIn, savedIn, signStates } from './filled.ts'
import { made, rebuilding } from './rebuilding.ts'

/** Puts letters of the same number in the place of some in all states, as nobody who damages them would: with their checksums. */
const tamper = (file: string, from: string, to: string): void => {
  changeStates(file, (text) => {
    for (let at = text.indexOf(from); at >= 0; at = text.indexOf(from, at + 1)) text.write(to, at)
  })
  signStates(file)
}

/** Everything that is listed of all kinds, as it is answered. */
const toldBy = (core: Core): string =>
  JSON.stringify(
    projections.map((projection) =>
      core.list(
        projection,
        { asOf: core.newest()!, position: core.position() },
        { status: 'any', reality: 'actual' },
        { after: null, limit: 1000 },
      ),
    ),
  )

const filled = async (): Promise<string> => {
  const path = folder()
  const opened = await openIn(path)
  await fill(opened, 200)
  await opened.close()
  for (const file of filesBeside(join(path, 'ledger.db'))) removeReadModel(file)
  return path
}

/** Makes what is beside, whole, so that whoever begins goes on from its end. */
const madeBeside = async (path: string): Promise<string> => {
  const log = join(path, 'ledger.db')
  const events = openEvents(log, 'log', 'read')
  const [, beside] = filesBeside(log)
  const core = openCore(beside, events, uncompared(made))
  core.take([...events.from(0)])
  await core.close()
  events.close()
  return beside
}

describe('what was made anew wrongly', () => {
  test.each([
    ['a status', '"status":"', '"stutas":"'],
    ['a title', '"title":"', '"tilte":"'],
  ])('by %s is not taken over, and told, and the next one begins at the beginning', async (_, from, to) => {
    const path = await filled()
    const beside = await madeBeside(path)
    tamper(beside, from, to)
    const { model, rebuild, files, close } = await rebuilding(path)
    const before = model.core()
    await expect(rebuild.start()).rejects.toThrow(/wrong about \S+, known at position \d+: has the version/)
    expect(rebuild.lastError()).toMatch(/ in place of /)
    expect(model.core()).toBe(before)
    expect(files.map((file) => existsSync(file))).toStrictEqual([true, false])

    await rebuild.start()
    expect(rebuild.lastError()).toBeNull()
    expect(model.core()).not.toBe(before)
    expect(model.position()).toBe(200)
    await close()
  })
})

test('how far it is is told while it is compared as well', async () => {
  const { rebuild, close } = await rebuilding(await filled())
  const shares: number[] = []
  const ended = rebuild.start()
  for (let now = rebuild.progress(); now; now = rebuild.progress()) {
    shares.push(now.share)
    await nextTurn()
  }
  await ended
  expect(shares).toStrictEqual(shares.toSorted((one, other) => one - other))
  expect(new Set(shares.filter((share) => share > 0.7 && share < 1)).size).toBeGreaterThan(10)
  await close()
})

test('where the one that answers is wrong, the definition decides for the new one', async () => {
  const path = await filled()
  const { close: first } = await rebuilding(path)
  await first()
  const [live] = filesBeside(join(path, 'ledger.db'))
  tamper(live, '"status":"', '"stutas":"')
  const { model, rebuild, close } = await rebuilding(path)
  const before = model.core()
  expect(toldBy(before)).toContain('stutas')
  await rebuild.start()
  expect(rebuild.lastError()).toBeNull()
  expect(model.core()).not.toBe(before)
  expect(toldBy(model.core())).not.toContain('stutas')
  await close()
})

test('what was not compared when the service was killed does not answer after a start, however far it came', async () => {
  const path = await filled()
  const log = join(path, 'ledger.db')
  const files = filesBeside(log)
  const events = openEvents(log, 'log', 'read')
  const behind = openCore(files[0], events, made)
  behind.take(events.after(0, 100))
  await behind.close()
  await madeBeside(path)
  expect(newest(files, events, made)).toStrictEqual(files)
  events.close()

  const { rebuild, close } = await rebuilding(path)
  await rebuild.start()
  await close()
  const after = openEvents(log, 'log', 'read')
  expect(newest(files, after, made)).toStrictEqual(files.toReversed())
  after.close()
})

// The limit on the size of a file stands for the disk.
test.skipIf(process.platform === 'win32')(
  'one that finds no space says what to do, and is gone on with',
  async () => {
    const path = folder()
    fillLog(path, 45_000)
    const { close: first } = await rebuilding(path)
    await first()
    const program = join(import.meta.dirname, 'crowded.ts')
    const { stdout } = spawnSync(
      '/bin/sh',
      ['-c', `trap '' XFSZ; ulimit -f 24000; exec "$@"`, 'sh', process.execPath, program, path],
      { encoding: 'utf8' },
    )
    expect(stdout).toMatch(
      /^There is no space left for \S+readmodel-2\S+: free some; .* Ask for it again then: it goes on from what is on the disk\.$/m,
    )

    const { model, rebuild, close } = await rebuilding(path)
    const before = model.core()
    const ended = rebuild.start()
    expect(rebuild.progress()?.position).toBeGreaterThan(0)
    await ended
    expect(rebuild.lastError()).toBeNull()
    expect(model.core()).not.toBe(before)
    await close()
  },
  60_000,
)

test('the file of the one before stays until that of the new one says that it was compared', async () => {
  const path = await filled()
  const { model, rebuild, files, close } = await rebuilding(path)
  const whole = { ...model }
  model.exchange = (next) => {
    next.save = () => Promise.reject(new Error('no space'))
    return whole.exchange(next)
  }
  const before = model.core()
  await rebuild.start()
  expect(model.core()).not.toBe(before)
  expect(files.map((file) => existsSync(file))).toStrictEqual([true, true])
  const events = openEvents(join(path, 'ledger.db'), 'log', 'read')
  expect(newest(files, events, made)).toStrictEqual(files)
  await close()
  expect(newest(files, events, made)).toStrictEqual(files)
  expect(reachOf(files[1], events, made)).toBe(200)
  events.close()
})

test('one that is broken off is gone on with from what is on the disk', async () => {
  const path = folder()
  fillLog(path, 49_000)
  const { rebuild, files, model, close } = await rebuilding(path)
  const running = rebuild.start()
  running.catch(() => undefined)
  const reached = () => savedIn(files[1])
  expect(rebuild.progress()).toMatchObject({ position: 0, head: 49_000 })
  while (reached() === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  await rebuild.stop()
  await expect(running).rejects.toThrow('It was broken off; the next one goes on from what is on the disk.')
  const stopped = reached()
  expect(stopped).toBeGreaterThan(0)
  expect(stopped).toBeLessThan(49_000)
  await close()

  const again = await rebuilding(path)
  const before = again.model.core()
  const ended = again.rebuild.start()
  expect(again.rebuild.progress()).toMatchObject({ position: stopped, head: 49_000 })
  await ended
  expect(again.model.core()).not.toBe(before)
  expect(again.model.position()).toBe(49_000)
  expect(model.position()).toBe(49_000)
  await again.close()
})
