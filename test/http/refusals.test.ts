import { describe, expect, test } from 'vitest'
import { eventId, type Json, openService, source, type TestService } from '../service.ts'
import { emergency } from './expected.ts'

const data = { type: 'curfew' }
const reason = 'Told'
const problemOf = (code: string, title: string, status: number) => ({
  type: `urn:crisis-ledger:problem:${code}`,
  title,
  status,
  code,
})
const violation = problemOf('lifecycle_violation', 'The lifecycle does not allow it', 409)
const conflict = problemOf('revision_conflict', 'Somebody was faster', 412)
const mismatch = problemOf('idempotency_mismatch', 'The key names something else', 422)

const eventsOf = async (service: TestService): Promise<Json[]> =>
  (await service.get('/v1/events')).body.events

describe('what its lifecycle does not allow', () => {
  test('is refused with the state it met, who gave that, and what is allowed there', async () => {
    await using service = await openService()
    await service.record('/v1/emergencies/e-1/declare', { when: '2024-01-08T00:00:00Z', data })
    await service.record('/v1/emergencies/e-1/amend', {
      when: '2024-01-08T06:00:00Z',
      data: { title: 'Night' },
    })
    await service.record('/v1/emergencies/e-1/lift', { when: '2024-01-09T00:00:00Z' })
    const { status, headers, body } = await service.post('/v1/emergencies/e-1/extend', {
      when: '2024-01-09T12:00:00Z',
      zone: 'UTC',
      source,
      data: { until: '2024-02-01' },
    })
    expect([status, headers['content-type']]).toStrictEqual([409, 'application/problem+json'])
    expect(body).toStrictEqual({
      ...violation,
      detail:
        'EmergencyExtended does not follow on emergency-e-1: it is lifted then. Allowed: uphold, annul. ' +
        'To record it all the same, give the reason in acceptAnomaly.',
      state: emergency({ status: 'lifted', title: 'Night', type: 'curfew' }),
      allowed: ['uphold', 'annul'],
      decidedBy: [eventId(3)],
    })
    expect(await eventsOf(service)).toHaveLength(3)
  })

  test('names, of a step told again, the event of that step, whatever gave the status since', async () => {
    await using service = await openService()
    await service.record('/v1/emergencies/e-1/declare', {
      when: '2024-01-01T00:00:00Z',
      zone: 'UTC',
      data: { ...data, until: '2024-02-01' },
    })
    await service.record('/v1/emergencies/e-1/extend', {
      when: '2024-01-20T00:00:00Z',
      zone: 'UTC',
      data: { until: '2024-03-01' },
    })
    const { status, body } = await service.post('/v1/emergencies/e-1/declare', {
      when: '2024-01-25T00:00:00Z',
      source,
      data,
    })
    expect([status, body.decidedBy]).toStrictEqual([409, [eventId(2)]])
    expect(body.detail).toContain(
      `That step stands already as event ${eventId(1)}: corroborate it, or dispute it`,
    )
  })

  test('is refused where nothing is there yet, by nobody', async () => {
    await using service = await openService()
    const { status, body } = await service.post('/v1/emergencies/e-1/lift', { source })
    expect([status, body]).toStrictEqual([
      409,
      {
        ...violation,
        detail:
          'EmergencyLifted does not follow on emergency-e-1: nothing of it is recorded for that time. ' +
          'Allowed: announce, declare. To record it all the same, give the reason in acceptAnomaly.',
        state: null,
        allowed: ['announce', 'declare'],
        decidedBy: [],
      },
    ])
  })

  test('is judged at its place in the order of things, not in the order of telling', async () => {
    await using service = await openService()
    await service.record('/v1/emergencies/e-1/declare', { when: '2024-01-08T00:00:00Z', data })
    await service.record('/v1/emergencies/e-1/lift', { when: '2024-01-09T00:00:00Z' })
    const amend = { source, data: { title: 'Night' } }
    const path = '/v1/emergencies/e-1/amend'
    expect((await service.post(path, { ...amend, when: '2024-01-07T00:00:00Z' })).body.state).toBeNull()
    expect((await service.post(path, { ...amend, when: '2024-01-08T12:00:00Z' })).status).toBe(201)
    expect((await service.post(path, { ...amend, when: '2024-01-09T12:00:00Z' })).body.state.status).toBe(
      'lifted',
    )
  })

  test('that is an act told again names the event that stands, and what to say instead', async () => {
    await using service = await openService()
    await service.record('/v1/emergencies/e-1/declare', { when: '2024-01-08T00:00:00Z', data })
    await service.record('/v1/emergencies/e-1/amend', {
      when: '2024-01-09T00:00:00Z',
      data: { title: 'Night' },
    })
    const { status, body } = await service.post('/v1/emergencies/e-1/declare', { source, data })
    expect(status).toBe(409)
    expect(body.decidedBy).toStrictEqual([eventId(1)])
    expect(body.allowed).toStrictEqual([
      'announce',
      'extend',
      'amend',
      'uphold',
      'lift',
      'supersede',
      'annul',
    ])
    expect(body.detail).toBe(
      'EmergencyDeclared does not follow on emergency-e-1: it is in_force then. ' +
        'Allowed: announce, extend, amend, uphold, lift, supersede, annul. ' +
        `That step stands already as event ${eventId(1)}: corroborate it, or dispute it if the sources differ. ` +
        'To record it all the same, give the reason in acceptAnomaly.',
    )
  })

  test('that is a claim told again fills what is not known', async () => {
    await using service = await openService()
    await service.record('/v1/emergencies/e-1/announce', { data })
    const { state } = await service.record('/v1/emergencies/e-1/announce', {
      data: { type: 'border_closure', title: 'North', grounds: ['riots'] },
    })
    expect(state.state).toMatchObject({ type: 'curfew', title: 'North', grounds: ['riots'] })
  })

  test('that is over before it begins is told so', async () => {
    await using service = await openService()
    await service.record('/v1/emergencies/e-1/declare', { when: '2024-01-08T00:00:00Z', data })
    const { status, body } = await service.post('/v1/emergencies/e-1/extend', {
      source,
      when: '2024-01-10T00:00:00Z',
      zone: 'UTC',
      data: { until: '2024-01-09' },
    })
    expect(status).toBe(409)
    expect(body.allowed).toContain('extend')
    expect(body.detail).toContain('its until is over when it begins')
    expect(body.detail).not.toContain('stands already')
  })

  test('after the end is refused, and nothing is allowed', async () => {
    await using service = await openService()
    await service.record('/v1/emergencies/e-1/declare', { when: '2024-01-08T00:00:00Z', data })
    await service.record('/v1/emergencies/e-1/annul', { when: '2024-01-09T00:00:00Z' })
    const { status, body } = await service.post('/v1/emergencies/e-1/lift', { source })
    expect([status, body.allowed, body.decidedBy]).toStrictEqual([409, [], [eventId(2)]])
    expect(body.detail).toContain('Nothing more is allowed.')
  })

  test('after a lapse met what no event gave', async () => {
    await using service = await openService()
    await service.record('/v1/emergencies/e-1/declare', {
      when: '2024-01-08T00:00:00Z',
      zone: 'UTC',
      data: { ...data, until: '2024-01-08' },
    })
    const { status, body } = await service.post('/v1/emergencies/e-1/lift', { source })
    expect([status, body.state.status, body.decidedBy]).toStrictEqual([409, 'expired', []])
  })

  test('is recorded and flagged with a reason, because reality is not ours to refuse', async () => {
    await using service = await openService()
    const { status, body } = await service.post('/v1/emergencies/e-1/lift', {
      source,
      acceptAnomaly: 'The decree is missing',
    })
    expect(status).toBe(201)
    expect(body.event.acceptAnomaly).toBe('The decree is missing')
    expect(body.flags).toStrictEqual([{ eventId: eventId(1), type: 'EmergencyLifted', status: null }])
    expect(body.state).toMatchObject({ flagged: true, state: { status: 'lifted' } })
  })

  test('names a reason of its own: an empty one is none', async () => {
    await using service = await openService()
    const { status, body } = await service.post('/v1/emergencies/e-1/lift', { source, acceptAnomaly: '' })
    expect([status, body.errors[0].pointer]).toStrictEqual([400, '/acceptAnomaly'])
  })
})

describe('the flags of a receipt', () => {
  test('are the others that an event newly brings into conflict, and none that were before', async () => {
    await using service = await openService()
    await service.record('/v1/emergencies/e-1/declare', { when: '2024-01-08T00:00:00Z', data })
    await service.record('/v1/emergencies/e-1/amend', {
      when: '2024-01-09T00:00:00Z',
      data: { title: 'Night' },
    })
    await service.record('/v1/emergencies/e-1/lift', { when: '2024-01-10T00:00:00Z' })
    const lifted = await service.record('/v1/emergencies/e-1/lift', { when: '2024-01-08T12:00:00Z' })
    expect(lifted.flags).toStrictEqual([
      { eventId: eventId(2), type: 'EmergencyAmended', status: 'lifted' },
      { eventId: eventId(3), type: 'EmergencyLifted', status: 'lifted' },
    ])
    const again = await service.record('/v1/emergencies/e-1/uphold', { when: '2024-01-10T06:00:00Z' })
    expect(again.flags).toStrictEqual([])
  })

  test('name what a retraction leaves without ground', async () => {
    await using service = await openService()
    await service.record('/v1/emergencies/e-1/declare', { when: '2024-01-08T00:00:00Z', data })
    await service.record('/v1/emergencies/e-1/lift', { when: '2024-01-09T00:00:00Z' })
    const { flags } = await service.record(`/v1/events/${eventId(1)}/retract`, { data: { reason } })
    expect(flags).toStrictEqual([{ eventId: eventId(2), type: 'EmergencyLifted', status: null }])
  })

  test('name what a corrected time puts out of its order', async () => {
    await using service = await openService()
    await service.record('/v1/emergencies/e-1/declare', { when: '2024-01-08T00:00:00Z', data })
    await service.record('/v1/emergencies/e-1/lift', { when: '2024-01-09T00:00:00Z' })
    const { flags } = await service.record(`/v1/events/${eventId(1)}/correct`, {
      data: { when: '2024-01-10T00:00:00Z', reason },
    })
    expect(flags).toStrictEqual([
      { eventId: eventId(2), type: 'EmergencyLifted', status: null },
      { eventId: eventId(1), type: 'EmergencyDeclared', status: 'lifted' },
    ])
  })
})

describe('a revision that was seen', () => {
  const path = '/v1/emergencies/e-1'

  test('lets a command through while it is the newest', async () => {
    await using service = await openService()
    const post = (command: string, body: object, headers: Record<string, string>) =>
      service.post(`${path}/${command}`, { source, ...body }, headers)
    expect((await post('declare', { data }, { 'if-none-match': '*' })).status).toBe(201)
    expect((await post('amend', { data: { title: 'A' } }, { 'if-match': '"0"' })).status).toBe(201)
    expect((await post('amend', { data: { title: 'B' } }, { 'if-match': '1' })).status).toBe(201)
    const meta = await service.post(`/v1/events/${eventId(1)}/corroborate`, { source }, { 'if-match': '"2"' })
    expect([meta.status, meta.headers['etag']]).toStrictEqual([201, '"3"'])
  })

  test('refuses it when there is a newer one, and gives what was missed', async () => {
    await using service = await openService()
    await service.record(`${path}/declare`, { data })
    await service.record(`${path}/amend`, { data: { title: 'A' } })
    await service.record(`${path}/amend`, { data: { title: 'B' } })
    const events = await eventsOf(service)
    const missed = async (headers: Record<string, string>) => {
      const { status, headers: given, body } = await service.post(`${path}/lift`, { source }, headers)
      expect([status, given['content-type']]).toStrictEqual([412, 'application/problem+json'])
      return body
    }
    expect(await missed({ 'if-match': '"0"' })).toStrictEqual({
      ...conflict,
      detail:
        'emergency-e-1 is at revision 2; you expected revision 0. ' +
        'Read what was missed, decide again, and send the new revision.',
      revision: 2,
      missed: events.slice(1),
    })
    expect((await missed({ 'if-match': '"1"' })).missed).toStrictEqual(events.slice(2))
    expect((await missed({ 'if-none-match': '*' })).missed).toStrictEqual(events)
    expect(await missed({ 'if-match': '"7"' })).toMatchObject({ revision: 2, missed: [] })
    expect(await eventsOf(service)).toHaveLength(3)
  })

  test('is none where there is no stream', async () => {
    await using service = await openService()
    const { status, body } = await service.post(`${path}/declare`, { source, data }, { 'if-match': '"0"' })
    expect([status, body.revision, body.missed]).toStrictEqual([412, null, []])
  })

  test('is judged before the lifecycle', async () => {
    await using service = await openService()
    await service.record(`${path}/declare`, { data })
    expect((await service.post(`${path}/declare`, { source, data }, { 'if-match': '"4"' })).status).toBe(412)
  })

  test('gives at most a hundred events', async () => {
    await using service = await openService()
    await service.record(`${path}/declare`, { data })
    for (let count = 0; count < 120; count++)
      await service.record(`${path}/amend`, { data: { title: `${count}` } })
    const { body } = await service.post(`${path}/lift`, { source }, { 'if-match': '"5"' })
    expect(body.revision).toBe(120)
    expect(body.missed.map(({ revision }: Json) => revision)).toStrictEqual(
      Array.from({ length: 100 }, (_, index) => index + 6),
    )
  })

  test.each([
    [{ 'if-match': '*' }, '/header/if-match'],
    [{ 'if-match': 'W/"1"' }, '/header/if-match'],
    [{ 'if-match': '"0", "1"' }, '/header/if-match'],
    [{ 'if-match': '-1' }, '/header/if-match'],
    [{ 'if-match': '' }, '/header/if-match'],
    [{ 'if-match': '"99999999999999999999"' }, '/header/if-match'],
    [{ 'if-none-match': '"0"' }, '/header/if-none-match'],
    [{ 'if-none-match': '*', 'if-match': '"0"' }, '/header/if-none-match'],
  ])('is refused as %j', async (headers: Record<string, string>, pointer) => {
    await using service = await openService()
    const { status, body } = await service.post(`${path}/declare`, { source, data }, headers)
    expect([status, body.code, body.errors[0].pointer]).toStrictEqual([400, 'invalid', pointer])
  })
})

describe('an idempotency key', () => {
  const key = { 'idempotency-key': 'k-1' }
  const path = '/v1/emergencies/e-1/declare'
  const body = { source, when: '2024-01-08', zone: 'America/Lima', data: { ...data, title: 'Night' } }

  test('gives the first receipt again, for ever', async () => {
    await using service = await openService()
    const first = await service.post(path, body, key)
    service.at('2024-01-20T00:00:00.000Z')
    await service.record('/v1/emergencies/e-1/lift', {})
    await service.record(`/v1/events/${eventId(1)}/retract`, { data: { reason } })
    const again = await service.post(path, body, key)
    expect(first.headers).not.toHaveProperty('idempotency-replayed')
    expect(again.status).toBe(201)
    expect(again.headers).toMatchObject({
      'idempotency-replayed': 'true',
      location: first.headers['location'],
      etag: '"0"',
      'ledger-position': '1',
    })
    expect(again.body).toStrictEqual(first.body)
    expect(await eventsOf(service)).toHaveLength(3)
  })

  test('is looked up before the revision and the lifecycle', async () => {
    await using service = await openService()
    const first = await service.post(path, body, { ...key, 'if-none-match': '*' })
    await service.record('/v1/emergencies/e-1/lift', {})
    for (const headers of [{ 'if-none-match': '*' }, { 'if-match': '"99"' }]) {
      const again = await service.post(path, body, { ...key, ...headers })
      expect([again.status, again.body]).toStrictEqual([201, first.body])
    }
  })

  test('holds whatever is left out or spelt out that means the same', async () => {
    await using service = await openService()
    const written = {
      ...body,
      source: { ...source, speaker: 'Minister' },
      data: { type: 'curfew', issuer: 'President' },
    }
    const same = {
      data: { issuer: { name: 'President' }, type: 'curfew' },
      reality: 'actual',
      source: { speaker: { name: 'Minister' }, medium: source.medium, publisher: source.publisher },
      zone: body.zone,
      when: body.when,
    }
    const first = await service.post(path, written, key)
    expect((await service.post(path, same, key)).body).toStrictEqual(first.body)
  })

  test('compares a when as it is written: what it was resolved to may differ', async () => {
    await using service = await openService()
    const first = await service.post(path, { source, data }, key)
    const year = { source, when: '2024', zone: 'UTC', data: { title: 'A' } }
    const amended = await service.post('/v1/emergencies/e-1/amend', year, { 'idempotency-key': 'k-2' })
    const disputed = { source, data: { reason, when: '2024', zone: 'UTC' } }
    const dispute = `/v1/events/${eventId(1)}/dispute`
    const told = await service.post(dispute, disputed, { 'idempotency-key': 'k-3' })
    service.at('2024-01-20T00:00:00.000Z')
    expect((await service.post(path, { source, data }, key)).body).toStrictEqual(first.body)
    const again = await service.post('/v1/emergencies/e-1/amend', year, { 'idempotency-key': 'k-2' })
    expect(again.body).toStrictEqual(amended.body)
    expect((await service.post(dispute, disputed, { 'idempotency-key': 'k-3' })).body).toStrictEqual(
      told.body,
    )
  })

  test('knows a named event by its id, however it is named', async () => {
    await using service = await openService()
    await service.post(path, body, key)
    const refs = (name: string) => ({ source, data: { title: 'A' }, refs: { basedOn: [name] } })
    const amend = '/v1/emergencies/e-1/amend'
    const first = await service.post(amend, refs(eventId(1)), { 'idempotency-key': 'k-2' })
    const again = await service.post(amend, refs('emergency-e-1#k-1'), { 'idempotency-key': 'k-2' })
    expect([first.status, again.body]).toStrictEqual([201, first.body])
    const meta = { 'idempotency-key': 'k-3' }
    const told = await service.post(`/v1/events/${eventId(1)}/corroborate`, { source }, meta)
    const retold = await service.post('/v1/events/emergency-e-1%23k-1/corroborate', { source }, meta)
    expect([told.status, retold.body]).toStrictEqual([201, told.body])
  })

  test('for another body is refused, and the first difference is named', async () => {
    await using service = await openService()
    const { body: first } = await service.post(path, body, key)
    const { status, headers, body: problem } = await service.post(path, { ...body, when: '2024-01-09' }, key)
    expect([status, headers['content-type']]).toStrictEqual([422, 'application/problem+json'])
    expect(problem).toStrictEqual({
      ...mismatch,
      detail:
        `The key "k-1" already names event ${first.event.id}, which differs at /when. ` +
        'Send the same body again, or another key.',
      eventId: first.event.id,
      difference: { pointer: '/when', was: '2024-01-08', is: '2024-01-09' },
    })
    const difference = async (other: object, command = 'declare') =>
      (await service.post(`/v1/emergencies/e-1/${command}`, { ...body, ...other }, key)).body.difference
    expect(await difference({ zone: 'UTC' })).toStrictEqual({
      pointer: '/zone',
      was: 'America/Lima',
      is: 'UTC',
    })
    expect(await difference({ note: 'A' })).toStrictEqual({ pointer: '/note', was: null, is: 'A' })
    expect(await difference({ data })).toStrictEqual({ pointer: '/data/title', was: 'Night', is: null })
    expect(await difference({ source: { ...source, medium: 'press' } })).toStrictEqual({
      pointer: '/source/medium',
      was: 'official_statement',
      is: 'press',
    })
    expect(await difference({ places: [{ name: 'A' }] })).toStrictEqual({
      pointer: '/places',
      was: null,
      is: [{ name: 'A' }],
    })
    expect(await difference({ acceptAnomaly: 'A' })).toStrictEqual({
      pointer: '/acceptAnomaly',
      was: null,
      is: 'A',
    })
    expect(await difference({ data: {} }, 'lift')).toStrictEqual({
      pointer: '/type',
      was: 'EmergencyDeclared',
      is: 'EmergencyLifted',
    })
    expect(await eventsOf(service)).toHaveLength(1)
  })

  test('of what is said about an event names the difference in its own when', async () => {
    await using service = await openService()
    await service.post(path, body, {})
    const dispute = (when: string, zone: string) =>
      service.post(`/v1/events/${eventId(1)}/dispute`, { source, data: { reason, when, zone } }, key)
    expect((await dispute('2024-01-09', 'UTC')).status).toBe(201)
    expect((await dispute('2024-01-07', 'UTC')).body.difference).toStrictEqual({
      pointer: '/data/when',
      was: '2024-01-09',
      is: '2024-01-07',
    })
    expect((await dispute('2024-01-09', 'Asia/Tokyo')).body.difference).toStrictEqual({
      pointer: '/data/zone',
      was: 'UTC',
      is: 'Asia/Tokyo',
    })
  })

  test('is of its stream: another stream may use it for something else', async () => {
    await using service = await openService()
    await service.post(path, body, key)
    const other = await service.post('/v1/emergencies/e-2/declare', { source, data }, key)
    expect([other.status, other.body.event.stream]).toStrictEqual([201, 'emergency-e-2'])
    const kind = await service.post('/v1/orders/e-1/issue', { source, data: { content: 'A' } }, key)
    expect(kind.status).toBe(201)
    const meta = await service.post(`/v1/events/${eventId(1)}/corroborate`, { source }, key)
    expect(meta.status).toBe(422)
  })

  test('of a correction holds though what the correction rested on was taken back', async () => {
    await using service = await openService()
    await service.record('/v1/emergencies/e-1/declare', { when: '2024-01-08T00:00:00Z', data })
    const correct = `/v1/events/${eventId(1)}/correct`
    await service.record(correct, { data: { zone: 'America/Lima', reason } })
    const term = { duration: 'P60D', countsFirstDay: true }
    const second = { data: { data: { ...data, term }, reason } }
    const first = await service.post(correct, second, key)
    expect(first.status).toBe(201)
    await service.record(`/v1/events/${eventId(2)}/retract`, { data: { reason } })
    const again = await service.post(correct, second, key)
    expect([again.status, again.body]).toStrictEqual([201, first.body])
    // Nothing else would be taken now.
    expect((await service.post(correct, second)).status).toBe(400)
  })

  test('of the first event of a stream may not name what is said about it', async () => {
    await using service = await openService()
    await service.post(path, body, key)
    const { status, body: problem } = await service.post(
      `/v1/events/${eventId(1)}/correct`,
      { data: { zone: 'UTC', reason } },
      key,
    )
    expect([status, problem.difference.pointer]).toStrictEqual([422, '/type'])
  })

  test.each([
    ['', 'empty'],
    ['a'.repeat(201), 'too long'],
    ['cl\u00e9', 'not ASCII'],
  ])('is refused when it is %s (%s)', async (value) => {
    await using service = await openService()
    const { status, body: problem } = await service.post(path, body, { 'idempotency-key': value })
    expect([status, problem.errors]).toStrictEqual([
      400,
      [{ pointer: '/header/idempotency-key', detail: 'must be 1 to 200 printable ASCII characters' }],
    ])
  })
})
