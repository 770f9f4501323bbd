import { describe, expect, test, vi } from 'vitest'
import { eventId, openService, source } from '../service.ts'
import { because, emergency, row } from './expected.ts'

const known = '2024-01-10T12:00:00.000Z'
const type = 'state_of_emergency'
const reason = 'Told'

const instant = (text: string, zone: string | null = null) => {
  const exact = new Date(text).toISOString()
  return { text, zone, earliest: exact, latest: exact }
}

describe('one entity', () => {
  test('says what it is, since when and until when, what makes it so, and what does not count', async () => {
    await using service = await openService()
    const { record } = service
    const term = { duration: 'P60D', countsFirstDay: true }
    await record('/v1/emergencies/e-1/announce', { when: '2024-01-07T00:00:00Z', data: { type } })
    await record('/v1/emergencies/e-1/declare', {
      when: '2024-01-08T00:00:00Z',
      zone: 'America/Guayaquil',
      crisis: 'b',
      note: 'Told',
      data: { type, term },
    })
    await record(`/v1/events/${eventId(2)}/corroborate`, {})
    await record(`/v1/events/${eventId(2)}/correct`, { data: { note: 'Told better', reason } })
    await record('/v1/emergencies/e-1/amend', {
      when: '2024-01-09T00:00Z/2024-01-09T06:00Z',
      data: { title: 'Amended' },
    })
    await record('/v1/emergencies/e-1/amend', {
      when: '2024-01-10T00:00:00Z',
      crisis: 'a',
      data: { grounds: ['riots'] },
    })
    await record('/v1/emergencies/e-1/amend', { when: '2024-01-09T00:00:00Z', data: { title: 'Wrong' } })
    await record(`/v1/events/${eventId(7)}/retract`, { data: { reason } })
    await record(`/v1/events/${eventId(2)}/dispute`, { data: { reason, when: '2024-01-08T12:00:00Z' } })

    const announced = { id: eventId(1), type: 'EmergencyAnnounced', source }
    const declared = { id: eventId(2), type: 'EmergencyDeclared', source }
    const amended = { type: 'EmergencyAmended', source }
    const inForce = emergency({
      status: 'in_force',
      title: 'e-1',
      type,
      term,
      end: { earliest: '2024-03-07T05:00:00.000Z', latest: '2024-03-08T05:00:00.000Z' },
    })
    const answer = await service.get('/v1/emergencies/e-1?asOf=2024-01-09T03:00:00Z')
    expect(answer.status).toBe(200)
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.headers).not.toHaveProperty('etag')
    expect(answer.body).toStrictEqual({
      asOf: '2024-01-09T03:00:00.000Z',
      knownAt: known,
      zone: 'UTC',
      position: 9,
      ...row('emergency', 'e-1', {
        revision: 8,
        crisis: ['a', 'b'],
        disputed: true,
        state: inForce,
        otherwise: [{ ...inForce, title: 'Amended' }],
      }),
      since: { earliest: '2024-01-08T00:00:00.000Z', latest: '2024-01-08T12:00:00.000Z' },
      until: { earliest: '2024-03-07T05:00:00.000Z', latest: '2024-03-08T05:00:00.000Z' },
      basis: [
        because({ ...announced, when: instant('2024-01-07T00:00:00Z') }),
        because(
          {
            ...declared,
            when: {
              ...instant('2024-01-08T00:00:00Z', 'America/Guayaquil'),
              latest: '2024-01-08T12:00:00.000Z',
            },
          },
          {
            note: 'Told better',
            correctedBy: [eventId(4)],
            disputedBy: [eventId(9)],
            corroboratedBy: [eventId(3)],
          },
        ),
      ],
      aside: [
        because(
          {
            ...amended,
            id: eventId(5),
            when: {
              text: '2024-01-09T00:00Z/2024-01-09T06:00Z',
              zone: null,
              earliest: '2024-01-09T00:00:00.000Z',
              latest: '2024-01-09T06:00:00.000Z',
            },
          },
          { why: 'undecided' },
        ),
        because({ ...amended, id: eventId(6), when: instant('2024-01-10T00:00:00Z') }, { why: 'later' }),
        because({ ...amended, id: eventId(7), when: instant('2024-01-09T00:00:00Z') }, { why: 'retracted' }),
      ],
    })
  })

  test('names the lapse that time brought', async () => {
    await using service = await openService()
    const { event } = await service.record('/v1/emergencies/e-1/declare', {
      when: '2024-01-08T00:00:00Z',
      zone: 'UTC',
      data: { type, until: '2024-01-08' },
    })
    const { body } = await service.get('/v1/emergencies/e-1')
    const end = { earliest: '2024-01-09T00:00:00.000Z', latest: '2024-01-09T00:00:00.000Z' }
    expect(body.state).toStrictEqual(
      emergency({ status: 'expired', title: 'e-1', type, until: '2024-01-08', end }),
    )
    expect(body.basis).toStrictEqual([
      because({ ...event, when: instant('2024-01-08T00:00:00Z', 'UTC') }),
      { lapse: 'expired', ...end },
    ])
    expect(body.since).toStrictEqual(end)
    expect(body.until).toBeNull()
  })

  test('that expired is disputed only by what is said of events after its end', async () => {
    await using service = await openService()
    const disputed = async () => (await service.get('/v1/emergencies/e-1')).body.disputed
    await service.record('/v1/emergencies/e-1/declare', {
      when: '2024-01-08T00:00:00Z',
      zone: 'UTC',
      data: { type, until: '2024-01-08' },
    })
    await service.record(`/v1/events/${eventId(1)}/dispute`, { data: { reason } })
    expect(await disputed()).toBe(false)
    await service.record('/v1/emergencies/e-1/uphold', { when: '2024-01-09T12:00:00Z' })
    await service.record(`/v1/events/${eventId(3)}/dispute`, { data: { reason } })
    expect(await disputed()).toBe(true)
  })

  test('of which nothing holds yet is there, with what comes later', async () => {
    await using service = await openService()
    const { event } = await service.record('/v1/emergencies/e-1/declare', {
      when: '2024-01-08T00:00:00Z',
      data: { type },
    })
    const { status, body } = await service.get('/v1/emergencies/e-1?asOf=2024-01-07')
    expect(status).toBe(200)
    expect(body).toStrictEqual({
      asOf: '2024-01-07T23:59:59.999Z',
      knownAt: known,
      zone: 'UTC',
      position: 1,
      ...row('emergency', 'e-1', { state: null }),
      since: null,
      until: null,
      basis: [],
      aside: [because({ ...event, when: instant('2024-01-08T00:00:00Z') }, { why: 'later' })],
    })
  })

  test('that perhaps is speaks of the state it has if it is', async () => {
    await using service = await openService()
    const { event } = await service.record('/v1/emergencies/e-1/declare', {
      when: '2024-01-08',
      zone: 'UTC',
      data: { type },
    })
    const { body } = await service.get('/v1/emergencies/e-1?asOf=2024-01-08T12:00:00Z')
    expect(body).toStrictEqual({
      asOf: '2024-01-08T12:00:00.000Z',
      knownAt: known,
      zone: 'UTC',
      position: 1,
      ...row('emergency', 'e-1', {
        certainty: 'possible',
        state: emergency({ status: 'in_force', title: 'e-1', type }),
        otherwise: [null],
      }),
      since: { earliest: '2024-01-08T00:00:00.000Z', latest: '2024-01-08T23:59:59.999Z' },
      until: null,
      basis: [because(event)],
      aside: [],
    })
  })

  test('without a beginning is shown, its bounds open', async () => {
    await using service = await openService()
    await service.record('/v1/emergencies/e-1/declare', {
      when: '../2024-01-08',
      zone: 'UTC',
      data: { type },
    })
    const { body } = await service.get('/v1/emergencies/e-1?asOf=1990-01-01')
    expect([body.certainty, body.state.status, body.otherwise]).toStrictEqual([
      'possible',
      'in_force',
      [null],
    ])
    expect(body.since).toStrictEqual({ earliest: null, latest: '2024-01-08T23:59:59.999Z' })
    expect(body.until).toBeNull()
  })

  test('whose status is certain in two pieces counts from the first to the last', async () => {
    await using service = await openService()
    const { record } = service
    const list = { data: { title: 'List' } }
    await record('/v1/designations/d-1/designate', { when: '2024-01-01T00:00:00Z', ...list })
    await record('/v1/designations/d-1/designate', {
      when: '2024-01-04',
      zone: 'UTC',
      data: { title: 'Again' },
      acceptAnomaly: 'Revoked and made again on one day',
    })
    await record('/v1/designations/d-1/revoke', { when: '2024-01-04', zone: 'UTC' })
    await record('/v1/designations/d-1/revoke', { when: '2024-01-08', zone: 'UTC' })
    const bounds = {
      since: { earliest: '2024-01-01T00:00:00.000Z', latest: '2024-01-01T00:00:00.000Z' },
      until: { earliest: '2024-01-08T00:00:00.000Z', latest: '2024-01-08T23:59:59.999Z' },
    }
    for (const asOf of ['2024-01-02', '2024-01-04T12:00:00Z', '2024-01-06', '2024-01-08T12:00:00Z']) {
      const { state, since, until } = (await service.get(`/v1/designations/d-1?asOf=${asOf}`)).body
      expect([asOf, state.status, { since, until }]).toStrictEqual([asOf, 'designated', bounds])
    }
  })

  test('whose status is never certain has no inner bounds', async () => {
    await using service = await openService()
    await service.record('/v1/emergencies/e-1/declare', {
      when: '2024-01-01/2024-01-05',
      zone: 'UTC',
      data: { type },
    })
    await service.record('/v1/emergencies/e-1/lift', { when: '2024-01-02/2024-01-05', zone: 'UTC' })
    const { state, since, until } = (await service.get('/v1/emergencies/e-1?asOf=2024-01-03')).body
    expect(state.status).toBe('in_force')
    expect(since).toStrictEqual({ earliest: '2024-01-01T00:00:00.000Z', latest: null })
    expect(until).toStrictEqual({ earliest: null, latest: '2024-01-05T23:59:59.999Z' })
  })

  test('of which all is retracted is there without a state, and in no crisis', async () => {
    await using service = await openService()
    await service.record('/v1/emergencies/e-1/declare', {
      when: '2024-01-08T00:00:00Z',
      crisis: 'c',
      data: { type },
    })
    await service.record(`/v1/events/${eventId(1)}/correct`, {
      data: { when: '2024-01-09T00:00:00Z', reason },
    })
    await service.record(`/v1/events/${eventId(1)}/retract`, { data: { reason } })
    const { status, body } = await service.get('/v1/emergencies/e-1')
    expect(status).toBe(200)
    expect(body).toStrictEqual({
      asOf: known,
      knownAt: known,
      zone: 'UTC',
      position: 3,
      ...row('emergency', 'e-1', { revision: 2, state: null }),
      since: null,
      until: null,
      basis: [],
      aside: [
        because(
          {
            id: eventId(1),
            type: 'EmergencyDeclared',
            when: instant('2024-01-08T00:00:00Z'),
            source,
          },
          { why: 'retracted', correctedBy: [eventId(2)] },
        ),
      ],
    })
  })

  test('tells of a correction that was retracted nothing, and when as corrected of what stands', async () => {
    await using service = await openService()
    await service.record('/v1/emergencies/e-1/declare', { when: '2024-01-08T00:00:00Z', data: { type } })
    await service.record('/v1/emergencies/e-1/lift', { when: '2024-01-09T00:00:00Z' })
    const correct = (data: object) =>
      service.record(`/v1/events/${eventId(2)}/correct`, { data: { ...data, reason } })
    await correct({ when: '2024-01-20T00:00:00Z' })
    await correct({ note: 'Wrong' })
    await service.record(`/v1/events/${eventId(4)}/retract`, { data: { reason } })
    const { aside } = (await service.get('/v1/emergencies/e-1')).body
    expect(aside).toStrictEqual([
      because(
        { id: eventId(2), type: 'EmergencyLifted', when: instant('2024-01-20T00:00:00Z'), source },
        { why: 'later', correctedBy: [eventId(3)] },
      ),
    ])
  })

  test('is flagged where it rests on what its lifecycle does not allow', async () => {
    await using service = await openService()
    await service.record('/v1/emergencies/e-1/lift', {
      when: '2024-01-08T00:00:00Z',
      acceptAnomaly: 'The decree is missing',
    })
    const { body } = await service.get('/v1/emergencies/e-1')
    expect([body.flagged, body.state.status, body.basis[0].flagged]).toStrictEqual([true, 'lifted', true])
  })

  test('is not found before its first event was recorded, and with no event at all', async () => {
    await using service = await openService()
    await service.record('/v1/emergencies/e-0/declare', { data: { type } })
    await service.record('/v1/emergencies/e-1/declare', { data: { type } })
    const statusOf = async (path: string) => (await service.get(path)).status
    expect(await statusOf('/v1/emergencies/e-1')).toBe(200)
    expect(await statusOf('/v1/emergencies/e-1?knownAt=1')).toBe(404)
    expect(await statusOf('/v1/emergencies/e-2')).toBe(404)
    expect(await statusOf('/v1/deployments/e-1')).toBe(404)
    expect(await statusOf('/v1/emergencies/e-2/history')).toBe(404)
    expect(await statusOf('/v1/emergencies/e-1/history?knownAt=1')).toBe(404)
    expect(await statusOf('/v1/emergencies/e-2/events')).toBe(404)
  })

  test('takes no parameter but a coordinate', async () => {
    await using service = await openService()
    await service.record('/v1/emergencies/e-1/declare', { data: { type } })
    expect((await service.get('/v1/emergencies/e-1?status=any')).status).toBe(400)
  })
})

describe('a history', () => {
  test.each(['/v1/incidents/i-1/history', '/v1/versions?kind=incident'])(
    'of long versions (%s) is written one by one, for no text holds all of them',
    async (path) => {
      await using service = await openService()
      const title = 'x'.repeat(100_000)
      await service.record('/v1/incidents/i-1/report', {
        when: '2024-01-01T00:00:00Z',
        data: { type: 'riot', title },
      })
      for (let day = 2; day < 8; day++)
        await service.record('/v1/incidents/i-1/report-figure', {
          when: `2024-01-0${day}T00:00:00Z`,
          data: { measure: 'held', value: { best: day } },
        })
      const writing = vi.spyOn(JSON, 'stringify')
      const { body } = await service.get(path)
      const lengths = writing.mock.results.map(({ value }) => (value as string | undefined)?.length ?? 0)
      writing.mockRestore()
      expect(body.versions.at(-1).candidates[0].title).toBe(title)
      expect(body.versions.length).toBeGreaterThan(6)
      expect(Math.max(...lengths)).toBeLessThan(200_000)
    },
  )

  const inForce = emergency({ status: 'in_force', title: 'e-1', type })
  const lifted = { ...inForce, status: 'lifted' }

  test('along valid time is every version, from before anything on', async () => {
    await using service = await openService()
    await service.record('/v1/emergencies/e-1/declare', { when: '2024-01-08', zone: 'UTC', data: { type } })
    await service.record('/v1/emergencies/e-1/lift', { when: '2024-01-09T00:00:00Z' })
    const answer = await service.get('/v1/emergencies/e-1/history')
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.body).toStrictEqual({
      asOf: known,
      knownAt: known,
      zone: 'UTC',
      position: 2,
      versions: [
        { from: null, to: '2024-01-08T00:00:00.000Z', candidates: [null] },
        { from: '2024-01-08T00:00:00.000Z', to: '2024-01-08T23:59:59.999Z', candidates: [null, inForce] },
        { from: '2024-01-08T23:59:59.999Z', to: '2024-01-09T00:00:00.000Z', candidates: [inForce] },
        { from: '2024-01-09T00:00:00.000Z', to: null, candidates: [lifted] },
      ],
      next: null,
    })
    expect(
      (await service.get('/v1/emergencies/e-1/history?axis=valid&knownAt=1')).body.versions,
    ).toStrictEqual([
      { from: null, to: '2024-01-08T00:00:00.000Z', candidates: [null] },
      { from: '2024-01-08T00:00:00.000Z', to: '2024-01-08T23:59:59.999Z', candidates: [null, inForce] },
      { from: '2024-01-08T23:59:59.999Z', to: null, candidates: [inForce] },
    ])
  })

  test('along knowledge is how one moment came to be known', async () => {
    await using service = await openService()
    service.at('2024-01-08T10:00:00.000Z')
    await service.record('/v1/emergencies/e-1/declare', { when: '2024-01-08T00:00:00Z', data: { type } })
    await service.record('/v1/actors/other/describe', { data: { type: 'person', name: 'Other' } })
    await service.record(`/v1/events/${eventId(1)}/corroborate`, {})
    service.at('2024-01-10T10:00:00.000Z')
    await service.record('/v1/emergencies/e-1/lift', { when: '2024-01-09T00:00:00Z' })
    await service.record(`/v1/events/${eventId(4)}/retract`, { data: { reason } })
    const path = '/v1/emergencies/e-1/history?axis=known&asOf=2024-01-09'
    const at = { asOf: '2024-01-09T23:59:59.999Z', zone: 'UTC' }
    const versions = [
      {
        fromPosition: 1,
        toPosition: 4,
        fromRecordedAt: '2024-01-08T10:00:00.000Z',
        because: [eventId(1)],
        candidates: [inForce],
      },
      {
        fromPosition: 4,
        toPosition: 5,
        fromRecordedAt: '2024-01-10T10:00:00.000Z',
        because: [eventId(4)],
        candidates: [lifted],
      },
      {
        fromPosition: 5,
        toPosition: null,
        fromRecordedAt: '2024-01-10T10:00:00.000Z',
        because: [eventId(5)],
        candidates: [inForce],
      },
    ]
    expect((await service.get(path)).body).toStrictEqual({
      ...at,
      knownAt: '2024-01-10T10:00:00.000Z',
      position: 5,
      versions,
      next: null,
    })
    expect((await service.get(`${path}&knownAt=2`)).body).toStrictEqual({
      ...at,
      knownAt: '2024-01-08T10:00:00.000Z',
      position: 2,
      versions: [{ ...versions[0], toPosition: null }],
      next: null,
    })
  })

  test.each(['valid', 'known'])('along the axis %s comes in pages, all of one coordinate', async (axis) => {
    await using service = await openService()
    await service.record('/v1/emergencies/e-1/declare', { when: '2024-01-08T00:00:00Z', data: { type } })
    await service.record('/v1/emergencies/e-1/lift', { when: '2024-01-09T00:00:00Z' })
    const path = `/v1/emergencies/e-1/history?axis=${axis}`
    const whole = (await service.get(path)).body
    const { body: first } = await service.get(`${path}&limit=1`)
    service.at('2024-01-11T00:00:00.000Z')
    await service.record(`/v1/events/${eventId(2)}/retract`, { data: { reason } })
    const { body: second } = await service.get(`${path}&limit=1&cursor=${first.next}`)
    const bare = await service.get(`/v1/emergencies/e-1/history?cursor=${first.next}&limit=1`)
    expect(bare.body).toStrictEqual(second)
    const pages = [first, second]
    while (pages.at(-1)!.next !== null)
      pages.push((await service.get(`/v1/emergencies/e-1/history?cursor=${pages.at(-1)!.next}`)).body)
    expect(pages.flatMap(({ versions }) => versions)).toStrictEqual(whole.versions)
    const { asOf, knownAt, zone, position } = whole
    for (const page of pages) expect(page).toMatchObject({ asOf, knownAt, zone, position })
    expect((await service.get(`${path}&limit=1&knownAt=1&cursor=${first.next}`)).status).toBe(400)
  })

  test('along valid time takes no asOf: it has every moment', async () => {
    await using service = await openService()
    await service.record('/v1/emergencies/e-1/declare', { data: { type } })
    const { status, body } = await service.get('/v1/emergencies/e-1/history?asOf=2024-01-08')
    expect([status, body.errors[0].pointer]).toStrictEqual([400, '/query/asOf'])
  })

  test('refuses a cursor of a list, and one that is changed', async () => {
    await using service = await openService()
    for (const id of ['e-1', 'e-2']) await service.record(`/v1/emergencies/${id}/declare`, { data: { type } })
    const ofList = (await service.get('/v1/emergencies?limit=1')).body.next
    const own = (await service.get('/v1/emergencies/e-1/history?limit=1')).body.next
    const forged = { ...JSON.parse(Buffer.from(own, 'base64url').toString()), after: 'x' }
    for (const cursor of [ofList, Buffer.from(JSON.stringify(forged)).toString('base64url')]) {
      const { status, body } = await service.get(`/v1/emergencies/e-1/history?cursor=${cursor}`)
      expect([status, body.errors[0].pointer]).toStrictEqual([400, '/query/cursor'])
    }
  })
})
