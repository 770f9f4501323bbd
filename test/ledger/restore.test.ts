import canonicalize from 'canonicalize'
import { describe, expect, test } from 'vitest'
import { problemOf } from '../../src/http/problem.ts'
import type { LineResult, Summary } from '../../src/ledger/line-result.ts'
import { restoreLines } from '../../src/ledger/restore.ts'
import { type Json, openService, source, type TestService } from '../service.ts'

const now = '2024-06-01T00:00:00.000Z'
const data = { type: 'curfew' }

type Line = Record<string, unknown>
const declare = (id: string, more: Line = {}): Line => ({
  kind: 'emergency',
  id,
  command: 'declare',
  source,
  data,
  recordedAt: '2024-01-09T10:00:00Z',
  ...more,
})

const restored = async (service: TestService, lines: readonly Line[], zone = 'UTC') => {
  service.at(now)
  const file = lines.map((line) => JSON.stringify(line)).join('\n')
  const results: (LineResult | Summary)[] = []
  const options = { from: 'history.ndjson', zone, recordedBy: 'archivist' }
  const content = async function* () {
    yield new TextEncoder().encode(file)
  }
  for await (const some of restoreLines(service.parts, content(), options)) results.push(...some)
  return results
}

const told = (results: readonly (LineResult | Summary)[]) =>
  results.slice(0, -1).map((result) => {
    const { line, result: what, problem } = result as LineResult
    return problem
      ? [line, what, problemOf(problem).code, problem.members.errors?.[0]?.pointer]
      : [line, what]
  })

const eventsOf = async (service: TestService): Promise<Json[]> =>
  (await service.get('/v1/events')).body.events

describe('a history with known record times', () => {
  test('is recorded as it would have been then', async () => {
    await using service = await openService()
    const results = await restored(service, [
      declare('e-1', { key: 'k-1' }),
      declare('e-2', { recordedAt: '2024-01-09', zone: 'America/Guayaquil' }),
      {
        command: 'dispute',
        source,
        recordedAt: '2024-02',
        data: { eventId: 'emergency-e-1#k-1', reason: 'Told', when: '2024', zone: 'UTC' },
      },
    ])
    expect(results.at(-1)).toStrictEqual({
      done: true,
      lines: 3,
      recorded: 3,
      repeated: 0,
      refused: 0,
      position: 3,
    })
    const [first, second, third] = await eventsOf(service)
    expect(first).toMatchObject({
      recordedAt: '2024-01-09T10:00:00.000Z',
      recordedBy: 'archivist',
      key: 'k-1',
      restored: { at: now, from: 'history.ndjson' },
      when: { text: null, earliest: '2024-01-09T10:00:00.000Z', latest: '2024-01-09T10:00:00.000Z' },
    })
    expect(second.recordedAt).toBe('2024-01-10T04:59:59.999Z')
    expect(third.recordedAt).toBe('2024-02-29T23:59:59.999Z')
    // A window that was not over then ends at the present of then.
    expect(third.data.when.latest).toBe('2024-02-29T23:59:59.999Z')
  })

  test('goes on where it was broken off: what is there is repeated', async () => {
    await using service = await openService()
    const lines = [declare('e-1'), declare('e-2', { recordedAt: '2024-01-10T10:00:00Z' })]
    await restored(service, lines.slice(0, 1))
    expect(told(await restored(service, lines))).toStrictEqual([
      [1, 'repeated'],
      [2, 'recorded'],
    ])
    expect(told(await restored(service, lines))).toStrictEqual([
      [1, 'repeated'],
      [2, 'repeated'],
    ])
    expect(await eventsOf(service)).toHaveLength(2)
  })

  test('refuses a line without its time, out of its order, or of the future, and takes the others', async () => {
    await using service = await openService()
    expect(
      told(
        await restored(service, [
          declare('e-1', { recordedAt: undefined }),
          declare('e-2', { recordedAt: '2024-03-01T00:00:00Z' }),
          declare('e-3', { recordedAt: '2024-02-01T00:00:00Z' }),
          declare('e-4', { recordedAt: '2024-06-01T00:00:00.001Z' }),
          declare('e-5', { recordedAt: 'yesterday' }),
          declare('e-6', { recordedAt: 7 }),
          declare('e-2', { key: 'k', recordedAt: '2024-03-02T00:00:00Z', colour: 'red' }),
          declare('e-7', { recordedAt: '2024-03-02T00:00:00Z' }),
        ]),
      ),
    ).toStrictEqual([
      [1, 'refused', 'invalid', '/recordedAt'],
      [2, 'recorded'],
      [3, 'refused', 'invalid', '/recordedAt'],
      [4, 'refused', 'invalid', '/recordedAt'],
      [5, 'refused', 'invalid', '/recordedAt'],
      [6, 'refused', 'invalid', '/recordedAt'],
      [7, 'refused', 'invalid', '/colour'],
      [8, 'recorded'],
    ])
  })

  test('refuses a key that is there with another body', async () => {
    await using service = await openService()
    await restored(service, [declare('e-1', { key: 'k-1' })])
    expect(told(await restored(service, [declare('e-1', { key: 'k-1', note: 'Other' })]))).toStrictEqual([
      [1, 'refused', 'idempotency_mismatch', undefined],
    ])
  })

  test('is no import: what the lifecycle does not allow is recorded and flagged', async () => {
    await using service = await openService()
    const results = await restored(service, [declare('e-1', { command: 'lift', data: {} })])
    expect(results[0]).toMatchObject({
      result: 'recorded',
      flags: [{ type: 'EmergencyLifted', status: null }],
    })
  })

  test('survives lines that are nothing of the kind', async () => {
    await using service = await openService()
    const lines = [
      {},
      { command: 7, recordedAt: '2024' },
      { command: 'declare', recordedAt: '2024' },
      { command: 'retract', recordedAt: '2024', data: null },
      { command: 'retract', recordedAt: '2024', data: { eventId: 7 } },
      { command: 'retract', recordedAt: '2024-01-09', data: { eventId: 'emergency-e-9#no', reason: 'Told' } },
      { command: '__proto__', recordedAt: null, kind: {}, id: [] },
      { id: 'x', type: 'EmergencyDeclared' },
    ]
    const results = await restored(service, lines)
    expect(results.at(-1)).toMatchObject({ lines: lines.length, refused: lines.length })
    for (const result of results.slice(0, -1)) expect((result as LineResult).problem?.code).toBe('invalid')
  })
})

describe('an export', () => {
  const exported = async (service: TestService): Promise<Line[]> =>
    (await eventsOf(service)).map(({ position: _position, ...event }) => event)

  test('is put back as it was, all but where and how it came', async () => {
    await using one = await openService()
    await one.record(
      '/v1/emergencies/e-1/declare',
      { when: '2024', zone: 'UTC', data },
      { 'idempotency-key': 'k' },
    )
    const { events } = (await one.get('/v1/events')).body
    await one.record(`/v1/events/${events[0].id}/dispute`, {
      data: { reason: 'Told', when: '2024-01', zone: 'UTC' },
    })
    await one.record('/v1/emergencies/e-1/lift', { acceptAnomaly: 'Told' })
    const lines = await exported(one)

    await using other = await openService()
    expect(told(await restored(other, lines))).toStrictEqual([
      [1, 'recorded'],
      [2, 'recorded'],
      [3, 'recorded'],
    ])
    const copies = await eventsOf(other)
    expect(copies.map(({ restored: how, ...event }) => [event, how])).toStrictEqual(
      (await eventsOf(one)).map((event) => [event, { at: now, from: 'history.ndjson' }]),
    )
    expect((await other.get('/v1/emergencies/e-1?asOf=2024-01-20')).body).toStrictEqual(
      (await one.get('/v1/emergencies/e-1?asOf=2024-01-20')).body,
    )
    expect(told(await restored(other, lines))).toStrictEqual([
      [1, 'repeated'],
      [2, 'repeated'],
      [3, 'repeated'],
    ])
  })

  test('refuses what differs from what is there, and what is no event', async () => {
    await using one = await openService()
    await one.record('/v1/emergencies/e-1/declare', { data }, { 'idempotency-key': 'k' })
    const [event] = (await exported(one)) as [Line]
    await using other = await openService()
    await restored(other, [event])
    const id = '00000000-0000-7000-8000-000000000099'
    expect(
      told(
        await restored(other, [
          { ...event, note: 'Other' },
          { ...event, id, note: 'Same key' },
          { ...event, id, key: 'k-2', revision: 7 },
          { ...event, id, key: 'k-2', revision: 1, data: { type: 'flood' } },
          { ...event, id, key: 'k-2', revision: 1, stream: 'order-o-1' },
          { ...event, id: 'x', revision: 1, key: 'k-2' },
          { ...event, id, key: 'k-2', revision: 1, position: 2 },
          { ...event, id, key: 'k-2', revision: 1 },
        ]),
      ),
    ).toStrictEqual([
      [1, 'refused', 'idempotency_mismatch', undefined],
      [2, 'refused', 'idempotency_mismatch', undefined],
      [3, 'refused', 'revision_conflict', undefined],
      [4, 'refused', 'invalid', '/data/type'],
      [5, 'refused', 'invalid', '/stream'],
      [6, 'refused', 'invalid', '/id'],
      [7, 'refused', 'invalid', '/position'],
      [8, 'recorded'],
    ])
  })
})

describe('an export', () => {
  /** The events of a ledger with one declaration and its correction, as an export has them. */
  const exported = async (): Promise<Json[]> => {
    await using service = await openService()
    await restored(service, [
      declare('e-1', { key: 'k' }),
      {
        command: 'correct',
        recordedAt: '2024-01-10T00:00:00Z',
        data: { eventId: 'emergency-e-1#k', reason: 'A closer look', data: { type: 'border_closure' } },
      },
    ])
    return (await eventsOf(service)).map(({ position: _position, ...event }) => event)
  }

  test('is repeated, whatever the order of its fields', async () => {
    await using service = await openService()
    const events = await exported()
    const turned = events.map((event) => JSON.parse(canonicalize(event)!) as Line)
    expect(told(await restored(service, events))).toStrictEqual([
      [1, 'recorded'],
      [2, 'recorded'],
    ])
    expect(told(await restored(service, turned))).toStrictEqual([
      [1, 'repeated'],
      [2, 'repeated'],
    ])
  })

  test.each([
    ['a correction that gives what the event cannot have', { data: { bogus: 1 } }, '/data/data/type'],
    [
      'an event about another that is not there',
      { eventId: '00000000-0000-7000-8000-000000000009' },
      '/data/eventId',
    ],
    ['a zone that is none', { zone: 'Quito' }, '/data/zone'],
  ])('is refused for %s, and every answer stays', async (_, change, pointer) => {
    await using service = await openService()
    const [declared, correction] = await exported()
    const spoilt = { ...correction!, data: { ...correction!.data, ...change } }
    expect(told(await restored(service, [declared!, spoilt]))).toStrictEqual([
      [1, 'recorded'],
      [2, 'refused', 'invalid', pointer],
    ])
    expect(await eventsOf(service)).toHaveLength(1)
    expect((await service.get('/v1/emergencies?status=any')).status).toBe(200)
  })

  test('is refused for a kind that only a newer version knows', async () => {
    await using service = await openService()
    const [declared] = await exported()
    const newer = { ...declared!, kind: 'weather', stream: 'weather-w-1', type: 'WeatherReported' }
    expect(told(await restored(service, [newer]))).toStrictEqual([[1, 'refused', 'invalid', '/kind']])
    expect(await eventsOf(service)).toHaveLength(0)
  })
})
