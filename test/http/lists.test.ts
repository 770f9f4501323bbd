import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventId, type Json, openService, type TestService } from '../service.ts'
import { deployment, emergency, row } from './expected.ts'

const guayaquil = { name: 'Guayaquil', country: 'EC', subdivision: 'EC-G', precision: 'settlement' }
const ecuador = { name: 'Ecuador', country: 'EC', precision: 'country' }
const tumbes = { name: 'Tumbes', country: 'PE', subdivision: 'PE-TUM', precision: 'admin1' }
const zone = 'America/Guayaquil'
const noon = '2024-01-09T12:00:00.000Z'
const known = '2024-01-10T12:00:00.000Z'

/**
 * Around noon of the 9th: a curfew in Guayaquil in force, an emergency of all Ecuador announced some time that day, a
 * border closed in Tumbes and opened again, an exercise, and police ordered to Tumbes, perhaps there already.
 */
const recordCrisis = async ({ record }: TestService) => {
  await record('/v1/emergencies/ec-curfew/declare', {
    when: '2024-01-08',
    zone,
    crisis: 'ecuador-2024',
    places: [guayaquil],
    data: { type: 'curfew', title: 'Toque de queda', legalBasis: { type: 'decree', number: '110' } },
  })
  await record('/v1/emergencies/ec-whole/announce', {
    when: '2024-01-09',
    zone,
    crisis: 'ecuador-2024',
    places: [ecuador],
    data: { type: 'state_of_emergency' },
  })
  await record('/v1/emergencies/pe-border/declare', {
    when: '2024-01-07T00:00:00Z',
    places: [tumbes],
    data: { type: 'border_closure', title: 'Łódź straße' },
  })
  await record('/v1/emergencies/pe-border/lift', { when: '2024-01-08T00:00:00Z' })
  await record('/v1/emergencies/pe-drill/declare', {
    when: '2024-01-08T00:00:00Z',
    reality: 'exercise',
    data: { type: 'curfew' },
  })
  await record('/v1/deployments/pe-police/order', {
    when: '2024-01-08T00:00:00Z',
    places: [tumbes],
    data: { unit: { name: 'Diroes' } },
  })
  await record('/v1/deployments/pe-police/arrive', { when: '2024-01-09', zone })
}

const decree110 = { type: 'decree', number: '110' }
const curfew = emergency({
  status: 'in_force',
  title: 'Toque de queda',
  type: 'curfew',
  places: [guayaquil],
  legalBasis: decree110,
})
const whole = emergency({
  status: 'announced',
  title: 'ec-whole',
  type: 'state_of_emergency',
  places: [ecuador],
})
const lifted = emergency({
  status: 'lifted',
  title: 'Łódź straße',
  type: 'border_closure',
  places: [tumbes],
})
const ordered = deployment({
  status: 'ordered',
  title: 'Diroes',
  unit: { name: 'Diroes' },
  places: [tumbes],
})

const curfewRow = row('emergency', 'ec-curfew', { crisis: ['ecuador-2024'], state: curfew })
const wholeRow = row('emergency', 'ec-whole', {
  crisis: ['ecuador-2024'],
  certainty: 'possible',
  state: whole,
  otherwise: [null],
})
const liftedRow = row('emergency', 'pe-border', { revision: 1, state: lifted })
const policeRow = row('deployment', 'pe-police', {
  revision: 1,
  state: ordered,
  otherwise: [{ ...ordered, status: 'on_site' }],
})

const none = { certain: 0, possible: 0 }
const one = { certain: 1, possible: 0 }
const perhaps = { certain: 0, possible: 1 }
const at = { asOf: noon, knownAt: known, zone: 'UTC', position: 7 }

const idsOf = (body: { rows: { id: string }[] }): string[] => body.rows.map(({ id }) => id)

describe('the picture', () => {
  test('says of each kind how many have each active status, and shows them', async () => {
    await using service = await openService()
    await recordCrisis(service)
    const answer = await service.get(`/v1/picture?asOf=${noon}`)
    expect(answer.status).toBe(200)
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.headers).not.toHaveProperty('etag')
    expect(answer.body).toStrictEqual({
      ...at,
      kinds: {
        emergencies: {
          counts: { announced: perhaps, in_force: one },
          rows: [curfewRow, wholeRow],
          next: null,
        },
        fugitives: {
          counts: { missing: none, reported_escaped: none, at_large: none },
          rows: [],
          next: null,
        },
        deployments: {
          counts: { ordered: perhaps, en_route: none, on_site: perhaps },
          rows: [policeRow],
          next: null,
        },
        designations: { counts: { designated: none }, rows: [], next: null },
        incidents: { counts: { reported: none, confirmed: none, contained: none }, rows: [], next: null },
        operations: { counts: { ordered: none, running: none }, rows: [], next: null },
        orders: { counts: { issued: none }, rows: [], next: null },
        meetings: { counts: { called: none, in_session: none }, rows: [], next: null },
        travels: { counts: { ordered: none, travelling: none, there: none }, rows: [], next: null },
        statements: { counts: { standing: none }, rows: [], next: null },
        actors: { counts: { known: none }, rows: [], next: null },
      },
    })
  })

  test('counts with ended=true what has ended too, and shows only what is active all the same', async () => {
    await using service = await openService()
    await recordCrisis(service)
    const { body } = await service.get(`/v1/picture?asOf=${noon}&ended=true&country=PE`)
    expect(body.kinds.emergencies).toStrictEqual({
      counts: {
        announced: none,
        in_force: none,
        lifted: one,
        annulled: none,
        superseded: none,
        abandoned: none,
        expired: none,
      },
      rows: [],
      next: null,
    })
  })

  test('goes on, kind by kind, in the list of the kind', async () => {
    await using service = await openService()
    await recordCrisis(service)
    const picture = `/v1/picture?asOf=${noon}&limit=1&crisis=ecuador-2024`
    const { body } = await service.get(picture)
    expect(body.kinds.emergencies.rows).toStrictEqual([curfewRow])
    const { next } = body.kinds.emergencies
    const rest = await service.get(`/v1/emergencies?cursor=${next}`)
    expect(rest.body).toStrictEqual({
      ...at,
      rows: [wholeRow],
      counts: { announced: perhaps, in_force: one },
      next: null,
    })
    expect(
      (await service.get(`/v1/emergencies?asOf=${noon}&crisis=ecuador-2024&cursor=${next}`)).status,
    ).toBe(200)
  })

  test('takes no type and no status', async () => {
    await using service = await openService()
    for (const name of ['type', 'status', 'cursor']) {
      const answer = await service.get(`/v1/picture?${name}=curfew`)
      expect(answer.status).toBe(400)
      expect(answer.body.errors).toStrictEqual([
        { pointer: `/query/${name}`, detail: `unknown field "${name}": remove it` },
      ])
    }
  })
})

describe('a list', () => {
  test('has the active entities of a kind, and counts them', async () => {
    await using service = await openService()
    await recordCrisis(service)
    const answer = await service.get(`/v1/emergencies?asOf=${noon}`)
    expect(answer.status).toBe(200)
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.headers).not.toHaveProperty('etag')
    expect(answer.body).toStrictEqual({
      ...at,
      rows: [curfewRow, wholeRow],
      counts: { announced: perhaps, in_force: one },
      next: null,
    })
  })

  test('has with status=any all that hold, and counts every status', async () => {
    await using service = await openService()
    await recordCrisis(service)
    const { body } = await service.get(`/v1/emergencies?asOf=${noon}&status=any`)
    expect(body.rows).toStrictEqual([curfewRow, wholeRow, liftedRow])
    expect(body.counts).toStrictEqual({
      announced: perhaps,
      in_force: one,
      lifted: one,
      annulled: none,
      superseded: none,
      abandoned: none,
      expired: none,
    })
  })

  test('of what is asked of a candidate, judges candidate by candidate', async () => {
    await using service = await openService()
    await service.record('/v1/deployments/d-1/order', {
      when: '2024-01-08T00:00:00Z',
      places: [ecuador],
      data: { unit: 'Unit' },
    })
    await service.record('/v1/deployments/d-1/arrive', { when: '2024-01-09', zone, places: [tumbes] })
    const { body } = await service.get(`/v1/deployments?asOf=${noon}&country=EC`)
    expect(body.counts).toStrictEqual({ ordered: perhaps, en_route: none, on_site: none })
    expect(body.rows.map(({ certainty, state }: Json) => [certainty, state.status])).toStrictEqual([
      ['possible', 'ordered'],
    ])
  })

  test('is certain of two states that both satisfy what is asked', async () => {
    await using service = await openService()
    await recordCrisis(service)
    const { body } = await service.get(`/v1/deployments?asOf=${noon}`)
    expect(body.rows).toStrictEqual([policeRow])
    expect(body.counts).toStrictEqual({ ordered: perhaps, en_route: none, on_site: perhaps })
    const any = await service.get(`/v1/deployments?asOf=${noon}&status=any`)
    expect(any.body.rows).toStrictEqual([{ ...policeRow, certainty: 'possible' }])
  })

  test('with nothing but status=any is certain of a status, wherever it may be', async () => {
    await using service = await openService()
    await service.record('/v1/emergencies/e-1/declare', {
      when: '2024-01-08T00:00:00Z',
      crisis: 'c-1',
      places: [ecuador],
      data: { type: 'curfew' },
    })
    await service.record('/v1/emergencies/e-1/amend', { when: '2024-01-09', zone, places: [tumbes] })
    const certaintyOf = async (query: string) => {
      const { rows } = (await service.get(`/v1/emergencies?asOf=${noon}&${query}`)).body
      return rows.map(({ certainty, otherwise }: Json) => [certainty, otherwise.length])
    }
    expect(await certaintyOf('status=any')).toStrictEqual([['certain', 1]])
    expect(await certaintyOf('status=any&crisis=c-1&reality=actual&certainty=certain')).toStrictEqual([
      ['certain', 1],
    ])
    expect(await certaintyOf('status=any&country=PE')).toStrictEqual([['possible', 1]])
    expect(await certaintyOf('status=any&country=PE&certainty=certain')).toStrictEqual([])
  })

  test('knows of no entity that only has no beginning', async () => {
    await using service = await openService()
    await service.record('/v1/emergencies/e-1/declare', {
      when: '../2024-01-09',
      zone,
      data: { type: 'curfew' },
    })
    const before = await service.get('/v1/emergencies?asOf=2024-01-08')
    expect(before.body.rows).toStrictEqual([])
    expect(before.body.counts).toStrictEqual({ announced: none, in_force: none })
    expect(idsOf((await service.get('/v1/emergencies?asOf=2024-01-10')).body)).toStrictEqual(['e-1'])
  })

  test('leaves out what is retracted', async () => {
    await using service = await openService()
    const { event } = await service.record('/v1/emergencies/e-1/declare', { data: { type: 'curfew' } })
    await service.record(`/v1/events/${event.id}/retract`, { data: { reason: 'Never was' } })
    expect(idsOf((await service.get('/v1/emergencies?status=any')).body)).toStrictEqual([])
  })
})

describe('a list finds by', () => {
  let service: TestService
  beforeAll(async () => {
    service = await openService()
    await recordCrisis(service)
  })
  afterAll(() => service[Symbol.asyncDispose]())

  test.each<[string, string, string[]]>([
    ['status', 'emergencies?status=lifted', ['pe-border']],
    ['several statuses', 'emergencies?status=lifted,in_force', ['ec-curfew', 'pe-border']],
    ['a type', 'emergencies?type=curfew', ['ec-curfew']],
    ['several types', 'emergencies?type=curfew,state_of_emergency', ['ec-curfew', 'ec-whole']],
    ['country', 'emergencies?status=any&country=PE', ['pe-border']],
    [
      'subdivision, what is known of the country alone included',
      'emergencies?subdivision=EC-G',
      ['ec-curfew', 'ec-whole'],
    ],
    ['another subdivision', 'emergencies?subdivision=EC-P', ['ec-whole']],
    ['crisis', 'emergencies?status=any&crisis=ecuador-2024', ['ec-curfew', 'ec-whole']],
    ['certainty', 'emergencies?certainty=certain', ['ec-curfew']],
    ['possibility', 'emergencies?certainty=possible', ['ec-whole']],
    ['reality', 'emergencies?reality=exercise', ['pe-drill']],
    ['the beginning of a word', 'emergencies?q=toq', ['ec-curfew']],
    ['several words, wherever they stand', 'emergencies?q=queda%20guayaquil', ['ec-curfew']],
    ['the number of its legal basis', 'emergencies?q=110', ['ec-curfew']],
    ['words without marks, ł as l', 'emergencies?status=any&q=lodz', ['pe-border']],
    ['words whose ß is ss', 'emergencies?status=any&q=STRASSE', ['pe-border']],
    ['ẞ as well', 'emergencies?status=any&q=STRA%E1%BA%9EE', ['pe-border']],
    ['no word that only ends so', 'emergencies?q=ayaquil', []],
    ['the name of an actor', 'deployments?q=diroes', ['pe-police']],
    ['what has no word: all of them', 'emergencies?q=%22', ['ec-curfew', 'ec-whole']],
  ])('%s', async (_, question, ids) => {
    const { status, body } = await service.get(`/v1/${question}&asOf=${noon}`)
    expect(status).toBe(200)
    expect(idsOf(body)).toStrictEqual(ids)
  })
})

test('words are asked of each state that may hold, as it was known', async () => {
  await using service = await openService()
  const { record, get } = service
  const piura = { name: 'Piura', country: 'PE', precision: 'settlement' }
  const at = '/v1/deployments/pe-army'
  const order = { when: '2024-01-07T00:00:00Z', places: [tumbes], data: { unit: { name: 'Batalón Uno' } } }
  await record(`${at}/order`, order)
  await record(`${at}/arrive`, { when: '2024-01-09', zone, places: [piura] })
  await record(`/v1/events/${eventId(1)}/correct`, {
    data: { reason: 'Misspelt', data: { ...order.data, unit: { name: 'Batallón Uno' } } },
  })
  const found = async (q: string, knownAt?: number) => {
    const known = knownAt === undefined ? '' : `&knownAt=${knownAt}`
    const { body } = await get(`/v1/deployments?asOf=${noon}&q=${q}${known}`)
    return (body['rows'] as Json[]).map((row) => {
      const { status } = row['state'] as { status: string }
      return `${row['certainty'] as string} ${status}, or ${(row['otherwise'] as Json[]).length} other`
    })
  }
  const both = ['certain ordered, or 1 other']
  expect(await found('batallon')).toStrictEqual(both)
  expect(await found('batalon')).toStrictEqual([])
  expect(await found('batalon', 2)).toStrictEqual(both)
  expect(await found('batallon', 2)).toStrictEqual([])
  expect(await found('tumbes')).toStrictEqual(['possible ordered, or 1 other'])
  expect(await found('piura')).toStrictEqual(['possible on_site, or 1 other'])
  expect(await found('piura', 1)).toStrictEqual([])
  expect(await found('tumbes', 1)).toStrictEqual(['certain ordered, or 0 other'])
  expect(await found('piura%20tumbes')).toStrictEqual([])
  expect(await found('uno%20bat')).toStrictEqual(both)
})

describe('a question', () => {
  let service: TestService
  beforeAll(async () => void (service = await openService()))
  afterAll(() => service[Symbol.asyncDispose]())

  test.each([
    ['status', 'lift', '"lift" is no status here: write active, any, or some of announced, in_force, lifted'],
    [
      'type',
      'riot',
      '"riot" is no type here: write some of state_of_emergency, internal_armed_conflict, curfew',
    ],
    ['country', 'ec', 'must be an ISO 3166-1 alpha-2 code, such as EC'],
    ['subdivision', 'G', 'must be an ISO 3166-2 code, such as EC-G'],
    ['crisis', 'Ecuador', 'must be lower-case letters and digits joined by single hyphens'],
    ['certainty', 'sure', 'Invalid option: expected one of "certain"|"possible"'],
    ['reality', 'real', 'Invalid option: expected one of "actual"|"exercise"|"test"'],
    ['q', '', 'must not be empty'],
    ['limit', '0', 'must be from 1 to 1000'],
    ['limit', '1001', 'must be from 1 to 1000'],
    ['limit', '-1', 'must be a whole number'],
    ['limit', '1e2', 'must be a whole number'],
    ['limit', '10000000000000000000000', 'must be a whole number'],
    ['cursor', 'x', 'is no cursor: take `next` of the page before, unchanged'],
    ['colour', 'red', 'unknown field "colour": remove it'],
    ['__proto__', 'x', 'unknown field "__proto__": remove it'],
    ['constructor', 'x', 'unknown field "constructor": remove it'],
  ])('refuses %s=%s', async (name, value, detail) => {
    const { status, headers, body } = await service.get(
      `/v1/emergencies?${name}=${encodeURIComponent(value)}`,
    )
    expect(status).toBe(400)
    expect(headers['content-type']).toBe('application/problem+json')
    expect(body.code).toBe('invalid')
    expect(body.errors).toHaveLength(1)
    expect(body.errors[0].pointer).toBe(`/query/${name}`)
    expect(body.errors[0].detail).toContain(detail)
  })

  test('refuses a parameter that is given twice', async () => {
    const { status, body } = await service.get('/v1/emergencies?q=a&q=b')
    expect(status).toBe(400)
    expect(body.errors).toStrictEqual([{ pointer: '/query/q', detail: 'is given twice: give it once' }])
  })

  test('names every fault', async () => {
    const { body } = await service.get('/v1/emergencies?limit=0&country=x&a%2Fb=c')
    expect(body.errors.map(({ pointer }: Json) => pointer)).toStrictEqual([
      '/query/country',
      '/query/limit',
      '/query/a~1b',
    ])
  })
})

describe('a named question', () => {
  test('shows what is so, and counts all that is active', async () => {
    await using service = await openService()
    await recordCrisis(service)
    const answer = await service.get(`/v1/projections/active-emergencies?asOf=${noon}`)
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.body).toStrictEqual({
      ...at,
      rows: [curfewRow],
      counts: { announced: perhaps, in_force: one },
      next: null,
    })
  })

  test('is possible where another state than the one asked for may hold', async () => {
    await using service = await openService()
    await recordCrisis(service)
    const { body } = await service.get(`/v1/projections/deployed-units?asOf=${noon}`)
    expect(body).toStrictEqual({
      ...at,
      rows: [
        {
          ...policeRow,
          certainty: 'possible',
          state: { ...ordered, status: 'on_site' },
          otherwise: [ordered],
        },
      ],
      counts: { ordered: perhaps, en_route: none, on_site: perhaps },
      next: null,
    })
  })

  test('of fugitives has those reported and those confirmed, not those missing', async () => {
    await using service = await openService()
    const person = { name: 'Somebody' }
    for (const [id, command] of [
      ['f-1', 'notice-absence'],
      ['f-2', 'report-escape'],
      ['f-3', 'confirm-escape'],
    ] as const)
      await service.record(`/v1/fugitives/${id}/${command}`, { data: { person } })
    const { body } = await service.get('/v1/projections/escaped-fugitives')
    expect(idsOf(body)).toStrictEqual(['f-2', 'f-3'])
    expect(body.counts).toStrictEqual({ missing: one, reported_escaped: one, at_large: one })
  })

  test('is narrowed by a status, and filtered and paged as a list is', async () => {
    await using service = await openService()
    const person = { name: 'Somebody' }
    for (const [id, command] of [
      ['f-1', 'notice-absence'],
      ['f-2', 'report-escape'],
      ['f-3', 'confirm-escape'],
    ] as const)
      await service.record(`/v1/fugitives/${id}/${command}`, { data: { person } })
    const question = '/v1/projections/escaped-fugitives'
    const narrowed = await service.get(`${question}?status=at_large,missing`)
    expect(idsOf(narrowed.body)).toStrictEqual(['f-3'])
    expect(narrowed.body.counts).toStrictEqual({ missing: one, reported_escaped: one, at_large: one })
    const first = await service.get(`${question}?limit=1`)
    expect(idsOf(first.body)).toStrictEqual(['f-2'])
    const second = await service.get(`${question}?limit=1&cursor=${first.body.next}`)
    expect(idsOf(second.body)).toStrictEqual(['f-3'])
    expect(second.body.next).toBeNull()
  })

  test('is not found where there is none of the name', async () => {
    await using service = await openService()
    expect((await service.get('/v1/projections/secret-question')).status).toBe(404)
  })
})

describe('a cursor', () => {
  const declare = { data: { type: 'curfew' } }

  test('pins the coordinate: what comes between two pages is on none of them', async () => {
    await using service = await openService()
    for (const id of ['e-1', 'e-3', 'e-5']) await service.record(`/v1/emergencies/${id}/declare`, declare)
    const first = await service.get('/v1/emergencies?limit=2')
    expect(idsOf(first.body)).toStrictEqual(['e-1', 'e-3'])

    service.at('2024-01-11T00:00:00.000Z')
    await service.record('/v1/emergencies/e-4/declare', declare)
    await service.record('/v1/emergencies/e-5/lift', {})
    const second = await service.get(`/v1/emergencies?cursor=${first.body.next}`)
    const { asOf, knownAt, zone, position } = first.body
    expect(second.body).toStrictEqual({
      asOf,
      knownAt,
      zone,
      position,
      rows: [
        row('emergency', 'e-5', { state: emergency({ status: 'in_force', title: 'e-5', type: 'curfew' }) }),
      ],
      counts: { announced: none, in_force: { certain: 3, possible: 0 } },
      next: null,
    })
    expect(idsOf((await service.get('/v1/emergencies')).body)).toStrictEqual(['e-1', 'e-3', 'e-4'])
  })

  test('goes on with lists of statuses and types, a page of any length', async () => {
    await using service = await openService()
    for (const id of ['e-1', 'e-2', 'e-3']) await service.record(`/v1/emergencies/${id}/declare`, declare)
    const question = '/v1/emergencies?status=in_force,lifted&type=curfew,border_closure&zone=Asia/Tokyo'
    const first = await service.get(`${question}&limit=1`)
    const bare = await service.get(`/v1/emergencies?limit=2&cursor=${first.body.next}`)
    const again = await service.get(`${question}&limit=2&minPosition=1&cursor=${first.body.next}`)
    expect(idsOf(bare.body)).toStrictEqual(['e-2', 'e-3'])
    expect(bare.body.zone).toBe('Asia/Tokyo')
    expect(again.body).toStrictEqual(bare.body)
  })

  test('is refused with another filter or coordinate, at another address, and when it is changed', async () => {
    await using service = await openService()
    for (const id of ['e-1', 'e-2']) await service.record(`/v1/emergencies/${id}/declare`, declare)
    const { next } = (await service.get('/v1/emergencies?limit=1&type=curfew')).body
    const refused = async (path: string): Promise<unknown> => {
      const { status, body } = await service.get(path)
      return [status, body.errors[0].pointer]
    }
    for (const [name, value] of [
      ['type', 'curfew,border_closure'],
      ['status', 'in_force'],
      ['asOf', '2024-01-09'],
      ['knownAt', '1'],
      ['zone', 'UTC'],
    ])
      expect(await refused(`/v1/emergencies?cursor=${next}&${name}=${value}`)).toStrictEqual([
        400,
        `/query/${name}`,
      ])
    expect(await refused(`/v1/deployments?cursor=${next}`)).toStrictEqual([400, '/query/cursor'])
    expect(await refused(`/v1/emergencies?cursor=${next.slice(1)}`)).toStrictEqual([400, '/query/cursor'])
    expect(await refused(`/v1/emergencies?cursor=`)).toStrictEqual([400, '/query/cursor'])
    const forged = (change: object) => {
      const cursor = { ...JSON.parse(Buffer.from(next, 'base64url').toString()), ...change }
      return `/v1/emergencies?cursor=${Buffer.from(JSON.stringify(cursor)).toString('base64url')}`
    }
    for (const change of [
      { at: null },
      { at: {} },
      { query: null },
      { query: { type: 1 } },
      { query: { type: 'riot' } },
      { query: { status: '%' } },
      { after: 1 },
      { more: true },
    ])
      expect((await service.get(forged(change))).status).toBe(400)
    expect((await service.get(forged({}))).status).toBe(200)
  })
})
