import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sqliteLog } from '../../src/log/sqlite.ts'
import type { Event } from '../../src/vocabulary/envelope.ts'
import { draft, drafts } from '../contract/draft.ts'

const clock = () => '2024-01-10T12:00:00.000Z'
const folder = mkdtempSync(join(tmpdir(), 'crisis-ledger-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A commit that was acknowledged: the events of the log up to it, and how long the write-ahead log was then. */
type Acknowledged = { events: readonly Event[]; length: number }

const written = join(folder, 'ledger.db')
const commits: Acknowledged[] = []

beforeAll(async () => {
  const log = await sqliteLog({ path: written, clock })
  // An empty ledger has a write-ahead log too: its tables.
  commits.push({ events: [], length: statSync(`${written}-wal`).size })
  for (let group = 0; group < 12; group++) {
    // Every group is several appends, some to streams that are there already, some with a text of many pages.
    const sizes = Array.from({ length: 1 + ((group * 7) % 10) }, (_, index) => 1 + ((group + index) % 4))
    await Promise.all(
      sizes.map((size, index) => {
        const stream = `fugitive-a-${group % 3}-${index}`
        const revision = log.events.stream(stream).length - 1
        const note = 'x'.repeat(group % 4 === 0 ? 9000 : 10)
        const events = drafts(stream, size).map((event) => ({ ...event, note }))
        return log.append(stream, events, revision < 0 ? 'no_stream' : revision)
      }),
    )
    commits.push({ events: [...log.events.from(0)], length: statSync(`${written}-wal`).size })
  }
  // What a power cut finds: the files as they are, nothing of the write-ahead log moved into the database.
  for (const file of ['ledger.db', 'ledger.db-wal'])
    copyFileSync(join(folder, file), join(folder, `left-${file}`))
  await log.close()
})

let copies = 0
/** A copy of what was left, and its write-ahead log. */
const left = () => {
  const path = join(folder, `cut-${++copies}`, 'ledger.db')
  mkdirSync(join(path, '..'))
  copyFileSync(join(folder, 'left-ledger.db'), path)
  copyFileSync(join(folder, 'left-ledger.db-wal'), `${path}-wal`)
  return { path, wal: `${path}-wal` }
}

/** Opens what was left, expects it to end with a commit, and appends to it. */
const expectUpTo = async (path: string, commit: Acknowledged) => {
  const log = await sqliteLog({ path, clock })
  expect([...log.events.from(0)]).toStrictEqual(commit.events)
  const { position } = commit.events.at(-1) ?? { position: 0 }
  expect(await log.head()).toBe(position)
  const next = draft('fugitive-next')
  const { events } = await log.append(next.stream, [next], 'no_stream')
  expect(log.events.after(position, 10)).toStrictEqual(events)
  for (const stream of new Set(commit.events.map((event) => event.stream)))
    expect(log.events.stream(stream)).toStrictEqual(commit.events.filter((event) => event.stream === stream))
  await log.close()
  rmSync(join(path, '..'), { recursive: true })
}

/** The last commit that is whole within so many bytes. Where not even the tables are, they are made again. */
const lastWithin = (bytes: number) => commits.findLast(({ length }) => length <= bytes) ?? commits[0]!

describe('when the write-ahead log is cut', () => {
  test('every commit made it longer', () => {
    const lengths = commits.map(({ length }) => length)
    expect(new Set(lengths).size).toBe(13)
    expect(lengths.toSorted((a, b) => a - b)).toStrictEqual(lengths)
  })

  test('at any byte, the log ends with the last commit that was whole', async () => {
    const cut = fc.integer({ min: 0, max: commits.at(-1)!.length })
    await fc.assert(
      fc.asyncProperty(cut, async (bytes) => {
        const { path, wal } = left()
        truncateSync(wal, bytes)
        await expectUpTo(path, lastWithin(bytes))
      }),
      { numRuns: 100 },
    )
  }, 120_000)

  test('exactly after a commit, that commit is there, and one byte earlier it is not', async () => {
    for (const [index, commit] of commits.entries()) {
      const whole = left()
      truncateSync(whole.wal, commit.length)
      await expectUpTo(whole.path, commit)
      if (index === 0) continue
      const short = left()
      truncateSync(short.wal, commit.length - 1)
      await expectUpTo(short.path, commits[index - 1]!)
    }
  }, 60_000)

  test('and what was written after it is torn, all that was acknowledged is there', async () => {
    const commit = fc.integer({ min: 0, max: commits.length - 1 })
    const torn = fc.oneof(fc.uint8Array({ maxLength: 20_000 }), fc.integer({ min: 1, max: 20_000 }))
    await fc.assert(
      fc.asyncProperty(commit, torn, async (index, after) => {
        const { path, wal } = left()
        const { length } = commits[index]!
        // The pages of the next commit, some of them never written: the disk wrote the file longer, but not its contents.
        const next = readFileSync(wal).subarray(length)
        const rest = typeof after === 'number' ? Buffer.alloc(after) : after
        truncateSync(wal, length)
        appendFileSync(wal, Buffer.concat([next.subarray(0, 4000), rest]))
        await expectUpTo(path, commits[index]!)
      }),
      { numRuns: 40 },
    )
  }, 120_000)
})
