import { describe, expect, test } from 'vitest'
import { eventId, type Json, openService, type TestService } from '../service.ts'
import { emergency, row } from './expected.ts'

const ndjson = { accept: 'application/x-ndjson' }
const type = 'curfew'
const known = '2024-01-10T12:00:00.000Z'

const inForce = emergency({ status: 'in_force', title: 'e-1', type })
const lifted = { ...inForce, status: 'lifted' }

/** A curfew of some time on the 8th, lifted on the 9th, both recorded on the 10th. */
const recordCurfew = async ({ record }: TestService) => {
  await record('/v1/emergencies/e-1/declare', { when: '2024-01-08', zone: 'UTC', data: { type } })
  await record('/v1/emergencies/e-1/lift', { when: '2024-01-09T00:00:00Z' })
}

/** The change of the one row, whose revision is that of both events. */
const change = (kind: string, before: unknown, after: unknown, because: unknown[]) => ({
  kind: 'emergency',
  id: 'e-1',
  change: kind,
  before,
  after,
  because,
})

const perhaps = row('emergency', 'e-1', {
  revision: 1,
  certainty: 'possible',
  state: inForce,
  otherwise: [null],
})
const surely = row('emergency', 'e-1', { revision: 1, state: inForce })
const ended = row('emergency', 'e-1', { revision: 1, state: lifted })

const moments = [
  {
    at: '2024-01-08T00:00:00.000Z',
    asOf: '2024-01-08T00:00:00.000Z',
    knownAt: known,
    position: 2,
    changes: [change('added', null, perhaps, [eventId(1)])],
  },
  {
    at: '2024-01-08T23:59:59.999Z',
    asOf: '2024-01-08T23:59:59.999Z',
    knownAt: known,
    position: 2,
    changes: [change('changed', perhaps, surely, [eventId(1)])],
  },
  {
    at: '2024-01-09T00:00:00.000Z',
    asOf: '2024-01-09T00:00:00.000Z',
    knownAt: known,
    position: 2,
    changes: [change('removed', surely, null, [eventId(2)])],
  },
]

/** Server-sent events, as the HTML standard writes them. */
const messagesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n\n')
    .map((message) => {
      const [event, data, ...more] = message.split('\n')
      expect([event?.slice(0, 7), data?.slice(0, 6), more]).toStrictEqual(['event: ', 'data: ', []])
      return { event: event!.slice(7), data: JSON.parse(data!.slice(6)) as unknown }
    })

describe('a replay of the world', () => {
  test('has each moment at which a row of the list changes, from possible to certain too', async () => {
    await using service = await openService()
    await recordCurfew(service)
    const { status, headers, body } = await service.get('/v1/replay', ndjson)
    expect(status).toBe(200)
    expect([headers['content-type'], headers['cache-control']]).toStrictEqual([
      'application/x-ndjson',
      'no-store',
    ])
    expect(body).toStrictEqual(moments)
  })

  test('is server-sent events unless lines are asked for, and says when it is over', async () => {
    await using service = await openService()
    await recordCurfew(service)
    const { headers, body } = await service.get('/v1/replay')
    expect(headers['content-type']).toMatch(/^text\/event-stream/)
    expect(messagesOf(body)).toStrictEqual([
      ...moments.map((data) => ({ event: 'moment', data })),
      { event: 'end', data: {} },
    ])
  })

  test('shows a lapse, and what is asked for with any status', async () => {
    await using service = await openService()
    await service.record('/v1/emergencies/e-1/declare', {
      when: '2024-01-08T00:00:00Z',
      zone: 'UTC',
      data: { type, until: '2024-01-08' },
    })
    const { body } = await service.get('/v1/replay?status=any', ndjson)
    const states = body.map(({ at, changes }: Json) => [
      at,
      changes[0].after.state.status,
      changes[0].because,
    ])
    expect(states).toStrictEqual([
      ['2024-01-08T00:00:00.000Z', 'in_force', [eventId(1)]],
      ['2024-01-09T00:00:00.000Z', 'expired', [{ lapse: 'expired' }]],
    ])
  })

  test('runs from one moment to another, both included', async () => {
    await using service = await openService()
    await recordCurfew(service)
    const replay = async (query: string) => (await service.get(`/v1/replay?${query}`, ndjson)).body
    expect(await replay('from=2024-01-08T00:00:00.001Z')).toStrictEqual(moments.slice(1))
    expect(await replay('from=2024-01-08T23:59:59.999Z&to=2024-01-08')).toStrictEqual(moments.slice(1, 2))
    expect(await replay('from=2024-01-08&to=2024-01-08T23:59:59.998Z')).toStrictEqual(moments.slice(0, 1))
    expect(await replay('from=2024-01-09')).toStrictEqual(moments.slice(2))
    expect(await replay('from=2024-01-09&zone=America/Guayaquil')).toStrictEqual([])
    expect(await replay('to=2024-01-07')).toStrictEqual([])
  })

  test('takes what was known at one moment', async () => {
    await using service = await openService()
    await recordCurfew(service)
    const { body } = await service.get('/v1/replay?knownAt=1', ndjson)
    expect(body.map(({ position, changes }: Json) => [position, changes[0].change])).toStrictEqual([
      [1, 'added'],
      [1, 'changed'],
    ])
  })

  test('takes the filters of a list, and kinds', async () => {
    await using service = await openService()
    await recordCurfew(service)
    await service.record('/v1/actors/a-1/describe', { data: { type: 'person', name: 'Somebody' } })
    const idsOf = async (query: string) => {
      const { body } = await service.get(`/v1/replay?${query}`, ndjson)
      return [...new Set(body.flatMap(({ changes }: Json) => changes.map(({ id }: Json) => id)))]
    }
    expect(await idsOf('')).toStrictEqual(['e-1', 'a-1'])
    expect(await idsOf('kinds=actor')).toStrictEqual(['a-1'])
    expect(await idsOf('kinds=actor,emergency')).toStrictEqual(['e-1', 'a-1'])
    expect(await idsOf('type=curfew')).toStrictEqual(['e-1'])
    expect(await idsOf('status=lifted,known')).toStrictEqual(['e-1', 'a-1'])
    expect(await idsOf('q=somebody')).toStrictEqual(['a-1'])
    expect(await idsOf('reality=test')).toStrictEqual([])
  })
})

describe('a replay of knowledge', () => {
  const asOf = '2024-01-09T12:00:00.000Z'

  test('has each record that changed a row, be it by one more source', async () => {
    await using service = await openService()
    service.at('2024-01-09T10:00:00.000Z')
    await service.record('/v1/emergencies/e-1/declare', { when: '2024-01-08T00:00:00Z', data: { type } })
    await service.record(`/v1/events/${eventId(1)}/corroborate`, {})
    service.at('2024-01-10T10:00:00.000Z')
    await service.record('/v1/emergencies/e-1/lift', { when: '2024-01-09T00:00:00Z' })
    const first = row('emergency', 'e-1', { state: inForce })
    const all = [
      {
        at: '2024-01-09T10:00:00.000Z',
        asOf,
        knownAt: '2024-01-09T10:00:00.000Z',
        position: 1,
        changes: [change('added', null, first, [eventId(1)])],
      },
      {
        at: '2024-01-09T10:00:00.000Z',
        asOf,
        knownAt: '2024-01-09T10:00:00.000Z',
        position: 2,
        changes: [change('changed', first, { ...first, revision: 1 }, [eventId(2)])],
      },
      {
        at: '2024-01-10T10:00:00.000Z',
        asOf,
        knownAt: '2024-01-10T10:00:00.000Z',
        position: 3,
        changes: [change('removed', { ...first, revision: 1 }, null, [eventId(3)])],
      },
    ]
    const replay = async (query: string) =>
      (await service.get(`/v1/replay?axis=known&asOf=${asOf}${query}`, ndjson)).body
    expect(await replay('')).toStrictEqual(all)
    expect(await replay('&from=2')).toStrictEqual(all.slice(1))
    expect(await replay('&from=0&to=1')).toStrictEqual(all.slice(0, 1))
    expect(await replay('&from=2024-01-09&to=2024-01-09')).toStrictEqual(all.slice(0, 2))
    expect(await replay('&from=2024-01-09T10:00:00.001Z')).toStrictEqual(all.slice(2))
    expect(await replay('&to=2024-01-08')).toStrictEqual([])
    expect((await replay('&status=any')).at(-1).changes).toStrictEqual([
      change('changed', { ...first, revision: 1 }, { ...ended, revision: 2 }, [eventId(3)]),
    ])
  })
})

describe('a replay at a speed', () => {
  test('gives the same moments, each as much later', async () => {
    await using service = await openService()
    await recordCurfew(service)
    // A day of history in a tenth of a second.
    const { body } = await service.get('/v1/replay?speed=864000', ndjson)
    expect(body).toStrictEqual(moments)
  })

  test('gives the first moment at once, and the service goes on when whoever asked has left', async () => {
    await using service = await openService()
    await recordCurfew(service)
    const url = await service.listen()
    const leaving = new AbortController()
    // One second of history takes more than a century.
    const response = await fetch(`${url}/v1/replay?speed=0.0000000001`, { signal: leaving.signal })
    const { value } = await response.body!.getReader().read()
    expect(messagesOf(new TextDecoder().decode(value))).toStrictEqual([{ event: 'moment', data: moments[0] }])
    leaving.abort()
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
  })
})

describe('a replay refuses', () => {
  test.each([
    ['asOf=2024-01-08', 'asOf'],
    ['axis=known&knownAt=1', 'knownAt'],
    ['axis=both', 'axis'],
    ['from=yesterday', 'from'],
    ['to=2024-13-01', 'to'],
    ['from=5', 'from'],
    ['axis=known&from=99999999999999999999', 'from'],
    ['axis=known&to=99999999999999999999', 'to'],
    ['speed=0', 'speed'],
    ['speed=-1', 'speed'],
    ['speed=fast', 'speed'],
    ['kinds=riot', 'kinds'],
    ['kinds=Emergency', 'kinds'],
    ['status=nowhere', 'status'],
    ['kinds=actor&status=in_force', 'status'],
    ['type=nothing', 'type'],
    ['limit=1', 'limit'],
    ['zone=Nowhere/City', 'zone'],
  ])('%s', async (query, name) => {
    await using service = await openService()
    const { status, body } = await service.get(`/v1/replay?${query}`)
    expect([status, body.code, body.errors.map(({ pointer }: Json) => pointer)]).toStrictEqual([
      400,
      'invalid',
      [`/query/${name}`],
    ])
  })
})
