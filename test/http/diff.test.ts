import { describe, expect, test, vi } from 'vitest'
import { type Json, openService, source, type TestService } from '../service.ts'
import { deployment, emergency, row } from './expected.ts'

const type = 'curfew'
const inForce = emergency({ status: 'in_force', title: 'e-1', type })
const monday = '2024-01-08T12:00:00.000Z'
const tuesday = '2024-01-09T12:00:00.000Z'
const wednesday = '2024-01-10T12:00:00.000Z'

/**
 * On Monday a curfew of one day is declared, and on Tuesday, when it has expired, the ledger learns that it was lifted
 * on Monday evening; on Wednesday that a unit was sent on Monday.
 */
const recordCrisis = async (service: TestService) => {
  service.at(monday)
  await service.record('/v1/emergencies/e-1/declare', {
    when: '2024-01-08T06:00:00Z',
    zone: 'UTC',
    data: { type, term: { duration: 'PT24H', countsFirstDay: false } },
  })
  service.at(tuesday)
  const { event: lifted } = await service.record('/v1/emergencies/e-1/lift', { when: '2024-01-08T18:00:00Z' })
  service.at(wednesday)
  const { event: ordered } = await service.record('/v1/deployments/d-1/order', {
    when: '2024-01-08T20:00:00Z',
    data: { unit: 'Police' },
  })
  return { lifted, ordered }
}

const declaredState = {
  ...inForce,
  term: { duration: 'PT24H', countsFirstDay: false },
  end: { earliest: '2024-01-09T06:00:00.000Z', latest: '2024-01-09T06:00:00.000Z' },
}
const stands = (revision: number) => row('emergency', 'e-1', { revision, state: declaredState })
const expired = row('emergency', 'e-1', { state: { ...declaredState, status: 'expired' } })
const liftedRow = row('emergency', 'e-1', { revision: 1, state: { ...declaredState, status: 'lifted' } })
const police = row('deployment', 'd-1', {
  state: deployment({ status: 'ordered', title: 'Police', unit: { name: 'Police' } }),
})

const name = { kind: 'emergency', id: 'e-1' }

describe('a diff', () => {
  test('tells what changed in our knowledge, then in the world, each with what did it', async () => {
    await using service = await openService()
    const { lifted, ordered } = await recordCrisis(service)
    const { status, headers, body } = await service.get(
      '/v1/diff?fromAsOf=2024-01-08T12:00:00Z&fromKnownAt=1&toAsOf=2024-01-09T12:00:00Z',
    )
    expect([status, headers['cache-control']]).toStrictEqual([200, 'no-store'])
    expect(body).toStrictEqual({
      from: { asOf: monday, knownAt: monday, zone: 'UTC', position: 1 },
      to: { asOf: tuesday, knownAt: wednesday, zone: 'UTC', position: 3 },
      knowledge: [{ ...name, change: 'changed', before: stands(0), after: stands(1), because: [lifted.id] }],
      world: [
        { ...name, change: 'changed', before: stands(1), after: liftedRow, because: [lifted.id] },
        {
          kind: 'deployment',
          id: 'd-1',
          change: 'added',
          before: null,
          after: police,
          because: [ordered.id],
        },
      ],
      next: null,
    })
  })

  test('names a lapse, which no event tells', async () => {
    await using service = await openService()
    await recordCrisis(service)
    const { body } = await service.get(
      '/v1/diff?fromAsOf=2024-01-08T12:00:00Z&toAsOf=2024-01-09T12:00:00Z&toKnownAt=1',
    )
    expect(body.knowledge).toStrictEqual([])
    expect(body.world).toStrictEqual([
      { ...name, change: 'changed', before: stands(0), after: expired, because: [{ lapse: 'expired' }] },
    ])
  })

  test('goes backwards too, in either', async () => {
    await using service = await openService()
    const { lifted, ordered } = await recordCrisis(service)
    const { body } = await service.get(
      '/v1/diff?fromAsOf=2024-01-09T12:00:00Z&fromKnownAt=3&toAsOf=2024-01-08T12:00:00Z&toKnownAt=1',
    )
    expect(body.knowledge).toStrictEqual([
      { ...name, change: 'changed', before: liftedRow, after: expired, because: [lifted.id] },
      {
        kind: 'deployment',
        id: 'd-1',
        change: 'removed',
        before: police,
        after: null,
        because: [ordered.id],
      },
    ])
    expect(body.world).toStrictEqual([
      { ...name, change: 'changed', before: expired, after: stands(0), because: [{ lapse: 'expired' }] },
    ])
  })

  test('takes what is not given from the other side, and that from the present', async () => {
    await using service = await openService()
    await recordCrisis(service)
    const at = { asOf: wednesday, knownAt: wednesday, zone: 'UTC', position: 3 }
    const nothing = await service.get('/v1/diff')
    expect(nothing.body).toStrictEqual({ from: at, to: at, knowledge: [], world: [], next: null })

    const known = await service.get('/v1/diff?fromKnownAt=2024-01-08')
    const then = { ...at, knownAt: '2024-01-08T23:59:59.999Z', position: 1 }
    expect([known.body.from, known.body.to]).toStrictEqual([then, at])
    expect(known.body.world).toStrictEqual([])

    const held = await service.get('/v1/diff?fromAsOf=2024-01-08&toKnownAt=2024-01-09&zone=America/Lima')
    const learned = { knownAt: '2024-01-10T04:59:59.999Z', zone: 'America/Lima', position: 2 }
    expect([held.body.from, held.body.to]).toStrictEqual([
      { asOf: '2024-01-09T04:59:59.999Z', ...learned },
      { asOf: wednesday, ...learned },
    ])
    expect(held.body.knowledge).toStrictEqual([])
  })

  test('counts one more source as a change in our knowledge', async () => {
    await using service = await openService()
    const { event } = await service.record('/v1/emergencies/e-1/declare', { data: { type } })
    const { event: told } = await service.record(`/v1/events/${event.id}/corroborate`, { data: {} })
    const { body } = await service.get('/v1/diff?fromKnownAt=1')
    expect(body.knowledge).toStrictEqual([
      {
        ...name,
        change: 'changed',
        before: row('emergency', 'e-1', { state: inForce }),
        after: row('emergency', 'e-1', { revision: 1, state: inForce }),
        because: [told.id],
      },
    ])
  })

  test('is of the rows under a filter: of any status if none is asked for', async () => {
    await using service = await openService()
    await recordCrisis(service)
    const path = '/v1/diff?fromAsOf=2024-01-08T12:00:00Z&toAsOf=2024-01-09T12:00:00Z&toKnownAt=1'
    const changes = async (query: string) =>
      (await service.get(`${path}&${query}`)).body.world.map(({ change }: Json) => change)
    expect(await changes('status=any')).toStrictEqual(['changed'])
    expect(await changes('status=active')).toStrictEqual(['removed'])
    expect(await changes('status=expired')).toStrictEqual(['added'])
    expect(await changes('kinds=fugitive,deployment')).toStrictEqual([])
    expect(await changes('kinds=fugitive,emergency')).toStrictEqual(['changed'])
    expect(await changes('type=state_of_emergency')).toStrictEqual([])
    expect(await changes('reality=exercise')).toStrictEqual([])
  })

  test('comes in pages that keep both coordinates, whatever is recorded meanwhile', async () => {
    await using service = await openService()
    const declare = async (id: string) => service.record(`/v1/emergencies/${id}/declare`, { data: { type } })
    await service.record('/v1/actors/a-1/describe', { data: { type: 'person', name: 'A' } })
    for (const id of ['e-2', 'e-1', 'e-3']) await declare(id)
    const path = '/v1/diff?fromKnownAt=0&fromAsOf=2024-01-10T11:00:00Z'
    const whole = (await service.get(path)).body
    expect(whole.world.map(({ id }: Json) => id)).toStrictEqual(['e-1', 'e-2', 'e-3', 'a-1'])

    const pages: Json[] = []
    for (let next: string | null = null; pages.length === 0 || next !== null;) {
      const { status, body } = await service.get(
        next === null ? `${path}&limit=3` : `/v1/diff?cursor=${next}&limit=3`,
      )
      expect(status).toBe(200)
      pages.push(body)
      next = body.next
      service.at(`2024-01-11T00:00:0${pages.length}.000Z`)
      await declare(`e-4${pages.length}`)
    }
    expect(pages.map(({ world }) => world.length)).toStrictEqual([3, 1])
    expect(pages.flatMap(({ world }) => world)).toStrictEqual(whole.world)
    for (const { from, to } of pages) expect({ from, to }).toStrictEqual({ from: whole.from, to: whole.to })
  })
})

test('a diff of long rows is written row by row, for no text holds all of them', async () => {
  await using service = await openService()
  const title = 'x'.repeat(100_000)
  for (let count = 1; count < 8; count++)
    await service.record(`/v1/incidents/i-${count}/report`, {
      when: '2024-01-01T00:00:00Z',
      data: { type: 'riot', title },
    })
  const writing = vi.spyOn(JSON, 'stringify')
  const { body } = await service.get('/v1/diff?fromKnownAt=0')
  const lengths = writing.mock.results.map(({ value }) => (value as string | undefined)?.length ?? 0)
  writing.mockRestore()
  expect(body.knowledge).toHaveLength(7)
  expect(JSON.stringify(body.knowledge[6]).includes(title)).toBe(true)
  expect(Math.max(...lengths)).toBeLessThan(300_000)
})

describe('a diff is refused', () => {
  test.each([
    ['asOf=2024-01-08', '/query/asOf', 'unknown field "asOf": remove it'],
    ['limit=0', '/query/limit', 'must be from 1 to 1000'],
    ['limit=1001', '/query/limit', 'must be from 1 to 1000'],
    ['fromKnownAt=99999999999999999', '/query/fromKnownAt', 'must be a position below 2^53'],
    ['zone=Mars', '/query/zone', '"Mars" is no IANA time zone; write one such as America/Guayaquil'],
    [
      'kinds=emergencies',
      '/query/kinds',
      '"emergencies" is no kind; write some of emergency, fugitive, deployment, designation, incident, operation, order, meeting, travel, statement, actor',
    ],
    [
      'kinds=emergency&status=at_large',
      '/query/status',
      '"at_large" is no status here: write active, any, or some of announced, in_force, lifted, annulled, superseded, abandoned, expired',
    ],
    ['cursor=xyz', '/query/cursor', 'is no cursor: take `next` of the page before, unchanged'],
  ])('for %s', async (query, pointer, detail) => {
    await using service = await openService()
    const { status, body } = await service.get(`/v1/diff?${query}`)
    expect([status, body.code, body.errors]).toStrictEqual([400, 'invalid', [{ pointer, detail }]])
  })

  test.each(['fromAsOf', 'fromKnownAt', 'toAsOf', 'toKnownAt'])(
    'for a %s that is no moment',
    async (name) => {
      await using service = await openService()
      const { status, body } = await service.get(`/v1/diff?${name}=yesterday`)
      expect([status, body.errors.map(({ pointer }: Json) => pointer)]).toStrictEqual([
        400,
        [`/query/${name}`],
      ])
    },
  )

  test('for a cursor of another address, or made for another question', async () => {
    await using service = await openService()
    for (const id of ['e-1', 'e-2']) await service.record(`/v1/emergencies/${id}/declare`, { data: { type } })
    const { next } = (await service.get('/v1/diff?fromKnownAt=0&limit=1')).body
    const faultsOf = async (path: string) => {
      const { status, body } = await service.get(path)
      return [status, body.errors.map(({ pointer }: Json) => pointer)]
    }
    expect(await faultsOf(`/v1/versions?cursor=${next}`)).toStrictEqual([400, ['/query/cursor']])
    expect(await faultsOf(`/v1/diff?fromKnownAt=1&cursor=${next}`)).toStrictEqual([
      400,
      ['/query/fromKnownAt'],
    ])
  })
})

test('a page of much is made in turns, and what is recorded meanwhile is not in it', async () => {
  await using service = await openService()
  // Each look at the clock finds a millisecond gone by.
  let ticks = 0
  service.service.ticks = () => ticks++
  const line = (number: number) =>
    JSON.stringify({
      kind: 'emergency',
      id: `e-${number % 600}`,
      command: number < 600 ? 'declare' : 'corroborate',
      note: `${number}`,
      ...(number < 600
        ? { key: 'k', when: monday, data: { type }, source }
        : { kind: undefined, id: undefined, source, data: { eventId: `emergency-e-${number % 600}#k` } }),
    })
  const lines = Array.from({ length: 6000 }, (_, number) => line(number)).join('\n')
  await service.post('/v1/import', lines, { 'content-type': 'application/x-ndjson' })
  const path = `/v1/diff?fromKnownAt=0&toAsOf=${wednesday}&limit=1000`
  const { body: expected } = await service.get(path)
  expect(expected.knowledge).toHaveLength(600)

  const asked = service.get(path)
  let isOver = false
  let turns = 0
  const other = () => {
    turns++
    if (!isOver) setImmediate(other)
  }
  setImmediate(other)
  const lifted = service.record('/v1/emergencies/e-599/lift', { when: tuesday })
  const { body } = await asked
  isOver = true
  expect(turns).toBeGreaterThan(20)
  expect(body).toStrictEqual(expected)
  await lifted
  expect((await service.get(path)).body).not.toStrictEqual(expected)
})
