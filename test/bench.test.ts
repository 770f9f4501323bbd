import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { projectionOf } from '../projections/index.ts'
import { type Entity, entityOf } from '../src/answer/entity.ts'
import { list } from '../src/answer/list.ts'
import { readSettings } from '../src/config.ts'
import { restoreLines } from '../src/ledger/restore.ts'
import { openEvents } from '../src/log/events.ts'
import { open } from '../src/main.ts'
import { domainBody, type Event } from '../src/vocabulary/envelope.ts'
import { allKinds } from '../src/vocabulary/index.ts'
import { fill } from './bench/filled.ts'
import { temporaryFolder } from './bench/folder.ts'
import { generated, type Line } from './bench/generator.ts'
import { openLedger } from './bench/ledgers.ts'
import { plot } from './bench/plot.ts'
import { recorded } from './bench/recorded.ts'
import { comparable, rectanglesOf } from './bench/rectangles.ts'

const count = 20_000
const lines = [...generated(count)]
const day = 86_400_000

/** A share of them all, in percent. */
const share = (of: (line: Line) => boolean, among = lines): number =>
  (100 * among.filter(of).length) / among.length

describe('the generated crisis', () => {
  test('is the same for the same seed, and another for another', () => {
    const first = (seed: number) => JSON.stringify([...generated(500, seed)])
    expect(first(7)).toBe(first(7))
    expect(first(7)).not.toBe(first(8))
  })

  test('tells of all eleven kinds, of about one thing for every ten events', () => {
    const kinds = new Set(lines.flatMap(({ kind }) => kind ?? []))
    expect([...kinds].toSorted()).toStrictEqual(allKinds.map(({ name }) => name).toSorted())
    const things = new Set(lines.flatMap(({ id }) => id ?? []))
    expect(things.size).toBeGreaterThan(count / 12)
    expect(things.size).toBeLessThan(count / 8)
  })

  test('is recorded over three years, never going back', () => {
    const times = lines.map(({ recordedAt }) => recordedAt)
    expect(times).toStrictEqual(times.toSorted())
    const years = (Date.parse(times.at(-1)!) - Date.parse(times[0]!)) / (365 * day)
    expect(years).toBeGreaterThan(2.5)
    expect(years).toBeLessThan(3.5)
  })

  test('has the shares that it promises: late, corrected, retracted, known to the day', () => {
    const domain = lines.filter(({ when }) => when !== undefined)
    expect(share(({ command }) => command === 'correct')).toBeCloseTo(2, 0)
    expect(share(({ command }) => command === 'retract')).toBeCloseTo(1, 0)
    expect(share(({ when }) => /^\d{4}-\d\d-\d\d$/.test(when!), domain) / 66).toBeCloseTo(1, 1)
    expect(share(({ when }) => when!.includes('T'), domain) / 24).toBeCloseTo(1, 1)

    const isLate = ({
      event: { when },
      recordedAt,
    }: {
      event: { when?: { latest: string } }
      recordedAt: string
    }) => when !== undefined && Date.parse(recordedAt) - Date.parse(when.latest) > day
    const late = [...recorded(count)].filter(isLate).length
    expect((100 * late) / domain.length / 10).toBeCloseTo(1, 1)
  })

  test('names a source in everything it tells of the world, as the schema of commands wants it', () => {
    const faults = lines
      .filter(({ kind }) => kind !== undefined)
      .slice(0, 2000)
      .flatMap(({ recordedAt: _at, kind: _kind, id: _id, command: _command, key: _key, ...body }) =>
        domainBody.safeParse(body).success ? [] : [body],
      )
    expect(faults).toStrictEqual([])
  })

  test('leaves few things under way: about a hundred of a kind, whatever ended before', () => {
    const entities = [...Map.groupBy(recorded(30_000), ({ stream }) => stream).values()]
      .map((stored) => entityOf(stored.map(({ event }) => event)))
      .filter(({ kind }) => kind === 'incident')
    const position = 20_000
    const asOf = entities
      .flatMap(({ events }) => events)
      .find((event) => event.position >= position)!.recordedAt
    const page = { after: null, limit: Number.MAX_SAFE_INTEGER }
    const { rows } = list(
      projectionOf('incident'),
      entities,
      { asOf, position: 25_000 },
      { status: 'active', reality: 'actual' },
      page,
    )
    expect(entities.length).toBeGreaterThan(600)
    expect(rows.length).toBeGreaterThan(70)
    expect(rows.length).toBeLessThan(150)
  })
})

describe('a filled log', () => {
  test('holds what the lines say, as a ledger opens it', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'ledger.db')
    fill(path, 3000, 1)
    const table = openEvents(path, 'log')
    const stored = [...table.from(0)]
    table.close()
    expect(stored).toStrictEqual([...recorded(3000)].map(({ event }) => event))

    const ledger = await openLedger(path)
    expect(ledger.head()).toBe(3000)
    await ledger.close()
  })
})

describe('the lines', () => {
  test('give the same events when a ledger restores them', async () => {
    using folder = temporaryFolder()
    const settings = readSettings({ LEDGER_LOG: `sqlite:${join(folder.path, 'ledger.db')}` })
    const { parts, service, close } = await open(settings, pino({ level: 'silent' }))
    const given = async function* () {
      yield Buffer.from(
        lines
          .slice(0, 2000)
          .map((line) => JSON.stringify(line))
          .join('\n'),
      )
    }
    const results = restoreLines(parts, given(), { from: 'crisis.ndjson', zone: 'UTC', recordedBy: 'desk' })
    expect((await Array.fromAsync(results)).flat().at(-1)).toMatchObject({ recorded: 2000, refused: 0 })
    const restored = [...service.table.from(0)]
    await close()
    expect(restored.map(told)).toStrictEqual(
      [...recorded(count)].slice(0, 2000).map(({ event }) => told(event)),
    )
  })
})

describe('the rectangles that are given to another database', () => {
  const entities: Entity[] = [...Map.groupBy(recorded(3000), ({ stream }) => stream).values()].map((stored) =>
    entityOf(stored.map(({ event }) => event)),
  )
  const rectangles = entities.flatMap(rectanglesOf)

  test('say at any coordinate what the definition says, and at most once of each thing', () => {
    const events = entities.flatMap((entity) => entity.events)
    for (const { position: seen, recordedAt: asOf } of events.filter((_, index) => index % 97 === 0))
      for (const position of [seen, Math.floor((seen + 3000) / 2)])
        for (const { name: kind } of allKinds) {
          const { rows } = list(
            projectionOf(kind),
            entities.filter((entity) => entity.kind === kind),
            { asOf, position },
            { status: 'active', reality: 'actual' },
            { after: null, limit: 1000 },
          )
          const found = rectangles.filter(
            (one) =>
              one.kind === kind &&
              one.validFrom <= asOf &&
              (one.validTo === null || one.validTo > asOf) &&
              one.fromPosition <= position &&
              (one.toPosition === null || one.toPosition > position),
          )
          expect(found.map(({ row }) => JSON.parse(row) as object).toSorted(byId)).toStrictEqual(
            rows.map(comparable),
          )
        }
  })
})

describe('a plot', () => {
  const axis = { label: 'a < b', scale: 'log' } as const
  const svg = plot([
    {
      title: 'Growth',
      x: axis,
      y: axis,
      lines: [
        {
          name: 'flat',
          points: [
            [1000, 2],
            [10_000, 2],
          ],
        },
      ],
    },
  ])

  test('draws what is equal at one height, and escapes what it names', () => {
    const [, from, to] = /<path d="M70 ([\d.]+)L640 ([\d.]+)" fill="none"/.exec(svg)!
    expect(from).toBe(to)
    expect(svg).toContain('a &lt; b')
  })
})

test('every section is told of in the README of the measurements', () => {
  const folder = join(import.meta.dirname, 'bench')
  const { stdout } = spawnSync(process.execPath, [join(folder, 'bench.ts'), '--help'], { encoding: 'utf8' })
  const names = /\[(.*?)\]/.exec(stdout)![1]!.split(' | ')
  const text = readFileSync(join(folder, 'README.md'), 'utf8')
  expect(names).toContain('soak')
  expect(names.filter((name) => !text.includes(`npm run bench -- ${name}`))).toStrictEqual([])
})

function byId(a: object, b: object): number {
  const [one, other] = [a as { id: string }, b as { id: string }]
  return one.id < other.id ? -1 : 1
}

/** An event without its ids, and without how it came there. */
function told({ id: _id, key: _key, restored: _restored, data, ...event }: Event): object {
  const { eventId: _eventId, ...rest } = data
  return { ...event, data: rest }
}
