import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventId, openService, source, type TestService } from '../service.ts'

const ndjson = { accept: 'application/x-ndjson' }
const recordedAt = '2024-01-10T12:00:00.000Z'
const whenDefaulted = { text: null, zone: null, earliest: recordedAt, latest: recordedAt }

const event = (position: number, members: Record<string, unknown>) => ({
  id: eventId(position),
  schemaVersion: 1,
  recordedAt,
  recordedBy: 'desk',
  reality: 'actual',
  position,
  source,
  ...members,
})

/** A curfew with a key, who lifted it, somebody, and that the curfew was heard of elsewhere. */
const events = [
  event(1, {
    type: 'EmergencyDeclared',
    kind: 'emergency',
    stream: 'emergency-e-1',
    revision: 0,
    key: 'decree 110/#1?',
    crisis: 'c-1',
    when: {
      text: '2024-01-08',
      zone: 'America/Guayaquil',
      earliest: '2024-01-08T05:00:00.000Z',
      latest: '2024-01-09T04:59:59.999Z',
    },
    places: [{ name: 'Guayaquil', country: 'EC' }],
    note: 'By night',
    data: { type: 'curfew', issuer: { name: 'President' } },
  }),
  event(2, {
    type: 'ActorDescribed',
    kind: 'actor',
    stream: 'actor-a-1',
    revision: 0,
    when: whenDefaulted,
    data: { type: 'person', name: 'Somebody' },
  }),
  event(3, {
    type: 'EntryCorroborated',
    kind: 'emergency',
    stream: 'emergency-e-1',
    revision: 1,
    refs: { basedOn: [eventId(2)] },
    data: { eventId: eventId(1) },
  }),
  event(4, {
    type: 'EmergencyLifted',
    kind: 'emergency',
    stream: 'emergency-e-1',
    revision: 2,
    acceptAnomaly: 'As told',
    when: whenDefaulted,
    data: {},
  }),
]

let service: TestService
let get: TestService['get']

beforeAll(async () => {
  service = await openService()
  get = service.get
  const { record } = service
  await record(
    '/v1/emergencies/e-1/declare',
    {
      when: '2024-01-08',
      zone: 'America/Guayaquil',
      crisis: 'c-1',
      places: [{ name: 'Guayaquil', country: 'EC' }],
      note: 'By night',
      data: { type: 'curfew', issuer: 'President' },
    },
    { 'idempotency-key': 'decree 110/#1?' },
  )
  await record('/v1/actors/a-1/describe', { data: { type: 'person', name: 'Somebody' } })
  await record(`/v1/events/${eventId(1)}/corroborate`, { refs: { basedOn: [eventId(2)] } })
  await record('/v1/emergencies/e-1/lift', { acceptAnomaly: 'As told' })
})
afterAll(() => service[Symbol.asyncDispose]())

describe('the events', () => {
  test('are the ledger itself, in its order', async () => {
    const { status, body } = await get('/v1/events')
    expect(status).toBe(200)
    expect(body).toStrictEqual({ events, next: null, head: 4 })
  })

  test('come in pages: next is where the one after begins', async () => {
    expect((await get('/v1/events?limit=2')).body).toStrictEqual({
      events: events.slice(0, 2),
      next: 2,
      head: 4,
    })
    expect((await get('/v1/events?limit=2&after=2')).body).toStrictEqual({
      events: events.slice(2),
      next: null,
      head: 4,
    })
    expect((await get('/v1/events?after=4')).body).toStrictEqual({ events: [], next: null, head: 4 })
    expect((await get('/v1/events?after=9007199254740991')).body).toStrictEqual({
      events: [],
      next: null,
      head: 4,
    })
  })

  test.each([
    ['types=EmergencyLifted,EntryCorroborated', [3, 4]],
    ['kinds=actor', [2]],
    ['kinds=emergency&limit=2', [1, 3]],
    ['crisis=c-1', [1]],
    ['types=EmergencyLifted&kinds=actor', []],
  ])('are chosen by %s', async (query, positions) => {
    const { body } = await get(`/v1/events?${query}`)
    expect(body.events).toStrictEqual(events.filter(({ position }) => positions.includes(position)))
  })

  test('that are chosen page by the last one given', async () => {
    const { body } = await get('/v1/events?kinds=emergency&limit=1')
    expect([body.events, body.next, body.head]).toStrictEqual([[events[0]], 1, 4])
    expect((await get('/v1/events?kinds=emergency&limit=2&after=1')).body).toStrictEqual({
      events: [events[2], events[3]],
      next: null,
      head: 4,
    })
  })

  test('are lines of JSON for whoever asks for lines: all, unless a limit is given', async () => {
    const { headers, body } = await get('/v1/events', ndjson)
    expect(headers['content-type']).toBe('application/x-ndjson')
    expect(body).toStrictEqual(events)
    expect((await get('/v1/events?limit=2&kinds=emergency', ndjson)).body).toStrictEqual([
      events[0],
      events[2],
    ])
    expect((await get('/v1/events?after=4', ndjson)).body).toStrictEqual([])
  })

  test.each([
    ['types', 'EmergencyDeclaredd', '"EmergencyDeclaredd" is no event type; /docs lists them'],
    ['types', 'declare', '"declare" is no event type; /docs lists them'],
    ['kinds', 'emergencies', '"emergencies" is no kind: write some of emergency, fugitive, deployment'],
    ['kinds', 'constructor', '"constructor" is no kind'],
    ['crisis', 'C', 'must be lower-case letters and digits joined by single hyphens'],
    ['after', '-1', 'must be a whole number'],
    ['after', '1.5', 'must be a whole number'],
    ['after', '9007199254740992', 'must be a whole number below 2^53'],
    ['limit', '0', 'must be from 1 to 1000'],
    ['minPosition', 'x', 'must be a whole number'],
    ['knownAt', '1', 'unknown field "knownAt": remove it'],
  ])('refuse %s=%s', async (name, value, detail) => {
    const { status, body } = await get(`/v1/events?${name}=${value}`)
    expect(status).toBe(400)
    expect(body.errors).toHaveLength(1)
    expect(body.errors[0].pointer).toBe(`/query/${name}`)
    expect(body.errors[0].detail).toContain(detail)
  })
})

describe('the events of one entity', () => {
  const own = [events[0], events[2], events[3]]

  test('are those of its stream, in pages', async () => {
    expect((await get('/v1/emergencies/e-1/events')).body).toStrictEqual({ events: own, next: null, head: 4 })
    expect((await get('/v1/emergencies/e-1/events?limit=1')).body).toStrictEqual({
      events: own.slice(0, 1),
      next: 1,
      head: 4,
    })
    expect((await get('/v1/emergencies/e-1/events?limit=1&after=1')).body).toStrictEqual({
      events: own.slice(1, 2),
      next: 3,
      head: 4,
    })
    expect((await get('/v1/emergencies/e-1/events?after=3')).body).toStrictEqual({
      events: own.slice(2),
      next: null,
      head: 4,
    })
  })

  test('are lines of JSON for whoever asks for lines', async () => {
    expect((await get('/v1/emergencies/e-1/events', ndjson)).body).toStrictEqual(own)
    expect((await get('/v1/emergencies/e-1/events?limit=1', ndjson)).body).toStrictEqual(own.slice(0, 1))
  })
})

describe('one event', () => {
  test('is found by its id, and by its stream and key', async () => {
    expect((await get(`/v1/events/${eventId(3)}`)).body).toStrictEqual(events[2])
    const name = encodeURIComponent('emergency-e-1#decree 110/#1?')
    expect((await get(`/v1/events/${name}`)).body).toStrictEqual(events[0])
  })

  test('is found by any key there can be', async () => {
    await using service = await openService()
    const keys = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index))
      // A header's spaces at its ends are not part of it.
      .map((character) => `a${character}b`)
      .concat('%41', '%', '%2F', 'x'.repeat(200))
    for (const [index, key] of keys.entries())
      await service.record(
        `/v1/actors/a-${index}/describe`,
        { data: { type: 'person', name: 'Somebody' } },
        { 'idempotency-key': key },
      )
    for (const [index, key] of keys.entries()) {
      const { status, body } = await service.get(
        `/v1/events/${encodeURIComponent(`actor-a-${index}#${key}`)}`,
      )
      expect([key, status, body.key]).toStrictEqual([key, 200, key])
    }
  })

  test.each([
    'none',
    eventId(9),
    'emergency-e-1%23other',
    'emergency-e-2%23decree',
    '%23',
    'emergency-e-1%23',
    'constructor',
    '__proto__',
    '%00',
    '%zz',
  ])('is not found by %s', async (name) => {
    const { status, headers, body } = await get(`/v1/events/${name}`)
    expect([status, headers['content-type'], body.code]).toStrictEqual([
      404,
      'application/problem+json',
      'not_found',
    ])
  })

  test('takes no parameter but the position to wait for', async () => {
    expect((await get(`/v1/events/${eventId(1)}?minPosition=4`)).status).toBe(200)
    expect((await get(`/v1/events/${eventId(1)}?limit=1`)).status).toBe(400)
  })
})
