import { expect, test, vi } from 'vitest'
import { appendingBy } from '../appending.ts'
import { problemOf } from '../../src/http/problem.ts'
import type { LineResult, Summary } from '../../src/ledger/line-result.ts'
import { restoreLines } from '../../src/ledger/restore.ts'
import type { RestoreParts } from '../../src/ledger/restore-line.ts'
import { LedgerError } from '../../src/errors.ts'
import { allKinds } from '../../src/vocabulary/index.ts'
import { generated } from '../bench/generator.ts'
import { type Json, openService, type TestService } from '../service.ts'

// Many lines are restored stream by stream. What becomes of them, and every answer, is as if they were restored a few at a time.

vi.setConfig({ testTimeout: 120_000 })

const now = '2026-01-01T00:00:00.000Z'
const history = [...generated(2800, 7)].map((line) => JSON.stringify(line))
/** All are looked at together; or so few that they are taken in their order. */
const [all, few] = [history.length, 400]

const restored = async (
  service: TestService,
  lines: readonly string[],
  width: number,
  parts: Partial<RestoreParts> = {},
) => {
  service.at(now)
  const results: LineResult[] = []
  const summaries: Summary[] = []
  for (let start = 0; start < lines.length; start += width) {
    const content = async function* () {
      yield Buffer.from(lines.slice(start, start + width).join('\n'))
    }
    const options = { from: 'history.ndjson', zone: 'UTC', recordedBy: 'archivist' }
    for await (const some of restoreLines({ ...service.parts, ...parts }, content(), options))
      for (const one of some)
        if ('done' in one) summaries.push(one)
        else results.push({ ...one, line: one.line + start })
  }
  return results.map(({ problem, ...result }) => ({
    ...result,
    ...(problem && { problem: problemOf(problem) }),
  }))
}

const eventsOf = async (service: TestService): Promise<Json[]> => {
  const events: Json[] = []
  for (let after = 0; ;) {
    const page = (await service.get(`/v1/events?after=${after}&limit=1000`)).body.events as Json[]
    if (page.length === 0) return events
    events.push(...page)
    after = page.at(-1)!.position
  }
}

/** Every list, at several moments as known at several positions. */
const listsOf = async (service: TestService, events: readonly Json[]): Promise<unknown[]> => {
  const lists: unknown[] = []
  for (const share of [0.2, 0.5, 0.8, 1]) {
    const { position, recordedAt } = events[Math.floor((events.length - 1) * share)]!
    for (const { plural } of allKinds)
      for (const asOf of [recordedAt, events.at(-1)!.recordedAt]) {
        const list = await service.get(`/v1/${plural}?status=any&limit=1000&asOf=${asOf}&knownAt=${position}`)
        expect(list.status).toBe(200)
        lists.push(list.body)
      }
  }
  return lists
}

const exportOf = (events: readonly Json[]): string[] =>
  events.map(({ position: _position, restored: _restored, ...event }) => JSON.stringify(event))

test('commands of then, and an export of them, are restored as a few at a time', async () => {
  await using one = await openService()
  await using other = await openService()
  const together = [one, other].map(({ parts }) => vi.spyOn(parts.model, 'together'))
  const results = await restored(one, history, all)
  expect(results).toStrictEqual(await restored(other, history, few))
  expect(together.map(({ mock }) => mock.calls.length)).toStrictEqual([1, 0])
  expect(results.filter(({ result }) => result === 'recorded')).toHaveLength(history.length)
  expect(results.filter(({ flags }) => flags).length).toBeGreaterThan(5)
  const events = await eventsOf(one)
  expect(events).toStrictEqual(await eventsOf(other))
  for (const [index, { id }] of events.slice(1).entries()) expect(id > events[index]!.id).toBe(true)
  const lists = await listsOf(one, events)
  expect(lists).toStrictEqual(await listsOf(other, events))

  await using third = await openService()
  const exported = exportOf(events)
  const again = await restored(third, exported, all)
  expect(again.map(({ eventId, flags }) => [eventId, flags])).toStrictEqual(
    results.map(({ eventId, flags }) => [eventId, flags]),
  )
  expect(exportOf(await eventsOf(third))).toStrictEqual(exported)
  expect(await listsOf(third, await eventsOf(third))).toStrictEqual(lists)

  const repeated = await restored(third, exported, all)
  expect(repeated.map(({ line, result, eventId }) => [line, result, eventId])).toStrictEqual(
    results.map(({ line, eventId }) => [line, 'repeated', eventId]),
  )
})

test('a restore that was broken off goes on, and takes what is new with what is there', async () => {
  await using one = await openService()
  await restored(one, history.slice(0, 700), all)
  const results = await restored(one, history, all)
  expect(results.map(({ result }) => result)).toStrictEqual(
    history.map((_, line) => (line < 700 ? 'repeated' : 'recorded')),
  )
  await using other = await openService()
  await restored(other, history, all)
  const told = ({ id: _id, causedBy: _by, ...event }: Json) =>
    JSON.stringify(event).replaceAll(/0{8}-0000-7000-8000-\d{12}/g, '')
  expect((await eventsOf(one)).map(told)).toStrictEqual((await eventsOf(other)).map(told))
})

/** Lines as texts, after each change was made to some of them, far from one another. */
const changed = (lines: Json[], changes: readonly Change[]): string[] => {
  // From the end on, as a change may put a line in between.
  for (const [index, change] of changes.entries()) change(lines, 2700 - index * 50)
  return lines.map((line) => JSON.stringify(line))
}
type Change = (lines: Json[], at: number) => void

test('what is wrong among many lines is refused, or repeated, as among a few', async () => {
  const wrong: Record<string, Change> = {
    'no command': (lines, at) => (lines[at] = {}),
    'of the past': (lines, at) => (lines[at]!.recordedAt = '2000-01-01T00:00:00Z'),
    'of the future': (lines, at) => (lines[at]!.recordedAt = '2030-01-01T00:00:00Z'),
    'told twice': (lines, at) => lines.splice(at, 0, lines[at - 100]),
    'a key told twice': (lines, at) => {
      Object.assign(lines[at], { key: 'k', note: 'One' })
      lines.splice(at + 1, 0, { ...lines[at]!, note: 'Other' })
    },
    'with NUL': (lines, at) => (lines[at]!.note = 'a\0b'),
    'too long for the log': (lines, at) => (lines[at]!.note = 'x'.repeat(300_000)),
    'about an event that is not there': (lines, at) =>
      lines.splice(at, 0, {
        ...lines[at]!,
        kind: undefined,
        id: undefined,
        command: 'retract',
        data: { eventId: 'incident-inc#no', reason: 'Told' },
      }),
  }
  const lines = changed(
    history.map((line) => JSON.parse(line)),
    Object.values(wrong),
  )
  await using one = await openService()
  await using other = await openService()
  const results = await restored(one, lines, lines.length)
  // The ids of lines that are refused are not given again.
  const told = (some: Awaited<ReturnType<typeof restored>>) =>
    JSON.parse(JSON.stringify(some).replaceAll(/0{8}-0000-7000-8000-\d{12}/g, 'id')) as unknown
  expect(told(results)).toStrictEqual(told(await restored(other, lines, few)))
  const others = results.filter(({ result }) => result !== 'recorded').length
  expect(others).toBeGreaterThanOrEqual(Object.keys(wrong).length)
  expect(others).toBeLessThan(100)
  expect((await eventsOf(one)).length).toBe((await eventsOf(other)).length)
})

let exported: readonly string[] | undefined

const exportedHistory = async (): Promise<Json[]> => {
  if (!exported) {
    await using service = await openService()
    await restored(service, history, all)
    exported = exportOf(await eventsOf(service))
  }
  return exported.map((line) => JSON.parse(line))
}

/** The place of the first line from one on that a test finds. */
const from = (lines: readonly Json[], start: number, isIt: (line: Json) => boolean): number =>
  lines.findIndex((line, place) => place >= start && isIt(line))

test.each<[string, Record<string, Change>]>([
  [
    'alone',
    {
      'an id told twice': (lines, at) => (lines[at].id = lines[at - 100].id),
      'told twice': (lines, at) => lines.splice(at, 0, lines[at - 100]),
      'a key told twice': (lines, at) => {
        const place = from(lines, at, ({ revision }) => revision > 0)
        lines[place]!.key = 'k'
        lines.find(({ stream }) => stream === lines[place]!.stream)!.key = 'k'
      },
      'of the past': (lines, at) => (lines[at]!.recordedAt = '2000-01-01T00:00:00.000Z'),
      'of the future': (lines, at) => (lines[at]!.recordedAt = '2030-01-01T00:00:00.000Z'),
      'of a type that is not known': (lines, at) => (lines[at]!.type = 'SomethingNew'),
      'a command': (lines, at) => lines.splice(at, 0, JSON.parse(history[at]!)),
      'about an event of another stream': (lines, at) => {
        const place = from(lines, at, ({ type }) => type === 'EntryRetracted')
        lines[place]!.data.eventId = lines.find(({ stream }) => stream !== lines[place]!.stream)!.id
      },
      'a correction to what cannot be': (lines, at) => {
        const place = from(lines, at - 200, ({ type }) => type === 'EntryCorrected')
        lines[place]!.data.data = { colour: 'red' }
      },
    },
  ],
  [
    'with what rests on it',
    {
      'after one that is missing': (lines, at) =>
        lines.splice(
          from(lines, at - 600, ({ revision }) => revision === 0),
          1,
        ),
      'a revision too high': (lines, at) => lines[at]!.revision++,
    },
  ],
])(
  'what is wrong among many lines of an export is refused, or repeated, %s as among a few',
  async (_, wrong) => {
    const lines = changed(await exportedHistory(), Object.values(wrong))
    await using one = await openService()
    await using other = await openService()
    const results = await restored(one, lines, lines.length)
    // Why a line is refused that rests on a refused one depends on what else was appended with it.
    const told = (some: Awaited<ReturnType<typeof restored>>) =>
      some.map(({ line, result }) => [line, result])
    expect(told(results)).toStrictEqual(told(await restored(other, lines, few)))
    const others = results.filter(({ result }) => result !== 'recorded').length
    expect(others).toBeGreaterThanOrEqual(Object.keys(wrong).length)
    expect(others).toBeLessThan(100)
    expect((await eventsOf(one)).length).toBe((await eventsOf(other)).length)
  },
)

test('an export of more than was recorded goes on with what is there', async () => {
  const lines = (await exportedHistory()).map((line) => JSON.stringify(line))
  await using one = await openService()
  await restored(one, lines.slice(0, 1000), all)
  expect((await restored(one, lines.slice(1000), all)).every(({ result }) => result === 'recorded')).toBe(
    true,
  )
  await using other = await openService()
  await restored(other, lines, few)
  const events = await eventsOf(one)
  expect(exportOf(events)).toStrictEqual(lines)
  expect(await listsOf(one, events)).toStrictEqual(await listsOf(other, events))
})

test('what the log refuses among many lines stops no other but what rests on it', async () => {
  const lines = history
  for (const width of [all, few]) {
    await using service = await openService()
    const { log } = service.parts
    let count = 0
    const append: typeof log.append = async (...call) => {
      if (++count === 1300) throw new LedgerError('too_large', 'No.')
      return log.append(...call)
    }
    const results = await restored(service, lines, width, { log: appendingBy(log, append) })
    const refused = results.filter(({ result }) => result === 'refused')
    expect(refused[0]).toMatchObject({ line: 1300, problem: { code: 'too_large' } })
    const recorded = results.filter(({ result }) => result === 'recorded')
    const events = await eventsOf(service)
    expect(new Set(recorded.map(({ eventId }) => eventId))).toStrictEqual(new Set(events.map(({ id }) => id)))
    expect(recorded).toHaveLength(events.length)
    expect(events.length).toBeGreaterThan(lines.length - 60)
  }
})
