import { createReadStream, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { questions } from '../projections/index.ts'
import type { Account } from '../src/answer/account.ts'
import type { List } from '../src/answer/list.ts'
import { readSettings } from '../src/config.ts'
import type { LineResult, Summary } from '../src/ledger/line-result.ts'
import { restoreLines } from '../src/ledger/restore.ts'
import { open, type Opened } from '../src/main.ts'
import { allKinds, kindNamed } from '../src/vocabulary/index.ts'
import { testSettings } from './engine.ts'

const folder = join(import.meta.dirname, '../src/example')
const file = join(folder, 'ecuador-peru-2024.ndjson')
const texts = readFileSync(file, 'utf8').trimEnd().split('\n')
type Line = { kind?: string; id?: string; key: string; data: { eventId?: string } }
const lines = texts.map((text) => JSON.parse(text) as Line)

type Covering = readonly { event: string; pointer?: string }[]
const coverage = JSON.parse(readFileSync(join(folder, 'coverage.json'), 'utf8')) as Record<string, Covering>

const numbered = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => prefix + (index + 1))

/** Every fact of the report and every claim of the other pages, by its number. */
const told = [
  ...numbered('fact ', 41),
  ...numbered('F', 12),
  ...numbered('P', 9),
  ...numbered('R', 4),
  ...numbered('H', 6),
  ...numbered('E', 18),
  ...numbered('U', 10),
]

const zone = 'America/Guayaquil'

/** A ledger with the example in it, or the beginning of it, whose ids are in the order of its lines. */
type Example = Opened & { results: LineResult[]; summary: Summary; get: <T>(path: string) => Promise<T> }

const made: (() => Promise<void>)[] = []

const restored = async (content: Readable): Promise<Example> => {
  const own = mkdtempSync(join(tmpdir(), 'crisis-ledger-example-'))
  const { env, close } = await testSettings(own)
  const ledger = await open(readSettings({ ...env, LEDGER_ZONE: zone }), pino({ level: 'silent' }))
  made.push(async () => {
    await ledger.close()
    await close()
    rmSync(own, { recursive: true, force: true })
  })
  let count = 0
  const newId = () => `00000000-0000-7000-8000-${String(++count).padStart(12, '0')}`
  const options = { from: 'example', zone, recordedBy: 'desk' }
  const results: (LineResult | Summary)[] = []
  for await (const some of restoreLines({ ...ledger.parts, newId }, content, options)) results.push(...some)
  return {
    ...ledger,
    results: results.slice(0, -1) as LineResult[],
    summary: results.at(-1) as Summary,
    get: async <T>(path: string) => (await (await ledger.app.request(path)).json()) as T,
  }
}

let ledger: Example
beforeAll(async () => {
  ledger = await restored(createReadStream(file))
})
afterAll(async () => {
  for (const dispose of made) await dispose()
})

const rowsOf = async (question: string, query: string): Promise<Record<string, string>> => {
  const { rows } = await ledger.get<List>(`/v1/${question}?${query}`)
  return Object.fromEntries(rows.map(({ id, certainty }) => [id, certainty]))
}

test('the example is restored without a line refused', () => {
  expect(ledger.results.filter(({ result }) => result !== 'recorded')).toStrictEqual([])
  expect(ledger.summary).toMatchObject({
    lines: lines.length,
    recorded: lines.length,
    repeated: 0,
    refused: 0,
  })
})

describe('the coverage', () => {
  const at = (value: unknown, pointer: string): unknown =>
    pointer
      .split('/')
      .slice(1)
      .reduce((inner, part) => (inner as Record<string, unknown> | undefined)?.[part], value)

  const isEmpty = (value: unknown): boolean =>
    value === undefined ||
    value === null ||
    (typeof value === 'object' ? Object.keys(value).length === 0 : value === '')

  /** A line by the name of its event: an entity's by its stream, one about an event by that event's. */
  const lineOf = (name: string) =>
    lines.find(
      ({ kind, id, key, data }) =>
        `${kind ? `${kind}-${id}` : data.eventId!.slice(0, data.eventId!.indexOf('#'))}#${key}` === name,
    )

  test('names every fact and every claim, and nothing else', () => {
    expect(Object.keys(coverage).toSorted()).toStrictEqual(told.toSorted())
  })

  test.each(told)('finds %s in an event, in a field that says something', (name) => {
    const covering = coverage[name] ?? []
    expect(covering.length).toBeGreaterThan(0)
    for (const { event, pointer = '' } of covering) {
      const isThere = ledger.parts.view.event(event) !== undefined
      expect([event, isThere, pointer, isEmpty(at(lineOf(event), pointer))]).toStrictEqual([
        event,
        true,
        pointer,
        false,
      ])
    }
  })
})

describe('as told then and as known today', () => {
  test("Peru's emergency is announced on 9 January, and in force on the 10th for whoever knows it today", async () => {
    const then = 'asOf=2024-01-09&knownAt=2024-01-09'
    expect(await rowsOf('emergencies', `${then}&status=announced`)).toStrictEqual({
      'pe-north-2024': 'certain',
    })
    expect(Object.keys(await rowsOf('projections/active-emergencies', then))).toStrictEqual([
      'ec-110-2024',
      'ec-conflict-2024',
    ])
    expect(await rowsOf('projections/active-emergencies', 'asOf=2024-01-10')).toStrictEqual({
      'ec-110-2024': 'certain',
      'ec-conflict-2024': 'certain',
      'pe-north-2024': 'certain',
    })
  })

  test("Ecuador's emergency holds on 7 March, its end uncertain by a day while only the declaration is known", async () => {
    const known = 'knownAt=2024-01-08'
    expect(await rowsOf('projections/active-emergencies', `asOf=2024-03-07&${known}`)).toStrictEqual({
      'ec-110-2024': 'certain',
    })
    expect(await rowsOf('projections/active-emergencies', `asOf=2024-03-08&${known}`)).toStrictEqual({
      'ec-110-2024': 'possible',
    })
    expect(await rowsOf('projections/active-emergencies', `asOf=2024-03-09&${known}`)).toStrictEqual({})
    const { state } = await ledger.get<Account>(`/v1/emergencies/ec-110-2024?asOf=2024-01-08&${known}`)
    expect(state?.['end']).toStrictEqual({
      earliest: '2024-03-08T05:00:00.000Z',
      latest: '2024-03-09T05:00:00.000Z',
    })
    const today = await ledger.get<Account>('/v1/emergencies/ec-110-2024?asOf=2024-03-07')
    expect([today.state?.status, today.certainty]).toStrictEqual(['in_force', 'certain'])
  })

  test.each(['2024-01-09', '2026-01-01'])(
    'Diroes is ordered and not on site on 9 January, known at %s',
    async (day) => {
      const query = `asOf=2024-01-09&knownAt=${day}`
      expect(await rowsOf('deployments', `${query}&status=ordered`)).toStrictEqual({
        'pe-diroes-2024-01': 'certain',
      })
      expect(await rowsOf('deployments', `${query}&status=on_site`)).toStrictEqual({})
      expect(await rowsOf('projections/deployed-units', query)).toStrictEqual({})
    },
  )

  test('Fito is reported escaped on 8 January as known then, and nobody says at large', async () => {
    const fito = await ledger.get<Account>('/v1/fugitives/fito-2024?asOf=2024-01-08&knownAt=2024-01-08')
    expect([fito.state?.status, fito.certainty, fito.otherwise]).toStrictEqual([
      'reported_escaped',
      'certain',
      [],
    ])
  })

  test('Fito may have been at large on 6 January, as known today, and was recaptured by the end of June 2025', async () => {
    const night = `asOf=${encodeURIComponent('2024-01-06T22:00-05:00')}`
    const possible = await ledger.get<List>(`/v1/projections/escaped-fugitives?${night}`)
    const fito = possible.rows.find(({ id }) => id === 'fito-2024')!
    expect(fito.certainty).toBe('possible')
    expect([fito.state, ...fito.otherwise].map((state) => state?.status ?? null)).toContain('at_large')
    expect(await rowsOf('fugitives', 'asOf=2025-06-24&status=at_large')).toMatchObject({
      'fito-2024': 'certain',
    })
    expect(await rowsOf('fugitives', 'asOf=2025-06-30&status=recaptured')).toMatchObject({
      'fito-2024': 'certain',
    })
  })

  test('nothing recorded on 9 January or later shows in any answer as known on the 8th', async () => {
    const known = ledger.service.table.positionAt('2024-01-09T04:59:59.999Z')
    const count = ledger.results.filter(({ position }) => position! <= known).length
    expect(count).toBeGreaterThan(0)
    expect(count).toBeLessThan(lines.length)
    const then = await restored(Readable.from([Buffer.from(`${texts.slice(0, count).join('\n')}\n`)]))

    const asOfs = [
      '2013-06-01',
      '2023-12-01',
      '2024-01-07',
      '2024-01-08',
      '2024-01-09',
      '2024-03-08',
      '2025-12-01',
    ]
    const streams = new Set(
      lines.flatMap(({ kind, id }) => (kind ? [`${kindNamed(kind)!.plural}/${id}`] : [])),
    )
    const paths = [
      'picture',
      ...[...questions.keys()].map((name) => `projections/${name}`),
      ...allKinds.flatMap(({ plural }) => [plural, `${plural}?status=any`]),
      ...streams,
    ]
    const at = asOfs.flatMap((asOf) =>
      paths.map((path) => `${path}${path.includes('?') ? '&' : '?'}asOf=${asOf}`),
    )
    const histories = [...streams].flatMap((stream) => [
      `${stream}/history?limit=1000`,
      ...asOfs.map((asOf) => `${stream}/history?axis=known&limit=1000&asOf=${asOf}`),
    ])
    const answers = [...at, ...histories].map((path) => `/v1/${path}&knownAt=2024-01-08`)
    const replays = asOfs.map((asOf) => `/v1/replay?axis=known&asOf=${asOf}&to=2024-01-08`)
    for (const path of [...answers, ...replays]) {
      const [some, all] = await Promise.all(
        [then, ledger].map(async ({ app }) => (await app.request(path)).text()),
      )
      // A history along valid time has no asOf: it repeats the present.
      const present = /"asOf":"[^"]*",/
      const steady = (text: string) => (path.includes('asOf=') ? text : text.replace(present, ''))
      expect([path, steady(some!)]).toStrictEqual([path, steady(all!)])
    }
  })
})
