import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sqliteLog } from '../../src/log/sqlite.ts'
import type { Event } from '../../src/vocabulary/envelope.ts'
import { draft, drafts } from '../contract/draft.ts'
import { type Child, run } from './child.ts'

const clock = () => '2024-01-10T12:00:00.000Z'
let folder: string
let path: string
const children: Child[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crisis-ledger-'))
  path = join(folder, 'ledger.db')
})
afterEach(async () => {
  for (const { process } of children) process.kill('SIGKILL')
  await Promise.all(children.splice(0).map(({ end }) => end))
  rmSync(folder, { recursive: true, force: true })
})

/** How many commits the write-ahead log holds: a frame that ends one tells the size of the database after it. */
const commits = (): number => {
  const wal = readFileSync(`${path}-wal`)
  const page = wal.readUInt32BE(8)
  let count = 0
  for (let frame = 32; frame < wal.length; frame += 24 + page) if (wal.readUInt32BE(frame + 4) > 0) count++
  return count
}

describe('the embedded log', () => {
  test('commits together what comes together, and within a bound', async () => {
    await using log = { ...(await sqliteLog({ path, clock })), [Symbol.asyncDispose]: () => log.close() }
    // As long as somebody reads, nothing in the write-ahead log is written over.
    using reader = new DatabaseSync(path)
    reader.exec('BEGIN; SELECT count(*) FROM events')
    const together = async (appends: number, size: number, note = 'x') => {
      const before = commits()
      await Promise.all(
        Array.from({ length: appends }, () => {
          const [event] = drafts(`fugitive-${Math.random()}`, 1)
          const stream = event!.stream
          return log.append(stream, [{ ...event!, note }, ...drafts(stream, size - 1)], 'no_stream')
        }),
      )
      return commits() - before
    }
    expect(await together(1, 1)).toBe(1)
    expect(await together(100, 1)).toBe(1)
    expect(await together(1024, 1)).toBe(1)
    expect(await together(1025, 1)).toBe(2)
    expect(await together(30, 100)).toBe(3)
    expect(await together(30, 1, 'x'.repeat(200_000))).toBe(2)
  })

  test('writes nothing for what was said before or conflicts', async () => {
    await using log = { ...(await sqliteLog({ path, clock })), [Symbol.asyncDispose]: () => log.close() }
    const event = draft('fugitive-a')
    await log.append('fugitive-a', [event], 'no_stream')
    const before = commits()
    await log.append('fugitive-a', [event], 'no_stream')
    await expect(log.append('fugitive-a', [draft('fugitive-a')], 'no_stream')).rejects.toThrow()
    expect(commits()).toBe(before)
  })

  test('has told subscribers who are up to date before an append resolves, in the order of positions', async () => {
    await using log = { ...(await sqliteLog({ path, clock })), [Symbol.asyncDispose]: () => log.close() }
    const seen: Event[] = []
    await log.subscribe(0, (events) => void seen.push(...events))
    await log.append('fugitive-a', [draft('fugitive-a')], 'no_stream')
    await expect.poll(() => seen).toHaveLength(1)
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const { events } = await log.append(`fugitive-${index}`, drafts(`fugitive-${index}`, 2), 'no_stream')
        expect(seen).toEqual(expect.arrayContaining([...events]))
      }),
    )
    expect(seen).toStrictEqual([...log.events.from(0)])
  })

  test('finds streams again when it has kept more of them than it keeps in memory', async () => {
    await using log = { ...(await sqliteLog({ path, clock })), [Symbol.asyncDispose]: () => log.close() }
    await log.append('fugitive-first', drafts('fugitive-first', 3), 'no_stream')
    const names = Array.from({ length: 100_001 }, (_, index) => `fugitive-${index}`)
    await Promise.all(names.map((name) => log.append(name, [draft(name)], 'no_stream')))
    expect((await log.append('fugitive-first', [draft('fugitive-first')], 2)).revision).toBe(3)
    expect((await log.append('fugitive-7', [draft('fugitive-7')], 0)).revision).toBe(1)
  }, 60_000)

  test('lets its process end once it is closed, subscriptions or not', async () => {
    const child = run(
      `const log = await sqliteLog({ path, clock })
       const stop = await log.subscribe(0, () => {})
       await log.subscribe(0, () => {})
       await log.append('fugitive-a', [draft('fugitive-a')], 'no_stream')
       await stop()
       await log.close()`,
      path,
    )
    children.push(child)
    expect(await child.end).toBe(0)
  })

  test('does not go on as if, when a subscriber fails and nobody asked to be told', async () => {
    const child = run(
      `const log = await sqliteLog({ path, clock })
       await log.subscribe(0, () => { throw new Error('broken') })
       await log.append('fugitive-a', [draft('fugitive-a')], 'no_stream')
       forever()`,
      path,
    )
    children.push(child)
    await expect(child.line()).rejects.toThrow(/ended with 1: .*broken/s)
  })
})

const windows = process.platform === 'win32'

describe.skipIf(windows)('when the disk is full', () => {
  // The limit on the size of a file stands for the disk; what makes room is that the write-ahead log is emptied.
  const limit = `trap '' XFSZ; ulimit -f 2000`

  test('an append is refused as a whole, and the log goes on when there is space again', async () => {
    const child = run(
      `const log = await sqliteLog({ path, clock })
       const acknowledged = []
       const seen = []
       await log.subscribe(0, (events) => void seen.push(...events.map(({ id }) => id)))
       const append = async (count) => {
         const stream = 'fugitive-' + count
         const events = [1, 2, 3].map(() => draft(stream, { note: 'x'.repeat(10000) }))
         await log.append(stream, events, 'no_stream')
         acknowledged.push(...events.map(({ id }) => id))
       }
       const fill = async (from) => {
         for (let count = from; ; count++)
           try { await append(count) } catch (error) { say(error.name + ' ' + error.code + ' ' + error.message); return count }
       }
       let count = await fill(0)
       count = await fill(count)
       say(JSON.stringify(acknowledged))
       await once(process.stdin, 'data')
       await append(count)
       await append(count + 1)
       say(JSON.stringify(acknowledged))
       say(JSON.stringify(seen))
       forever()`,
      path,
      limit,
    )
    children.push(child)
    const refusal = /^LedgerError unavailable .*ledger\.db.*(free some|look after its disk)/
    expect(await child.line()).toMatch(refusal)
    expect(await child.line()).toMatch(refusal)

    const stored = () => {
      using database = new DatabaseSync(path)
      return database
        .prepare('SELECT id FROM events ORDER BY position')
        .all()
        .map(({ id }) => id)
    }
    const acknowledged = JSON.parse(await child.line()) as string[]
    expect(acknowledged.length).toBeGreaterThan(10)
    expect(stored()).toStrictEqual(acknowledged)
    {
      using database = new DatabaseSync(path)
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    }
    child.process.stdin.write('\n')
    const all = JSON.parse(await child.line()) as string[]
    expect(all).toHaveLength(acknowledged.length + 6)
    expect(stored()).toStrictEqual(all)
    expect(JSON.parse(await child.line())).toStrictEqual(all)
  })

  test('what waits behind an append that there is no space for is refused with it', async () => {
    const child = run(
      `const log = await sqliteLog({ path, clock })
       const large = Array.from({ length: 6 }, () => draft('fugitive-large', { note: 'x'.repeat(150000) }))
       const many = Array.from({ length: 5 }, (_, index) =>
         large.map((event) => ({ ...event, stream: 'fugitive-' + index, id: draft('x').id })))
       const asked = [...many, [draft('fugitive-small')]]
       const outcomes = await Promise.allSettled(asked.map((events) => log.append(events[0].stream, events, 'no_stream')))
       say(outcomes.map(({ status }) => status).join())
       await log.append('fugitive-small', [draft('fugitive-small')], 'no_stream')
       say('taken')
       forever()`,
      path,
      limit,
    )
    children.push(child)
    expect(await child.line()).toBe(Array(6).fill('rejected').join())
    expect(await child.line()).toBe('taken')
  })
})

// A superuser may write anywhere, so he needs another user to be refused.
const nobody = 65534
const isRoot = !windows && process.getuid?.() === 0
const canTry =
  !windows && (!isRoot || spawnSync(process.execPath, ['-v'], { uid: nobody, gid: nobody }).status === 0)

describe.skipIf(!canTry)('where nothing may be written', () => {
  const open = (mode = 0o555): Child => {
    chmodSync(folder, mode)
    const child = run(
      `try { await sqliteLog({ path, clock }); say('opened') } catch (error) { say(error.name + ' ' + error.code + ' ' + error.message) }
       try { lock(path); say('owned') } catch (error) { say(error.name + ' ' + error.code + ' ' + error.message) }`,
      path,
      '',
      isRoot ? nobody : undefined,
    )
    children.push(child)
    return child
  }
  afterEach(() => chmodSync(folder, 0o755))
  const refusal = (file: string) =>
    new RegExp(`^LedgerError unavailable .*${file} cannot be written: give this user the right`)

  test('no ledger is begun', async () => {
    const child = open()
    expect(await child.line()).toMatch(refusal('ledger.db'))
    expect(await child.line()).toMatch(refusal('ledger.db.lock'))
  })

  test.each([0o555, 0o777])(
    'no ledger is opened that could only be read, in a folder of mode %o',
    async (mode) => {
      const log = await sqliteLog({ path, clock })
      await log.append('fugitive-a', [draft('fugitive-a')], 'no_stream')
      await log.close()
      chmodSync(path, 0o444)
      expect(await open(mode).line()).toMatch(refusal('ledger.db'))
    },
  )
})
