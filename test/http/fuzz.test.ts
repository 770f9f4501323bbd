import * as fc from 'fast-check'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { allKinds } from '../../src/vocabulary/index.ts'
import { metaCommands } from '../../src/vocabulary/meta.ts'
import { type Answer, bodyOf, eventId, openService, source, type TestService } from '../service.ts'

let service: TestService

beforeAll(async () => {
  service = await openService()
  for (const [id, when] of [
    ['a-1', '2024-01-08'],
    ['a-2', '../2024-01-09'],
  ] as const)
    await service.record(
      '/v1/emergencies/' + id + '/declare',
      {
        when,
        zone: 'America/Guayaquil',
        data: { type: 'curfew', term: { duration: 'P5D', countsFirstDay: null } },
      },
      { 'idempotency-key': 'k-1' },
    )
})
afterAll(() => service[Symbol.asyncDispose]())

afterEach(async () => {
  expect(service.logged.filter(({ level }) => level === 50)).toStrictEqual([])
  expect((await service.get('/v1/picture')).status).toBe(200)
})

/** Whatever is sent, the answer is a success or a problem that is not ours. */
const expectSense = ({ status, headers, body }: Pick<Answer, 'status' | 'headers' | 'body'>) => {
  expect([200, 201, 400, 403, 404, 405, 409, 412, 413, 415, 422]).toContain(status)
  if (status < 300) return
  expect(headers['content-type']).toBe('application/problem+json')
  expect(body).toMatchObject({ status, code: expect.any(String), detail: expect.stringMatching(/\S/) })
  for (const { pointer, detail } of body.errors ?? []) {
    expect(pointer).toMatch(/^(\/([^~/]|~[01])*)*$/su)
    expect(detail).toMatch(/\S/)
  }
}

const words = [
  '',
  ' ',
  'a-1',
  'a-2',
  'emergency',
  'curfew',
  'P60D',
  'P1Y',
  'PT12H',
  'P0D',
  '2024',
  '2024-01',
  '2024-01-08',
  '2024-02-30',
  '2024-01-08T10:00',
  '2024-01-08T10:00:00Z',
  '0001-01-01',
  '9999-12-31',
  '9999',
  '../2024',
  '2024/..',
  '2024/2023',
  '2024-01-08~',
  '5',
  '-1',
  '0',
  '1',
  '2',
  '9007199254740991',
  '9007199254740993',
  '1e3',
  'NaN',
  'true',
  'UTC',
  'America/Guayaquil',
  'Etc/GMT+5',
  '-05:00',
  'EC',
  'EC-G',
  'PE-TUM',
  'actual',
  'exercise',
  'any',
  'active',
  'in_force',
  'possible',
  'known',
  'valid',
  'emergency-a-1#k-1',
  'emergency-a-1',
  eventId(1),
  eventId(2),
  eventId(9),
  'http://a.example',
  'javascript:x',
  'constructor',
  '__proto__',
  'toString',
  'hasOwnProperty',
  '..',
  '%2e',
  '%',
  '%zz',
  '#',
  '?',
  '/',
  '\\',
  '"',
  "'",
  '\u0000',
  '\ud800',
  '\udfff',
  '\ufeff',
  '🜁',
  'ß',
  'İ',
  'a,b',
  ',',
  'x'.repeat(400),
]
const word = fc.oneof(fc.constantFrom(...words), fc.string(), fc.string({ unit: 'binary' }))
const scalar = fc.oneof(word, fc.double(), fc.integer(), fc.boolean(), fc.constant(null))
const anything = fc.oneof(
  scalar,
  fc.json().map((text) => JSON.parse(text) as unknown),
  fc.array(scalar, { maxLength: 3 }),
  fc.dictionary(word, scalar, { maxKeys: 3 }),
)

/** Every command with its example as it may be sent. */
const sent = [
  ...allKinds.flatMap(({ plural, commands }) =>
    [...commands.values()].map(({ name, example }) => ({
      path: `/v1/${plural}/f-1/${name}`,
      body: {
        when: '2024-01-08',
        zone: 'UTC',
        source,
        places: [{ name: 'A', country: 'EC' }],
        acceptAnomaly: 'Fuzz',
        data: example,
      },
    })),
  ),
  ...Object.entries(metaCommands).map(([name, { example }]) => ({
    path: `/v1/events/${eventId(1)}/${name}`,
    body: { source, data: example },
  })),
]

/** Every place in a value, each with what it takes to put something else there. */
const places = (value: unknown): ((other: unknown) => unknown)[] => {
  if (value === null || typeof value !== 'object') return [(other) => other]
  const inner = Object.entries(value).flatMap(([name, part]) =>
    places(part).map(
      (put) => (other: unknown) =>
        Array.isArray(value) ? value.with(Number(name), put(other)) : { ...value, [name]: put(other) },
    ),
  )
  return [(other) => other, ...inner]
}

const missing = Symbol('missing')
const text = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => (part === missing ? undefined : part)) ?? ''

/** A command in whose body something is another, is not there, or is there besides. */
const broken = fc.constantFrom(...sent).chain(({ path, body }) =>
  fc
    .tuple(
      fc.constantFrom(...places(body)),
      fc.oneof(anything, fc.constant(missing)),
      word,
      anything,
      fc.boolean(),
    )
    .map(([put, other, name, more, adds]) => ({
      path,
      body: text(adds ? { ...body, [name]: more } : put(other)),
    })),
)

const headers = fc.record(
  {
    'if-match': fc.constantFrom('"0"', '"5"', '*', 'x', ''),
    'if-none-match': fc.constantFrom('*', '"0"'),
    'idempotency-key': fc.constantFrom('k-1', 'k-2', '', 'x'.repeat(300)),
    'content-type': fc.constantFrom('application/json', 'application/json;charset=x', 'text/plain'),
  },
  { requiredKeys: [] },
)
const dry = fc.constantFrom('', '', '?dryRun=true')

test('whatever is broken in the body of a command, the answer makes sense', async () => {
  await fc.assert(
    fc.asyncProperty(broken, headers, dry, async ({ path, body }, given, query) => {
      expectSense(await service.post(path + query, body, given))
    }),
    { numRuns: 600 },
  )
})

test('whatever bytes are sent, the answer makes sense', async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.tuple(fc.constantFrom(...sent), fc.nat(), fc.nat(255)).map(([{ body }, at, byte]) => {
      const whole = new TextEncoder().encode(text(body))
      return whole.with(at % whole.length, byte)
    }),
  )
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...sent), bytes, async ({ path }, body) => {
      expectSense(await service.post(`${path}?dryRun=true`, body))
    }),
    { numRuns: 400 },
  )
})

test('whatever lines are imported, each is told of and none is a fault of ours', async () => {
  const line = fc.oneof(
    fc
      .tuple(broken, fc.option(word), fc.constantFrom('emergency', 'actor', 'statement', 'flood', 7))
      .map(([{ path, body }, key, kind]) => {
        const [, , , id, command] = path.split('/')
        const inner = body === '' ? 'null' : body
        return `{"kind":${text(kind)},"id":${text(id)},"command":${text(command)},${key === null ? '' : `"key":${text(key)},`}"data":${inner}}`
      }),
    broken.map(({ body }) => body),
    word.map((some) => some.replaceAll('\n', ' ')),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 20 }), fc.boolean(), async (lines, isDry) => {
      const { status, body } = await service.post(
        `/v1/import?results=all&dryRun=${isDry}`,
        lines.join('\n'),
        {
          'content-type': 'application/x-ndjson',
        },
      )
      expect(status).toBe(200)
      const told = body.slice(0, -1)
      expect(body.at(-1)).toMatchObject({ done: true, lines: told.length })
      for (const { result, problem } of told) {
        expect(['recorded', 'repeated', 'refused']).toContain(result)
        if (result === 'refused')
          expectSense({
            status: problem.status,
            headers: { 'content-type': 'application/problem+json' },
            body: problem,
          })
      }
    }),
    { numRuns: 100 },
  )
})

const names = [
  'asOf',
  'knownAt',
  'zone',
  'status',
  'type',
  'country',
  'subdivision',
  'crisis',
  'certainty',
  'reality',
  'q',
  'limit',
  'cursor',
  'after',
  'types',
  'kinds',
  'axis',
  'from',
  'to',
  'ended',
  'dryRun',
  'speed',
]
const query = fc
  .array(
    fc.tuple(
      fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: word }),
      word,
    ),
    { maxLength: 4 },
  )
  // What waits for a position or for a speed is another test's.
  .map((pairs) =>
    pairs.filter(([name, value]) => name !== 'speed' && !(/^\d{1,16}$/.test(value) && Number(value) > 1)),
  )
  .map((pairs) => new URLSearchParams(pairs).toString())

const cursor = fc
  .record(
    {
      path: fc.constantFrom('/v1/emergencies', '/v1/emergencies/a-1/history', 'x'),
      query: fc.oneof(fc.dictionary(fc.constantFrom(...names), word, { maxKeys: 2 }), anything),
      at: fc.oneof(
        fc.record({ asOf: word, knownAt: scalar, zone: word, position: fc.constantFrom(0, 1, -1, 'x') }),
        fc.constant({ asOf: '2024-01-08T00:00:00.000Z', knownAt: null, zone: 'UTC', position: 1 }),
        anything,
      ),
      after: fc.oneof(word, fc.nat()),
    },
    { requiredKeys: [] },
  )
  .map((value) => `cursor=${Buffer.from(text(value)).toString('base64url')}`)

const reads = [
  '/v1/picture',
  '/v1/emergencies',
  '/v1/fugitives',
  '/v1/projections/active-emergencies',
  '/v1/emergencies/a-1',
  '/v1/emergencies/a-2/history',
  '/v1/emergencies/a-1/events',
  '/v1/events',
  `/v1/events/${eventId(1)}`,
  '/v1/replay',
  '/healthz',
  '/',
]

test('whatever is asked, the answer makes sense', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...reads),
      fc.oneof({ weight: 4, arbitrary: query }, { weight: 1, arbitrary: cursor }),
      fc.constantFrom('application/json', 'application/x-ndjson', 'text/event-stream', '*/*'),
      async (path, asked, accept) => expectSense(await service.get(`${path}?${asked}`, { accept })),
    ),
    { numRuns: 800 },
  )
})

test('wherever a request goes, the answer makes sense', async () => {
  const segment = fc.oneof(
    fc.constantFrom(
      'v1',
      'emergencies',
      'events',
      'a-1',
      'declare',
      'history',
      'retract',
      'import',
      'picture',
      'projections',
      '..',
      '%2e%2e',
      '%zz',
      '%00',
      '%ff',
      '',
    ),
    word.map((some) => (some.isWellFormed() ? encodeURIComponent(some) : '%ed%a0%80')),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(segment, { maxLength: 6 }),
      fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'),
      fc.boolean(),
      async (segments, method, prefixed) => {
        const response = await service.request(`/${prefixed ? 'v1/' : ''}${segments.join('/')}`, {
          method,
          ...(method === 'GET' ? {} : { body: '{}', headers: { 'content-type': 'application/json' } }),
        })
        const type = response.headers.get('content-type') ?? ''
        expectSense({
          status: response.status,
          headers: { 'content-type': type },
          body: bodyOf(await response.text(), type),
        })
      },
    ),
    { numRuns: 500 },
  )
})
