import { mkdirSync, readdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { Projections } from '../../src/http/projections.ts'
import { openEvents } from '../../src/log/events.ts'
import type { Opened } from '../../src/main.ts'
import { examination } from '../../src/readmodel/examination.ts'
import { fingerprint } from '../../src/readmodel/fingerprint.ts'
import { readCore } from '../../src/readmodel/store.ts'
import { fileIn, fillLog, folder, get, openIn, savedIn } from './filled.ts'

const projectionsOf = async (opened: Opened) =>
  JSON.parse((await get(opened, '/v1/projections')).text) as Projections

/** Looks until it is live, and gives what it said until then. */
const untilLive = async (opened: Opened): Promise<Projections[]> => {
  for (const told: Projections[] = []; ;) {
    const now = await projectionsOf(opened)
    if (now.status === 'live') return told
    told.push(now)
    await pause(5)
  }
}

/** What the comparison with the definition finds of the file in a folder. */
const findingsIn = (path: string): string[] => {
  const events = openEvents(join(path, 'ledger.db'), 'log', 'read')
  const core = readCore(fileIn(path), events, fingerprint())
  const found = [...examination(core, events, { sample: 200 }, Math.random)].flatMap((one) => one.found)
  void core.close()
  events.close()
  return found.map(({ about, finding }) => `${about}: ${finding}`)
}

const readModels = (path: string): string[] =>
  readdirSync(path).filter((name) => /readmodel-\d(\.part-\d)?\.db$/.test(name))

describe('a start without a read model, on a ledger with much', () => {
  test('has threads make it, says how fast and how long, and takes nothing itself until it is whole', async () => {
    const path = folder()
    fillLog(path, 60_000)
    const opened = await openIn(path)
    const told = await untilLive(opened)
    expect(told.filter(({ position }) => position !== 0 && position !== 60_000)).toStrictEqual([])
    const paced = told.findLast(({ progress }) => progress?.eventsPerSecond)
    expect(paced?.progress).toMatchObject({
      head: 60_000,
      eventsPerSecond: expect.any(Number) as number,
      secondsLeft: expect.any(Number) as number,
    })
    // Parts of so few events are sorted at once: no position is reached before the last.
    const shares = told.flatMap(({ progress }) => progress?.share ?? [])
    expect(shares).toStrictEqual(shares.toSorted((one, other) => one - other))
    expect(shares.filter((share) => share > 0 && share < 0.9)).not.toStrictEqual([])
    expect(await projectionsOf(opened)).toMatchObject({ position: 60_000, lastError: null })
    expect((await get(opened, '/v1/incidents?status=any&limit=1')).status).toBe(200)
    await opened.close()
    expect(readModels(path)).toStrictEqual(['ledger.readmodel-2.db'])
    expect(findingsIn(path)).toStrictEqual([])
  }, 60_000)

  test('that is broken off is gone on with at the next, and what came meanwhile is there', async () => {
    const path = folder()
    fillLog(path, 49_000)
    const opened = await openIn(path)
    while (savedIn(join(path, 'ledger.readmodel-2.db')) === 0) await pause(5)
    await opened.close()
    fillLog(path, 1000)

    const again = await openIn(path)
    const told = await untilLive(again)
    expect(told[0]?.progress?.position).toBeGreaterThan(0)
    expect(told[0]?.progress?.position).toBeLessThan(49_000)
    expect(await projectionsOf(again)).toMatchObject({ position: 50_000, lastError: null })
    await again.close()
    expect(findingsIn(path)).toStrictEqual([])
  }, 60_000)

  test('that cannot make it says why, and makes it once it can', async () => {
    const path = folder()
    fillLog(path, 9000)
    const inTheWay = join(path, 'ledger.readmodel-2.db')
    mkdirSync(inTheWay)
    const opened = await openIn(path)
    await opened.settled
    const { status, text } = await get(opened, '/readyz')
    expect([status, text]).toStrictEqual([503, expect.stringContaining(inTheWay)])
    expect(await projectionsOf(opened)).toMatchObject({
      status: 'rebuilding',
      lastError: expect.stringContaining(inTheWay) as string,
    })
    rmdirSync(inTheWay)
    await untilLive(opened)
    expect(await projectionsOf(opened)).toMatchObject({ position: 9000, lastError: null })
    expect((await get(opened, '/readyz')).status).toBe(200)
  }, 60_000)
})
