import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openEvents } from '../../src/log/events.ts'
import { projections } from '../../projections/index.ts'
import { type Core, createCore, type Limits } from '../../src/readmodel/core.ts'
import { examination } from '../../src/readmodel/examination.ts'
import { openReadModelFile } from '../../src/readmodel/file.ts'
import { filesBeside, openCore, openCoreInTurns } from '../../src/readmodel/store.ts'
import { fillLog, folder, get, newFolder, openAt, openIn } from './filled.ts'

/** How many turns something else had while work was done. */
const turnsDuring = async (work: () => Promise<unknown>): Promise<number> => {
  let turns = 0
  let isOver = false
  const other = () => {
    if (isOver) return
    turns++
    setImmediate(other)
  }
  setImmediate(other)
  await work()
  isOver = true
  return turns
}

const most: Limits = {
  atHand: { events: 1000, bytes: 10_000_000 },
  unsaved: { events: Infinity, bytes: Infinity },
  waiting: 10,
}

test('what finds an answer is made ready in steps, once, and finds what it finds without that', async () => {
  const path = folder()
  fillLog(path, 3000)
  const events = openEvents(join(path, 'ledger.db'), 'log', 'read')
  const [one, other] = [most, most].map((limits) => {
    const core = createCore(events, openReadModelFile(null), 'a', limits)
    core.take(events.from(0, 2500))
    return core
  }) as [ReturnType<typeof createCore>, ReturnType<typeof createCore>]
  expect(await turnsDuring(() => Promise.all([one.prepared(), one.prepared()]))).toBeGreaterThan(20)
  expect(await turnsDuring(() => one.prepared())).toBe(0)

  const listOf = (core: typeof one, asOf: string, position: number) =>
    projections.map((projection) =>
      core.list(
        projection,
        { asOf, position },
        { status: 'any', reality: 'actual' },
        { after: null, limit: 500 },
      ),
    )
  const same = () => {
    for (const position of [1, 1200, 2500, 3000])
      for (const asOf of ['2024-01-09T00:00:03.000Z', '2024-01-10T00:00:00.000Z'])
        expect(listOf(one, asOf, position)).toStrictEqual(listOf(other, asOf, position))
  }
  same()
  // What comes while it is made ready is found as well.
  const preparing = one.prepared()
  one.take(events.from(2500, 2700))
  await preparing
  one.take(events.from(2700))
  other.take(events.from(2500))
  same()
  await one.prepared()
  same()
  events.close()
})

test('one is opened in steps, and is the same', async () => {
  const path = folder()
  fillLog(path, 500)
  const events = openEvents(join(path, 'ledger.db'), 'log', 'read')
  const [file] = filesBeside(join(path, 'ledger.db'))
  const made = openCore(file, events, 'a')
  made.take(events.from(0))
  await made.close()
  let opened: Core | undefined
  expect(await turnsDuring(async () => (opened = await openCoreInTurns(file, events, 'a')))).toBeGreaterThan(
    10,
  )
  expect([...examination(opened!, events, 'all', Math.random)].flatMap(({ found }) => found)).toStrictEqual(
    [],
  )
  expect(opened!.position()).toBe(500)
  await opened!.close()
  // What is of no use is removed by that, too.
  const other = await openCoreInTurns(file, events, 'b')
  expect(other.position()).toBe(0)
  await other.close()
  events.close()
})

describe('the first question after a start', () => {
  const path = newFolder()
  beforeAll(async () => {
    fillLog(path, 50_000)
    const opened = await openAt(path)
    await opened.settled
    await opened.close()
  }, 60_000)
  afterAll(() => rmSync(path, { recursive: true }))

  test.each([
    '/v1/picture',
    '/v1/incidents',
    '/v1/versions?limit=1',
    '/v1/diff?fromAsOf=2024-01-10&limit=1',
    '/v1/replay?from=2024-01-10',
  ])('%s lets others have their turns', async (question) => {
    const opened = await openIn(path)
    expect(opened.service.isCold()).toBe(false)
    let status = 0
    const turns = await turnsDuring(async () => ({ status } = await get(opened, question)))
    expect(status).toBe(200)
    expect(turns).toBeGreaterThan(4)
    await opened.close()
  })

  test('finds all made ready once a service has listened for a while', async () => {
    const opened = await openIn(path)
    const { model } = opened.service
    const prepared = vi.spyOn(model, 'prepared')
    const listening = await opened.serve()
    await expect
      .poll(() => prepared.mock.settledResults, { timeout: 20_000 })
      .toMatchObject([{ type: 'fulfilled' }])
    expect(await turnsDuring(() => model.prepared())).toBe(0)
    await listening.stop()
    await opened.close()
  })
})
