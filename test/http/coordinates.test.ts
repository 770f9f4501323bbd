import { describe, expect, test } from 'vitest'
import { openService, type TestService } from '../service.ts'

const declare = { data: { type: 'curfew' } }

/** A curfew declared on the 8th at noon, and lifted on the 10th at noon; each recorded when it happened. */
const recordCurfew = async (service: TestService) => {
  service.at('2024-01-08T12:00:00.000Z')
  await service.record('/v1/emergencies/e-1/declare', declare)
  service.at('2024-01-10T12:00:00.000Z')
  await service.record('/v1/emergencies/e-1/lift', {})
}

const asked = async (service: TestService, query: string) => {
  const { asOf, knownAt, zone, position, state } = (await service.get(`/v1/emergencies/e-1?${query}`)).body
  return { asOf, knownAt, zone, position, status: state?.status ?? null }
}

describe('a coordinate', () => {
  test('is now, and all that is known, unless it is said', async () => {
    await using service = await openService()
    await recordCurfew(service)
    service.at('2024-01-11T00:00:00.000Z')
    expect(await asked(service, '')).toStrictEqual({
      asOf: '2024-01-11T00:00:00.000Z',
      knownAt: '2024-01-10T12:00:00.000Z',
      zone: 'UTC',
      position: 2,
      status: 'lifted',
    })
  })

  test('is not before the newest record where the clock went back', async () => {
    await using service = await openService()
    await recordCurfew(service)
    service.at('2024-01-01T00:00:00.000Z')
    expect(await asked(service, '')).toMatchObject({ asOf: '2024-01-10T12:00:00.000Z', status: 'lifted' })
  })

  test('of an instant is that instant, of a date its last millisecond in the zone', async () => {
    await using service = await openService()
    await recordCurfew(service)
    const at = { knownAt: '2024-01-10T12:00:00.000Z', position: 2 }
    expect(await asked(service, 'asOf=2024-01-08T06:59:59.999-05:00')).toStrictEqual({
      ...at,
      asOf: '2024-01-08T11:59:59.999Z',
      zone: 'UTC',
      status: null,
    })
    expect(await asked(service, 'asOf=2024-01-08')).toStrictEqual({
      ...at,
      asOf: '2024-01-08T23:59:59.999Z',
      zone: 'UTC',
      status: 'in_force',
    })
    expect(await asked(service, 'asOf=2024-01-08&zone=America/Guayaquil')).toStrictEqual({
      ...at,
      asOf: '2024-01-09T04:59:59.999Z',
      zone: 'America/Guayaquil',
      status: 'in_force',
    })
    expect(await asked(service, 'asOf=2024-01-08&zone=Asia/Tokyo')).toStrictEqual({
      ...at,
      asOf: '2024-01-08T14:59:59.999Z',
      zone: 'Asia/Tokyo',
      status: 'in_force',
    })
  })

  test('reads dates in the zone of the service where none is asked for', async () => {
    await using service = await openService({ zone: 'Pacific/Kiritimati' })
    await recordCurfew(service)
    expect(await asked(service, 'asOf=2024-01-08')).toMatchObject({
      asOf: '2024-01-08T09:59:59.999Z',
      zone: 'Pacific/Kiritimati',
      status: null,
    })
  })

  test('of knowledge is an instant, a date or a position', async () => {
    await using service = await openService()
    await recordCurfew(service)
    const world = { asOf: '2024-01-10T12:00:00.000Z', zone: 'UTC' }
    const before = { ...world, position: 1, status: 'in_force' }
    const after = { ...world, position: 2, status: 'lifted' }
    expect(await asked(service, 'knownAt=1')).toStrictEqual({
      ...before,
      knownAt: '2024-01-08T12:00:00.000Z',
    })
    expect(await asked(service, 'knownAt=2024-01-10T11:59:59.999Z')).toStrictEqual({
      ...before,
      knownAt: '2024-01-10T11:59:59.999Z',
    })
    expect(await asked(service, 'knownAt=2024-01-09')).toStrictEqual({
      ...before,
      knownAt: '2024-01-09T23:59:59.999Z',
    })
    expect(await asked(service, 'knownAt=2024-01-10T12:00:00.000Z')).toStrictEqual({
      ...after,
      knownAt: '2024-01-10T12:00:00.000Z',
    })
    expect(await asked(service, 'knownAt=2100-01-01')).toStrictEqual({
      ...after,
      knownAt: '2100-01-01T23:59:59.999Z',
    })
  })

  test('of an empty ledger is known at nothing', async () => {
    await using service = await openService()
    const { asOf, knownAt, zone, position, rows } = (await service.get('/v1/emergencies')).body
    expect({ asOf, knownAt, zone, position, rows }).toStrictEqual({
      asOf: '2024-01-10T12:00:00.000Z',
      knownAt: null,
      zone: 'UTC',
      position: 0,
      rows: [],
    })
    expect((await service.get('/v1/emergencies?knownAt=0')).body.knownAt).toBeNull()
    expect((await service.get('/v1/emergencies?knownAt=2024-01-01T00:00Z')).body).toMatchObject({
      knownAt: '2024-01-01T00:00:00.000Z',
      position: 0,
    })
  })

  test('in the far past and future is as far as the calendar goes', async () => {
    await using service = await openService()
    await recordCurfew(service)
    expect(await asked(service, 'asOf=0001-01-01')).toMatchObject({ status: null })
    expect(await asked(service, 'asOf=9999-12-31&zone=America/Guayaquil')).toMatchObject({
      asOf: '9999-12-31T23:59:59.999Z',
      status: 'lifted',
    })
  })

  test.each([
    ['asOf', 'yesterday', '"yesterday" cannot be read here'],
    ['asOf', '', 'must not be empty'],
    ['asOf', '2024-02-30', '"2024-02-30" does not exist: 2024-02 has the days 01 to 29'],
    ['asOf', '2024-01', '"2024-01" cannot be read here'],
    ['asOf', '2024-01-08T10:00', '"2024-01-08T10:00" cannot be read here'],
    ['asOf', '2024-01-08T23:59:60Z', 'seconds run from 00 to 59'],
    ['asOf', '5', '"5" cannot be read here'],
    ['knownAt', '-1', '"-1" cannot be read here'],
    ['knownAt', '1.5', '"1.5" cannot be read here'],
    ['knownAt', '9007199254740992', 'must be a position below 2^53'],
    ['knownAt', '2024-13-01', 'months run from 01 to 12'],
    ['zone', 'Guayaquil', '"Guayaquil" is no IANA time zone'],
    ['zone', 'america/guayaquil', '"america/guayaquil" is no IANA time zone'],
    ['zone', '-05:00', '"-05:00" is no IANA time zone'],
    ['minPosition', '-1', 'must be a whole number'],
    ['minPosition', '99999999999999999', 'must be a whole number'],
    ['minPosition', '9007199254740992', 'must be a whole number below 2^53'],
  ])('refuses %s=%s', async (name, value, detail) => {
    await using service = await openService()
    for (const path of ['/v1/picture', '/v1/emergencies', '/v1/projections/active-emergencies']) {
      const { status, body } = await service.get(`${path}?${name}=${encodeURIComponent(value)}`)
      expect([status, body.errors.length, body.errors[0].pointer]).toStrictEqual([400, 1, `/query/${name}`])
      expect(body.errors[0].detail).toContain(detail)
    }
  })
})

describe('a position that is not reached yet', () => {
  test('is waited for: what was asked before it came has it', async () => {
    await using service = await openService()
    await service.record('/v1/emergencies/e-1/declare', declare)
    const early = [
      service.get('/v1/emergencies/e-1?minPosition=2'),
      service.get('/v1/emergencies/e-1?knownAt=2'),
      service.get('/v1/emergencies?status=lifted&minPosition=2'),
      service.get('/v1/picture?minPosition=2'),
      service.get('/v1/events?after=1&minPosition=2'),
      service.get('/v1/emergencies/e-1/events?after=1&minPosition=2'),
      service.get('/v1/emergencies/e-1/history?minPosition=2'),
      service.get('/v1/projections/active-emergencies?minPosition=2'),
    ] as const
    await service.record('/v1/emergencies/e-1/lift', {})
    const [one, known, list, picture, events, own, history, question] = await Promise.all(early)
    expect([one.body.state.status, known.body.state.status]).toStrictEqual(['lifted', 'lifted'])
    expect(list.body.rows).toHaveLength(1)
    expect(picture.body.position).toBe(2)
    expect([events.body.events.length, own.body.events.length]).toStrictEqual([1, 1])
    expect(history.body.versions.at(-1).candidates[0].status).toBe('lifted')
    expect(question.body.rows).toStrictEqual([])
  })

  test('is given up for with the advice to come again', { timeout: 20_000 }, async () => {
    await using service = await openService()
    await service.record('/v1/emergencies/e-1/declare', declare)
    const { next } = (await service.get('/v1/emergencies/e-1/history?limit=1')).body
    const paths = [
      '/v1/picture?minPosition=9',
      '/v1/emergencies?knownAt=9',
      '/v1/emergencies/e-1?minPosition=9',
      '/v1/emergencies/e-1/history?knownAt=9',
      `/v1/emergencies/e-1/history?minPosition=9&cursor=${next}`,
      '/v1/emergencies/e-1/events?minPosition=9',
      '/v1/events?minPosition=9',
      '/v1/replay?minPosition=9',
    ]
    for (const { status, headers, body } of await Promise.all(paths.map((path) => service.get(path)))) {
      expect([status, headers['retry-after'], headers['content-type'], body]).toStrictEqual([
        503,
        '1',
        'application/problem+json',
        {
          type: 'urn:crisis-ledger:problem:unavailable',
          title: 'Not available just now',
          status: 503,
          code: 'unavailable',
          detail: 'Position 9 is not reached yet; the answers are at 1. Try again.',
        },
      ])
    }
  })
})
