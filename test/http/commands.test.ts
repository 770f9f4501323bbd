import { describe, expect, test } from 'vitest'
import { eventId, type Json, openService, source, type TestService } from '../service.ts'
import { emergency, row } from './expected.ts'

const now = '2024-01-10T12:00:00.000Z'
const data = { type: 'curfew' }
const reason = 'Told'

const faultsOf = async (service: TestService, path: string, body: object): Promise<unknown> => {
  const answer = await service.post(path, body)
  return [answer.status, answer.body.code, (answer.body.errors ?? []).map(({ pointer }: Json) => pointer)]
}

describe('a command', () => {
  test('is answered with its event, the row it made, and where both stand', async () => {
    await using service = await openService()
    const { status, headers, body } = await service.post(
      '/v1/emergencies/ec-110-2024/declare',
      {
        when: '2024-01-08',
        zone: 'America/Guayaquil',
        source: {
          ...source,
          speaker: 'Daniel Noboa',
          via: [{ publisher: 'EFE' }],
          publishedAt: '2024-01',
          quote: '“Toque de queda”',
          reliability: 'A',
          credibility: '1',
        },
        places: [{ name: 'Ecuador', country: 'EC', precision: 'country' }],
        crisis: 'ecuador-2024',
        note: 'Whole country',
        data: { type: 'state_of_emergency', term: { duration: 'P60D', countsFirstDay: null } },
      },
      { 'idempotency-key': 'decree-110' },
    )
    expect(status).toBe(201)
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      location: `/v1/events/${eventId(1)}`,
      etag: '"0"',
      'ledger-position': '1',
      'cache-control': 'no-store',
    })
    expect(headers).not.toHaveProperty('idempotency-replayed')
    const places = [{ name: 'Ecuador', country: 'EC', precision: 'country' }]
    const term = { duration: 'P60D', countsFirstDay: null }
    expect(body).toStrictEqual({
      event: {
        id: eventId(1),
        type: 'EmergencyDeclared',
        schemaVersion: 1,
        kind: 'emergency',
        stream: 'emergency-ec-110-2024',
        revision: 0,
        position: 1,
        recordedAt: now,
        recordedBy: 'desk',
        key: 'decree-110',
        reality: 'actual',
        crisis: 'ecuador-2024',
        when: {
          text: '2024-01-08',
          zone: 'America/Guayaquil',
          earliest: '2024-01-08T05:00:00.000Z',
          latest: '2024-01-09T04:59:59.999Z',
        },
        source: {
          ...source,
          speaker: { name: 'Daniel Noboa' },
          via: [{ publisher: 'EFE' }],
          publishedAt: '2024-01',
          quote: '“Toque de queda”',
          reliability: 'A',
          credibility: '1',
        },
        places,
        note: 'Whole country',
        data: { type: 'state_of_emergency', term },
      },
      state: row('emergency', 'ec-110-2024', {
        crisis: ['ecuador-2024'],
        state: emergency({
          status: 'in_force',
          title: 'ec-110-2024',
          type: 'state_of_emergency',
          places,
          term,
          end: { earliest: '2024-03-08T05:00:00.000Z', latest: '2024-03-09T05:00:00.000Z' },
        }),
      }),
      position: 1,
      revision: 0,
      flags: [],
    })
    expect((await service.get(headers['location']!)).body).toStrictEqual(body.event)
    expect((await service.get('/v1/emergencies/ec-110-2024')).body.revision).toBe(0)
  })

  test('that says no when is of now', async () => {
    await using service = await openService()
    const { event } = await service.record('/v1/emergencies/e-1/declare', { data, zone: 'America/Lima' })
    expect(event.when).toStrictEqual({ text: null, zone: 'America/Lima', earliest: now, latest: now })
  })

  test('may name an actor by the name alone, and leave parts of a quantity out', async () => {
    await using service = await openService()
    const { event } = await service.record('/v1/deployments/d-1/order', {
      data: { unit: 'Diroes', orderedBy: { name: 'Minister', id: 'minister' }, strength: { min: 50 } },
    })
    expect(event.data).toStrictEqual({
      unit: { name: 'Diroes' },
      orderedBy: { name: 'Minister', id: 'minister' },
      strength: { min: 50, best: null, max: null, text: null },
    })
  })

  test('names events by id, or by stream and key; the id is what is kept', async () => {
    await using service = await openService()
    await service.record(
      '/v1/incidents/riots/report',
      { data: { type: 'riot' } },
      { 'idempotency-key': 'a #1' },
    )
    const { event } = await service.record('/v1/emergencies/e-1/declare', {
      data,
      refs: { causedBy: ['incident-riots#a #1', eventId(1)], basedOn: [eventId(1)] },
    })
    expect(event.refs).toStrictEqual({ causedBy: [eventId(1), eventId(1)], basedOn: [eventId(1)] })
    expect(
      await faultsOf(service, '/v1/emergencies/e-2/declare', {
        source,
        data,
        refs: { causedBy: [eventId(1), 'incident-riots#b'], basedOn: [eventId(77)] },
      }),
    ).toStrictEqual([400, 'invalid', ['/refs/causedBy/1']])
  })

  test('that is unknown is not found, and those of the kind are named', async () => {
    await using service = await openService()
    const { status, body } = await service.post('/v1/orders/o-1/obey', { source, data: {} })
    expect([status, body.code]).toStrictEqual([404, 'not_found'])
    expect(body.detail).toBe(
      'There is no command "obey" for orders. They take: issue, execute, rescind, supersede.',
    )
    const meta = await service.post(`/v1/events/${eventId(1)}/deny`, {})
    expect(meta.body.detail).toBe(
      'There is no command "deny" for events. They take: correct, retract, corroborate, dispute, rate.',
    )
    for (const name of ['constructor', '__proto__', 'toString', 'correct', 'DECLARE', 'declare%00'])
      expect([
        name,
        (await service.post(`/v1/emergencies/e-1/${name}`, { source, data })).status,
      ]).toStrictEqual([name, 404])
    // Whatever the body is.
    expect((await service.post('/v1/orders/o-1/obey', '{', { 'content-type': 'text/plain' })).status).toBe(
      404,
    )
  })

  test('of every kind is taken with its example', async () => {
    await using service = await openService()
    const { allKinds } = await import('../../src/vocabulary/index.ts')
    for (const { plural, commands } of allKinds)
      for (const { name, example, event } of commands.values()) {
        const body = { source, when: '2024-01-08', zone: 'UTC', acceptAnomaly: 'Alone', data: example }
        const answer = await service.post(`/v1/${plural}/${name}-1/${name}`, body)
        expect([plural, name, answer.status, answer.body.event?.type]).toStrictEqual([
          plural,
          name,
          201,
          event,
        ])
      }
  })

  test('that adds to what is there moves its revision on', async () => {
    await using service = await openService()
    await service.record('/v1/emergencies/e-1/declare', { data })
    const { headers, body } = await service.post('/v1/emergencies/e-1/lift', { source })
    expect([headers['etag'], headers['ledger-position'], body.revision, body.position]).toStrictEqual([
      '"1"',
      '2',
      1,
      2,
    ])
  })

  test('is in the answers when it is answered', async () => {
    await using service = await openService()
    for (const id of ['e-1', 'e-2', 'e-3']) {
      await service.record(`/v1/emergencies/${id}/declare`, { data })
      expect((await service.get(`/v1/emergencies/${id}`)).body.state.status).toBe('in_force')
    }
  })
})

describe('reality', () => {
  test('is that of the first event of a stream, for ever', async () => {
    await using service = await openService()
    const path = '/v1/emergencies/e-1/declare'
    const { event } = await service.record(path, { data, reality: 'exercise' })
    const later = await service.record('/v1/emergencies/e-1/lift', {})
    const meta = await service.record(`/v1/events/${event.id}/retract`, { data: { reason } })
    expect([event, later.event, meta.event].map(({ reality }) => reality)).toStrictEqual([
      'exercise',
      'exercise',
      'exercise',
    ])
    expect(await faultsOf(service, path, { source, data, reality: 'actual' })).toStrictEqual([
      400,
      'invalid',
      ['/reality'],
    ])
    expect(
      await faultsOf(service, `/v1/events/${event.id}/rate`, {
        reality: 'actual',
        data: { reliability: 'A', credibility: '1' },
      }),
    ).toStrictEqual([400, 'invalid', ['/reality']])
  })

  test('is actual where nobody says otherwise', async () => {
    await using service = await openService()
    const { event } = await service.record('/v1/emergencies/e-1/declare', { data })
    expect(event.reality).toBe('actual')
    expect((await service.record('/v1/emergencies/e-1/lift', { reality: 'actual' })).event.reality).toBe(
      'actual',
    )
    expect(
      await faultsOf(service, '/v1/emergencies/e-1/declare', { source, data, reality: 'test' }),
    ).toStrictEqual([400, 'invalid', ['/reality']])
  })
})

describe('what is said about an event', () => {
  const declared = async (service: TestService, body: object = {}) =>
    service.record('/v1/emergencies/e-1/declare', { when: '2024-01-08', zone: 'America/Lima', data, ...body })

  test('is an event of its stream, without a when of its own', async () => {
    await using service = await openService()
    await declared(service)
    const { status, headers, body } = await service.post(`/v1/events/${eventId(1)}/dispute`, {
      source: { publisher: 'Other', medium: 'press' },
      note: 'In the evening',
      crisis: 'c-1',
      data: { reason, when: '2024-01-09', zone: 'America/Guayaquil' },
    })
    expect(status).toBe(201)
    expect([headers['etag'], headers['location']]).toStrictEqual(['"1"', `/v1/events/${eventId(2)}`])
    expect(body.event).toStrictEqual({
      id: eventId(2),
      type: 'EntryDisputed',
      schemaVersion: 1,
      kind: 'emergency',
      stream: 'emergency-e-1',
      revision: 1,
      position: 2,
      recordedAt: now,
      recordedBy: 'desk',
      reality: 'actual',
      crisis: 'c-1',
      source: { publisher: 'Other', medium: 'press' },
      note: 'In the evening',
      data: {
        eventId: eventId(1),
        reason,
        when: {
          text: '2024-01-09',
          zone: 'America/Guayaquil',
          earliest: '2024-01-09T05:00:00.000Z',
          latest: '2024-01-10T04:59:59.999Z',
        },
      },
    })
    expect(body.state.disputed).toBe(true)
    expect(body.flags).toStrictEqual([])
  })

  test('names its event by stream and key in the address, percent-encoded', async () => {
    await using service = await openService()
    await service.record('/v1/emergencies/e-1/declare', { data }, { 'idempotency-key': 'a/b #1' })
    const name = encodeURIComponent('emergency-e-1#a/b #1')
    const { event } = await service.record(`/v1/events/${name}/corroborate`, {})
    expect(event.data).toStrictEqual({ eventId: eventId(1) })
    expect((await service.post(`/v1/events/${name}x/corroborate`, { source })).status).toBe(404)
    expect((await service.post(`/v1/events/${eventId(7)}/corroborate`, { source })).status).toBe(404)
  })

  test('may repeat the name of its event in the body, but not name another', async () => {
    await using service = await openService()
    await declared(service)
    const path = `/v1/events/${eventId(1)}/retract`
    expect(await faultsOf(service, path, { data: { reason, eventId: eventId(2) } })).toStrictEqual([
      400,
      'invalid',
      ['/data/eventId'],
    ])
    await service.record(path, { data: { reason, eventId: eventId(1) } })
  })

  test('needs a source, unless it is the desk that corrects, retracts or rates', async () => {
    await using service = await openService()
    await declared(service)
    const path = (command: string) => `/v1/events/${eventId(1)}/${command}`
    const statusOf = async (command: string, said: object) =>
      (await service.post(path(command), { data: said })).status
    expect(await statusOf('rate', { reliability: 'B', credibility: '2' })).toBe(201)
    expect(await statusOf('correct', { note: 'Better', reason })).toBe(201)
    expect(await faultsOf(service, path('corroborate'), { data: {} })).toStrictEqual([
      400,
      'invalid',
      ['/source'],
    ])
    expect(await faultsOf(service, path('dispute'), { data: { reason } })).toStrictEqual([
      400,
      'invalid',
      ['/source'],
    ])
    expect(await statusOf('retract', { reason })).toBe(201)
  })

  test('says its when, zone and places in data, and nowhere else', async () => {
    await using service = await openService()
    await declared(service)
    for (const [field, value] of [
      ['when', '2024-01-09'],
      ['zone', 'UTC'],
      ['places', []],
    ] as const)
      expect(
        await faultsOf(service, `/v1/events/${eventId(1)}/correct`, { [field]: value, data: { reason } }),
      ).toStrictEqual([400, 'invalid', [`/${field}`]])
  })

  test('has only the fields it has', async () => {
    await using service = await openService()
    await declared(service)
    const faults = (command: string, said: object) =>
      faultsOf(service, `/v1/events/${eventId(1)}/${command}`, { source, data: said })
    const invalid = (...pointers: string[]) => [400, 'invalid', pointers]
    expect(await faults('retract', {})).toStrictEqual(invalid('/data/reason'))
    expect(await faults('retract', { reason, when: '2024-01-09' })).toStrictEqual(invalid('/data/when'))
    expect(await faults('corroborate', { reason })).toStrictEqual(invalid('/data/reason'))
    expect(await faults('dispute', { reason, data: {} })).toStrictEqual(invalid('/data/data'))
    expect(await faults('dispute', { reason, zone: 'UTC' })).toStrictEqual(invalid('/data/zone'))
    expect(await faults('rate', { reliability: 'G', credibility: '7' })).toStrictEqual(
      invalid('/data/reliability', '/data/credibility'),
    )
    expect(await faults('correct', { reason })).toStrictEqual(invalid('/data'))
    expect(await faults('correct', { reason, colour: 'red' })).toStrictEqual(invalid('/data/colour'))
    expect(await faults('correct', { reason, data: {} })).toStrictEqual(invalid('/data/data/type'))
    expect(await faults('correct', { reason, data: { ...data, found: true } })).toStrictEqual(
      invalid('/data/data/found'),
    )
  })

  test('may be retracted; nothing else is said about it', async () => {
    await using service = await openService()
    await declared(service)
    await service.record(`/v1/events/${eventId(1)}/corroborate`, {})
    for (const [command, said] of [
      ['correct', { reason, note: 'Better' }],
      ['corroborate', {}],
      ['dispute', { reason }],
      ['rate', { reliability: 'A', credibility: '1' }],
    ] as const)
      expect(
        await faultsOf(service, `/v1/events/${eventId(2)}/${command}`, { source, data: said }),
      ).toStrictEqual([400, 'invalid', ['/data/eventId']])
    const retracted = await service.record(`/v1/events/${eventId(2)}/retract`, { data: { reason } })
    await service.record(`/v1/events/${retracted.event.id}/retract`, { data: { reason } })
    expect((await service.get('/v1/emergencies/e-1')).body.basis[0].corroboratedBy).toStrictEqual([
      eventId(2),
    ])
  })

  test('about what is retracted has an effect only if the retraction falls', async () => {
    await using service = await openService()
    await declared(service)
    const about = (id: number, command: string, said: object) =>
      service.record(`/v1/events/${eventId(id)}/${command}`, { data: said })
    await about(1, 'retract', { reason })
    await about(1, 'dispute', { reason })
    await about(1, 'correct', { reason, note: 'Better' })
    expect((await service.get('/v1/emergencies/e-1')).body).toMatchObject({ state: null, disputed: false })
    await about(2, 'retract', { reason })
    expect((await service.get('/v1/emergencies/e-1')).body).toMatchObject({
      state: { status: 'in_force' },
      disputed: true,
      basis: [{ note: 'Better' }],
    })
  })

  test('corrects field by field, each whole', async () => {
    await using service = await openService()
    await declared(service, { places: [{ name: 'Lima' }], data: { ...data, title: 'Night' } })
    const { event, state } = await service.record(`/v1/events/${eventId(1)}/correct`, {
      data: { data: { type: 'border_closure' }, places: [{ name: 'Tumbes' }], reason },
    })
    expect(event.data).toStrictEqual({
      eventId: eventId(1),
      data: { type: 'border_closure' },
      places: [{ name: 'Tumbes' }],
      reason,
    })
    expect(state.state).toStrictEqual(
      emergency({
        status: 'in_force',
        title: 'e-1',
        type: 'border_closure',
        places: [{ name: 'Tumbes' }],
      }),
    )
  })

  test('that corrects the time keeps the zone, but a date in it needs one beside it', async () => {
    await using service = await openService()
    await declared(service)
    const path = `/v1/events/${eventId(1)}/correct`
    expect(await faultsOf(service, path, { data: { when: '2024-01-07', reason } })).toStrictEqual([
      400,
      'invalid',
      ['/data/when'],
    ])
    const { event } = await service.record(path, { data: { when: '2024-01-07T10:00:00Z', reason } })
    expect(event.data.when).toStrictEqual({
      text: '2024-01-07T10:00:00Z',
      zone: null,
      earliest: '2024-01-07T10:00:00.000Z',
      latest: '2024-01-07T10:00:00.000Z',
    })
    const { basis } = (await service.get('/v1/emergencies/e-1')).body
    expect(basis[0].when.zone).toBe('America/Lima')
    const zoned = await service.record(path, { data: { when: '2024-01-07', zone: 'Asia/Tokyo', reason } })
    expect(zoned.event.data.when.zone).toBe('Asia/Tokyo')
    expect(zoned.event.data).not.toHaveProperty('zone')
    const alone = await service.record(path, { data: { zone: 'Europe/Madrid', reason } })
    expect(alone.event.data).toStrictEqual({ eventId: eventId(1), zone: 'Europe/Madrid', reason })
  })

  test('that corrects a term reads it in the zone there is', async () => {
    await using service = await openService()
    await service.record('/v1/emergencies/e-1/declare', { when: '2024-01-08T00:00:00Z', data })
    const path = `/v1/events/${eventId(1)}/correct`
    const withTerm = { ...data, term: { duration: 'P60D', countsFirstDay: true } }
    expect(await faultsOf(service, path, { data: { data: withTerm, reason } })).toStrictEqual([
      400,
      'invalid',
      ['/data/zone'],
    ])
    expect(
      await faultsOf(service, path, {
        data: { data: { ...data, until: '2024-02-30' }, zone: 'UTC', reason },
      }),
    ).toStrictEqual([400, 'invalid', ['/data/data/until']])
    await service.record(path, { data: { zone: 'America/Lima', reason } })
    const { state } = await service.record(path, { data: { data: withTerm, reason } })
    expect(state.state.end.latest).toBe('2024-03-07T05:00:00.000Z')
  })
})
