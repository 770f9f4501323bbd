import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createCheckpoints } from '../../src/log/checkpoints.ts'
import { openEvents } from '../../src/log/events.ts'
import { sqliteLog } from '../../src/log/sqlite.ts'
import { eventId } from '../service.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crisis-ledger-'))
  path = join(folder, 'ledger.db')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const eventsOf = (stream: string, from: number, count: number) =>
  Array.from({ length: count }, (_, index) => ({
    id: eventId(from + index),
    type: 'IncidentReported',
    stream,
    note: 'x'.repeat(100),
  })) as never[]

test('what was committed comes into the file while the log is open, and nothing is left beside it in the end', async () => {
  const log = await sqliteLog({ path, clock: () => '2024-01-09T00:00:00.000Z' })
  const before = statSync(path).size
  for (let part = 0; part < 5; part++)
    await log.append(`incident-${part}`, eventsOf(`incident-${part}`, part * 500 + 1, 500), 'no_stream')
  // Before SQLite would do it by itself, and meanwhile it is written to.
  expect(statSync(`${path}-wal`).size).toBeLessThan(8000 * 4096)
  let count = 0
  while (statSync(path).size < before + 300_000) {
    await log.append(`incident-${5 + count}`, eventsOf(`incident-${5 + count}`, 2501 + count, 1), 'no_stream')
    count++
    await wait(5)
  }
  await log.close()
  expect(readdirSync(folder)).toStrictEqual(['ledger.db'])
  const table = openEvents(path, 'log')
  expect(table.count()).toBe(2500 + count)
  table.close()
})

test.each([
  ['is moved away', () => undefined],
  ['is moved away, and another one is there', () => writeFileSync(path, 'Another file')],
])('nothing is lost where the file of an open log %s', async (_, replace) => {
  const log = await sqliteLog({ path, clock: () => '2024-01-09T00:00:00.000Z' })
  const moved = join(folder, 'moved.db')
  renameSync(path, moved)
  replace()
  const there = readdirSync(folder)
  for (let part = 0; part < 5; part++)
    await log.append(`incident-${part}`, eventsOf(`incident-${part}`, part * 500 + 1, 500), 'no_stream')
  await wait(500)
  expect(readdirSync(folder)).toStrictEqual(there)
  if (there.includes('ledger.db')) expect(readFileSync(path, 'utf8')).toBe('Another file')

  renameSync(moved, path)
  await log.close()
  const table = openEvents(path, 'log')
  expect(table.count()).toBe(2500)
  table.close()
})

describe('who commits goes on', () => {
  test('where the thread fails', async () => {
    writeFileSync(path, '')
    const ran = join(folder, 'ran')
    const fails = `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(ran)}, ''); throw new Error('No')`
    const checkpoints = createCheckpoints(path, new URL(`data:text/javascript,${encodeURIComponent(fails)}`))
    checkpoints.committed(2000)
    await expect.poll(() => existsSync(ran)).toBe(true)
    await wait(100)
    expect(() => checkpoints.committed(2000)).not.toThrow()
    await expect(checkpoints.end()).resolves.toBeUndefined()
  })

  test('where it cannot be started', async () => {
    writeFileSync(path, '')
    const checkpoints = createCheckpoints(path, new URL('nothing:that-runs'))
    for (let times = 0; times < 2; times++) expect(() => checkpoints.committed(2000)).not.toThrow()
    await expect(checkpoints.end()).resolves.toBeUndefined()
  })
})
