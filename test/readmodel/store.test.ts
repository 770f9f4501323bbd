import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Opened } from '../../src/main.ts'
import { openEvents } from '../../src/log/events.ts'
import { examination } from '../../src/readmodel/examination.ts'
import { fingerprint } from '../../src/readmodel/fingerprint.ts'
import { stateFileOf } from '../../src/readmodel/files.ts'
import { step } from '../../src/readmodel/state-file.ts'
import { filesBeside, openCore, reachOf, readCore } from '../../src/readmodel/store.ts'
import { createRandom } from '../bench/random.ts'
import { recorded } from '../given.ts'
import {
  answersOf,
  changeStates,
  copied,
  fileIn,
  fill,
  fillLog,
  folder,
  get,
  newFolder,
  openAt,
  openIn,
} from './filled.ts'
import { eventsOf } from './history.ts'

/** `RUNS=20` damages twenty times as often, and the seed can be given. */
const times = Number(process.env['RUNS'] ?? 1)
const seed = Number(process.env['DAMAGE_SEED'] ?? 20240109)
const head = 400

/** A ledger as it was closed, and what it answers. */
const path = newFolder()
let answers: readonly string[]

beforeAll(async () => {
  const opened = await openAt(path)
  await fill(opened, head)
  answers = await answersOf(opened, head)
  await opened.close()
})

afterAll(() => rmSync(path, { recursive: true }))

/** What the comparison with the definition finds in a folder, the file being as it is. */
const findingsIn = (at: string): string[] => {
  const events = openEvents(join(at, 'ledger.db'), 'log', 'read')
  try {
    const core = readCore(fileIn(at), events, fingerprint())
    const found = [...examination(core, events, 'all', Math.random)].flatMap((examined) => examined.found)
    void core.close()
    return found.map(({ about, finding }) => `${about}: ${finding}`)
  } catch (error) {
    return [(error as Error).message]
  } finally {
    events.close()
  }
}

const projectionsOf = async (opened: Opened) =>
  JSON.parse((await get(opened, '/v1/projections')).text) as {
    position: number
    status: string
    lastError: string | null
  }

const live = async (opened: Opened) => {
  for (;;) {
    const now = await projectionsOf(opened)
    if (now.status === 'live') return now
    await pause(20)
  }
}

/** What is recorded about everything there is: each old version is looked up again. */
const recordAbout = async (opened: Opened): Promise<number[]> => {
  const { text } = await get(opened, '/v1/events?limit=60')
  const { events } = JSON.parse(text) as { events: { id: string; stream: string; type: string }[] }
  // A meta event can only be retracted.
  const told = events.filter(({ type }) => !type.startsWith('Entry'))
  const one = new Map(told.map(({ id, stream }) => [stream, id]))
  const recorded: number[] = []
  for (const id of one.values()) {
    const response = await opened.app.request(`/v1/events/${id}/dispute`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ source: { publisher: 'Post', medium: 'press' }, data: { reason: 'r' } }),
    })
    recorded.push(response.status)
  }
  return recorded
}

test('nothing is found in one that was closed', () => {
  expect(findingsIn(copied(path))).toStrictEqual([])
})

describe('a read model is made anew from the log', () => {
  test('that is lost', async () => {
    const at = copied(path)
    rmSync(fileIn(at))
    const opened = await openIn(at)
    expect(await answersOf(opened, head)).toStrictEqual(answers)
    await opened.close()
    expect(findingsIn(at)).toStrictEqual([])
  })

  test('that is no database', async () => {
    const at = copied(path)
    const file = openSync(fileIn(at), 'w')
    writeSync(file, 'not at all')
    closeSync(file)
    expect(await answersOf(await openIn(at), head)).toStrictEqual(answers)
  })

  test('that is cut off anywhere', async () => {
    const random = createRandom(seed)
    for (let cut = 0; cut < 4 * times; cut++) {
      const at = copied(path)
      const length = random.below(statSync(fileIn(at)).size)
      truncateSync(fileIn(at), length)
      const opened = await openIn(at)
      expect(await answersOf(opened, head), `cut at ${length}`).toStrictEqual(answers)
      await opened.close()
      expect(findingsIn(at), `cut at ${length}`).toStrictEqual([])
    }
  })

  test.each(['event.position', 'rectangle.closedBy', 'content.said', 'crises'])(
    'whose column %s has lost its end, or is not as it was written',
    async (name) => {
      for (const sql of [
        'DELETE FROM pieces WHERE name = ?',
        "UPDATE pieces SET data = data || x'00' WHERE name = ?",
      ]) {
        const at = copied(path)
        const database = new DatabaseSync(fileIn(at))
        expect(database.prepare(sql).run(name).changes).toBeGreaterThan(0)
        database.close()
        expect(findingsIn(at).join()).toMatch(`the read model is damaged at ${name}`)
        expect(await answersOf(await openIn(at), head)).toStrictEqual(answers)
      }
    },
  )

  test.each([
    'position = position - 1',
    "eventId = 'other'",
    `unknownTypes = '{"A":1}'`,
    "fingerprint = 'other'",
  ])('whose checkpoint was changed: %s', async (change) => {
    const at = copied(path)
    const database = new DatabaseSync(fileIn(at))
    database.exec(`UPDATE checkpoint SET ${change}`)
    database.close()
    expect(findingsIn(at).join()).toMatch('the read model is damaged at its checkpoint')
    expect(await answersOf(await openIn(at), head)).toStrictEqual(answers)
  })

  test.each<[string, (file: string) => void]>([
    ['is lost', (file) => rmSync(file)],
    ['has lost its end', (file) => truncateSync(file, statSync(file).size - step)],
  ])('whose file of states %s', async (_, lose) => {
    const at = copied(path)
    lose(stateFileOf(fileIn(at)))
    expect(findingsIn(at).join()).toMatch('the read model is damaged at its states')
    const opened = await openIn(at)
    expect(await answersOf(opened, head)).toStrictEqual(answers)
    await opened.close()
    expect(findingsIn(at)).toStrictEqual([])
  })

  test('that is of another fingerprint', () => {
    const at = copied(path)
    const events = openEvents(join(at, 'ledger.db'), 'log', 'read')
    expect(() => readCore(fileIn(at), events, 'other')).toThrow('was made otherwise')
    const core = openCore(fileIn(at), events, 'other')
    expect(core.position()).toBe(0)
    void core.close()
    events.close()
  })

  test('that is ahead of a log restored from an older copy, or of another one', async () => {
    const older = folder()
    const first = await openIn(older)
    await fill(first, 100)
    const of100 = await answersOf(first, 100)
    await first.close()
    const other = folder()
    const second = await openIn(other)
    await fill(second, head, 2)
    const ofOther = await answersOf(second, head)
    await second.close()

    for (const [log, expected, known] of [
      [older, of100, 100],
      [other, ofOther, head],
    ] as const) {
      const at = copied(path)
      copyFileSync(join(log, 'ledger.db'), join(at, 'ledger.db'))
      expect(findingsIn(at).join()).toMatch('is ahead of its log, or of another')
      const opened = await openIn(at)
      expect(await projectionsOf(opened)).toMatchObject({ position: known, status: 'live', lastError: null })
      expect(await answersOf(opened, known)).toStrictEqual(expected)
    }
  })
})

describe('states that a file has lost', () => {
  const third = (_: Buffer, place: number) => place % 3 === 0
  test.each<[string, (file: string) => void]>([
    [
      'are others',
      (file) => changeStates(file, (text, place) => third(text, place) && text.write('{"stqtus":')),
    ],
    ['are no texts', (file) => changeStates(file, (text, place) => third(text, place) && text.fill(0xff))],
    [
      'stand elsewhere',
      (file) => {
        const bytes = readFileSync(stateFileOf(file))
        writeFileSync(stateFileOf(file), Buffer.concat([bytes.subarray(0, step), bytes]))
      },
    ],
  ])('and %s are made again from the events', async (_, lose) => {
    const at = copied(path)
    lose(fileIn(at))
    expect(findingsIn(at).join()).toMatch(/\d+ states cannot be read/)

    const opened = await openIn(at)
    expect(await answersOf(opened, head)).toStrictEqual(answers)
    expect((await projectionsOf(opened)).lastError).toMatch(/states .* crisis-ledger rebuild mends that/)
    expect(new Set(await recordAbout(opened))).toStrictEqual(new Set([201]))
    expect(await answersOf(opened, head)).toStrictEqual(answers)
    await opened.app.request('/v1/projections/rebuild', { method: 'POST' })
    expect((await live(opened)).lastError).toBeNull()
    expect(await answersOf(opened, head)).toStrictEqual(answers)
    await opened.close()
    expect(findingsIn(at)).toStrictEqual([])
  })
})

test('bytes that are overwritten anywhere stop nothing, and what is wrong because of them is found', async () => {
  const random = createRandom(seed)
  for (let count = 0; count < 6 * times; count++) {
    const at = copied(path)
    const damaged = count % 3 === 0 ? stateFileOf(fileIn(at)) : fileIn(at)
    const file = openSync(damaged, 'r+')
    const length = random.pick([1, 16, 300, 9000])
    const place = random.below(statSync(damaged).size - length)
    writeSync(
      file,
      Uint8Array.from({ length }, () => random.below(256)),
      0,
      length,
      place,
    )
    closeSync(file)
    const where = `${length} bytes at ${place} of ${basename(damaged)}`
    const findings = findingsIn(copied(at))

    const opened = await openIn(at)
    const told = await answersOf(opened, head)
    if (findings.length === 0) expect(told, `DAMAGE_SEED=${seed}, ${where}`).toStrictEqual(answers)
    expect(
      told.filter((one) => !/^\S+ 200 /.test(one)),
      `DAMAGE_SEED=${seed}, ${where}`,
    ).toStrictEqual([])
    expect(new Set(await recordAbout(opened)), `DAMAGE_SEED=${seed}, ${where}`).toStrictEqual(new Set([201]))
    await opened.app.request('/v1/projections/rebuild', { method: 'POST' })
    expect(await live(opened), `DAMAGE_SEED=${seed}, ${where}`).toMatchObject({ lastError: null })
    expect(await answersOf(opened, head), `DAMAGE_SEED=${seed}, ${where}`).toStrictEqual(answers)
    await opened.close()
    expect(findingsIn(at), `DAMAGE_SEED=${seed}, ${where}`).toStrictEqual([])
  }
}, 300_000)

describe('a folder that stands where a file of the read model belongs', () => {
  const inTheWay = (path: string) => `${path} is a folder where a file belongs: move it away, then try again.`

  test.each<[string, (file: string) => string]>([
    ['its database', (file) => file],
    ['its states', (file) => stateFileOf(file)],
  ])('%s, is told by the start', async (_, of) => {
    const at = copied(path)
    const place = of(fileIn(at))
    rmSync(place)
    mkdirSync(place)
    await expect(openAt(at)).rejects.toThrow(inTheWay(place))
    rmdirSync(place)
    expect(await answersOf(await openIn(at), head)).toStrictEqual(answers)
  })

  test('is told while its file cannot follow, and it follows once the folder is gone', async () => {
    const at = folder()
    const place = join(at, 'ledger.readmodel-1.states')
    mkdirSync(place)
    const opened = await openIn(at)
    await fill(opened, 20)
    await expect(opened.service.model.core().save()).rejects.toThrow(inTheWay(place))
    expect((await projectionsOf(opened)).lastError).toContain(inTheWay(place))
    rmdirSync(place)
    await opened.close()
    expect(findingsIn(at)).toStrictEqual([])
  })
})

test('ledgers beside each other whose names differ by .db alone have each its own read model', async () => {
  const at = folder()
  const [one, other] = [join(at, 'a'), join(at, 'a.db')]
  const told: string[][] = []
  for (const [index, log] of [one, other].entries()) {
    const opened = await openAt(at, log)
    await fill(opened, 40, index)
    told.push(await answersOf(opened, 40))
    await opened.close()
  }
  const events = [one, other].map((log) => openEvents(log, 'log', 'read'))
  for (const [index, log] of [one, other].entries())
    expect(reachOf(filesBeside(log)[0], events[index]!, fingerprint())).toBe(40)
  for (const table of events) table.close()
  for (const [index, log] of [one, other].entries()) {
    const opened = await openAt(at, log)
    expect(await answersOf(opened, 40)).toStrictEqual(told[index])
    await opened.close()
  }
  expect(filesBeside('a.db')).toStrictEqual(['a.readmodel-1.db', 'a.readmodel-2.db'])
})

test('a ledger with much to take says so, answers what needs nothing of that, and gets ready by itself', async () => {
  const at = folder()
  fillLog(at, 9000)
  const opened = await openIn(at)
  const question = '/v1/incidents?status=any&limit=1'
  expect(await projectionsOf(opened)).toMatchObject({ status: 'rebuilding', head: 9000, lastError: null })
  for (const path of ['/healthz', '/v1/events?limit=1', '/v1/incidents/i-1/events', '/v1/projections'])
    expect([path, (await get(opened, path)).status]).toStrictEqual([path, 200])
  for (const path of [question, '/v1/picture', '/v1/incidents/i-1', '/v1/stream', '/readyz']) {
    const response = await opened.app.request(path)
    expect([path, response.status, response.headers.get('retry-after')]).toStrictEqual([path, 503, '1'])
    expect(((await response.json()) as { detail: string }).detail).toMatch(/position \d+ of 9000/)
  }
  for (const path of ['/v1/projections/rebuild', '/v1/incidents/i-1/report-figure', '/v1/import']) {
    const response = await opened.app.request(path, { method: 'POST' })
    expect([path, response.status, response.headers.get('retry-after')]).toStrictEqual([path, 503, '1'])
  }
  expect(await live(opened)).toMatchObject({ position: 9000 })
  expect((await get(opened, '/readyz')).text).toBe('{"status":"ready","position":9000,"lagMs":0}')
  expect((await get(opened, question)).status).toBe(200)
})

test('what was left half made by a fault is not kept: it is made again', async () => {
  const at = join(folder(), 'ledger.db')
  const events = recorded('emergency', [
    ['declare', '2024-01-08', { type: 'curfew' }],
    ['amend', '2024-01-09', {}],
    ['lift', '2024-01-10', {}],
  ])
  const log = eventsOf(events)
  const faulty = {
    ...events[1]!,
    get data(): Record<string, unknown> {
      throw new Error('Out of memory')
    },
  }
  const first = openCore(at, log, fingerprint())
  first.take(events.slice(0, 1))
  expect(() => first.take([faulty])).toThrow('Out of memory')
  await expect(first.save()).rejects.toThrow('Out of memory')
  await first.close()

  const again = openCore(at, log, fingerprint())
  expect(again.position()).toBe(0)
  again.take(events)
  await again.close()
  expect(again.entity('emergency-a-1')?.events).toHaveLength(3)
})
