import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Json, openService, source, type TestService } from '../service.ts'
import { type Reply, replyOf, send, sendRaw } from './wire.ts'

const json = { 'content-type': 'application/json' }
const declare = '/v1/emergencies/e-1/declare'
const good = { source, when: '2024-01-08T00:00:00Z', data: { type: 'curfew' } }

let service: TestService
let url: string

beforeAll(async () => {
  service = await openService()
  url = await service.listen()
  await service.record('/v1/emergencies/there/declare', { data: { type: 'curfew' } })
})
afterAll(() => service[Symbol.asyncDispose]())

// Nothing of what is refused here is recorded, is a fault of ours, or ends the service.
afterEach(async () => {
  expect((await send(url, '/v1/events')).body.head).toBe(1)
  expect(service.logged.filter(({ level }) => Number(level) > 30)).toStrictEqual([])
})

const post = (
  path: string,
  body: string | Uint8Array,
  headers: Record<string, string> = json,
): Promise<Reply> => send(url, path, { method: 'POST', headers, body: [body] })

/** A problem as RFC 9457 has it, with its code and, where it has one place or several, its pointers. */
const expectProblem = ({ status, headers, body }: Reply, expected: [number, string, ...string[]]) => {
  const pointers = (body.errors ?? []).map(({ pointer }: Json) => pointer)
  expect([status, body.code, ...pointers]).toStrictEqual(expected)
  expect(headers['content-type']).toBe('application/problem+json')
  expect(body).toMatchObject({ type: `urn:crisis-ledger:problem:${body.code}`, status })
  expect(body.title).toMatch(/\S/)
  expect(body.detail).toMatch(/\S/)
}

describe('a body', () => {
  test.each<[string, string | Uint8Array]>([
    ['empty', ''],
    ['cut off', '{"source":'],
    ['of single quotes', "{'source':1}"],
    ['with a comma too many', '{"a":1,}'],
    ['with a comment', '{/* */}'],
    ['of two values', '{}{}'],
    ['that is text', 'hello'],
    ['NaN', 'NaN'],
    ['with a raw control character', '{"note":"a\u0001b"}'],
    ['with a raw line break in a text', '{"note":"a\nb"}'],
    ['with a raw NUL', '{"note":"a\0b"}'],
    ['of invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])],
    ['of overlong UTF-8', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
    ['with a raw lone surrogate', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['of UTF-16', Buffer.from('\ufeff{}', 'utf16le')],
  ])('%s is no JSON', async (_, body) => {
    expectProblem(await post(declare, body), [400, 'invalid'])
  })

  test.each(['null', 'true', '1', '"text"', '[]', '[{}]'])('%s is no command', async (body) => {
    expectProblem(await post(declare, body), [400, 'invalid', ''])
  })

  const with_ = (change: object): string => JSON.stringify({ ...good, ...change })
  const raw = (data: string): string => JSON.stringify(good).replace('{"type":"curfew"}', data)
  const deep = (levels: number, open: string, close: string): string =>
    `${open.repeat(levels)}0${close.repeat(levels)}`

  test.each<[string, string, string[]]>([
    ['an unknown field', with_({ startsAt: '2024' }), ['/startsAt']],
    [
      'unknown fields, each with its place',
      with_({ a: 1, 'b/c~d': 2, data: { type: 'curfew', e: 3 }, source: { ...source, f: 4 } }),
      ['/source/f', '/a', '/b~1c~0d'],
    ],
    ['unknown fields of its own', with_({ data: { type: 'curfew', a: 1, b: 2 } }), ['/data/a', '/data/b']],
    ['no source', with_({ source: undefined }), ['/source']],
    ['a source without its two fields', with_({ source: {} }), ['/source/publisher', '/source/medium']],
    ['an unknown medium', with_({ source: { ...source, medium: 'rumour' } }), ['/source/medium']],
    [
      'an address that is none',
      with_({ source: { ...source, url: 'javascript:alert(1)' } }),
      ['/source/url'],
    ],
    [
      'a hash that is none',
      with_({ source: { ...source, capture: { sha256: 'x', at: 'y' } } }),
      ['/source/capture/sha256', '/source/capture/at'],
    ],
    ['a quote too long', with_({ source: { ...source, quote: 'x'.repeat(1001) } }), ['/source/quote']],
    ['a missing field', with_({ data: {} }), ['/data/type']],
    ['an unknown type', with_({ data: { type: 'flood' } }), ['/data/type']],
    ['a number for a text', with_({ note: 1 }), ['/note']],
    ['an empty text', with_({ note: '' }), ['/note']],
    ['null for a field that may be left out', with_({ note: null }), ['/note']],
    ['null for its data', with_({ data: null }), ['/data']],
    ['a list for its data', with_({ data: [] }), ['/data']],
    ['an impossible date', with_({ when: '2024-02-30', zone: 'UTC' }), ['/when']],
    ['an impossible time', with_({ when: '2024-01-08T25:00:00Z' }), ['/when']],
    ['second 60', with_({ when: '2024-01-08T23:59:60Z' }), ['/when']],
    ['a local time that never was', with_({ when: '2024-03-31T02:30', zone: 'Europe/Madrid' }), ['/when']],
    ['a day that was skipped', with_({ when: '2011-12-30', zone: 'Pacific/Apia' }), ['/when']],
    ['a window that ends before it begins', with_({ when: '2024-01-09/2024-01-08', zone: 'UTC' }), ['/when']],
    ['a window without an end', with_({ when: '2024-01-08/..', zone: 'UTC' }), ['/when']],
    ['a window of nothing', with_({ when: '../..', zone: 'UTC' }), ['/when']],
    ['the year 0000', with_({ when: '0000-01-01', zone: 'UTC' }), ['/when']],
    ['a year of five digits', with_({ when: '10000-01-01T00:00:00Z' }), ['/when']],
    ['a date without a zone', with_({ when: '2024-01-08' }), ['/when']],
    ['a when that is too long', with_({ when: '2'.repeat(201) }), ['/when']],
    ['a when with control characters', with_({ when: '2024\u0000' }), ['/when']],
    ['an unknown zone', with_({ zone: 'Guayaquil' }), ['/zone']],
    ['an offset for a zone', with_({ zone: '-05:00' }), ['/zone']],
    ['an unknown reality', with_({ reality: 'fiction' }), ['/reality']],
    ['a crisis that is no key', with_({ crisis: 'Ecuador 2024' }), ['/crisis']],
    ['a country that is none', with_({ places: [{ name: 'A', country: 'Ecuador' }] }), ['/places/0/country']],
    ['a place without a name', with_({ places: [{ name: 'A' }, {}] }), ['/places/1/name']],
    [
      'a subdivision of another country',
      with_({ places: [{ name: 'A', country: 'EC', subdivision: 'PE-TUM' }] }),
      ['/places/0'],
    ],
    [
      'a point outside the world',
      with_({ places: [{ name: 'A', point: [181, 91] }] }),
      ['/places/0/point/0', '/places/0/point/1'],
    ],
    [
      'a term without a zone',
      with_({ data: { type: 'curfew', term: { duration: 'P60D', countsFirstDay: null } } }),
      ['/zone'],
    ],
    [
      'a term that is none',
      with_({ zone: 'UTC', data: { type: 'curfew', term: { duration: '60 days', countsFirstDay: true } } }),
      ['/data/term/duration'],
    ],
    [
      'a term of nothing',
      with_({ zone: 'UTC', data: { type: 'curfew', term: { duration: 'P0D', countsFirstDay: true } } }),
      ['/data/term/duration'],
    ],
    [
      'a term that does not say how days are counted',
      with_({ zone: 'UTC', data: { type: 'curfew', term: { duration: 'P60D' } } }),
      ['/data/term/countsFirstDay'],
    ],
    [
      'an end that is none',
      with_({ zone: 'UTC', data: { type: 'curfew', until: '2024-02-30' } }),
      ['/data/until'],
    ],
    ['an event that is none', with_({ refs: { causedBy: ['nothing'] } }), ['/refs/causedBy/0']],
    ['control characters', with_({ note: 'a\u0007b' }), ['/note']],
    ['NUL', with_({ data: { type: 'curfew', title: 'a\u0000' } }), ['/data/title']],
    [
      'lone surrogates',
      '{"note":"\\ud800","data":{"title":"\\udc00"},"x\\ud800":1}',
      ['/note', '/data/title', '/x\ud800'],
    ],
    [
      'a lone surrogate in an address',
      with_({ source: { ...source, url: 'https://a.example/\ud800' } }),
      ['/source/url'],
    ],
    ['a lone surrogate in an unknown field', with_({ a: ['\udfff'] }), ['/a/0']],
    ['__proto__', '{"__proto__":{"polluted":true}}', ['/__proto__']],
    ['__proto__ in its data', raw('{"type":"curfew","__proto__":{"polluted":true}}'), ['/data/__proto__']],
    [
      '__proto__ in its source',
      JSON.stringify(good).replace('"publisher"', '"__proto__":1,"publisher"'),
      ['/source/__proto__'],
    ],
    [
      'constructor in its data',
      raw('{"type":"curfew","constructor":{"prototype":{}}}'),
      ['/data/constructor'],
    ],
    ['lists in lists in lists', raw(deep(100_000, '[', ']')), ['/data']],
    ['objects in objects in objects', raw(deep(100_000, '{"a":', '}')), ['/data']],
    ['nothing but lists in lists', deep(500_000, '[', ']'), ['/0']],
    ['lists in a field', raw(`{"type":"curfew","grounds":${deep(1_000, '[', ']')}}`), ['/data']],
    ['a number beyond all', raw('{"type":"curfew","title":1e400}'), ['/data/title']],
  ])('with %s is refused, and told where', async (_, body, pointers) => {
    expectProblem(await post(declare, body), [400, 'invalid', ...pointers])
    expect(Reflect.has({}, 'polluted')).toBe(false)
  })

  test('with huge and negative numbers is refused', async () => {
    const order = (strength: string) =>
      post(
        '/v1/deployments/d-1/order',
        `{"source":${JSON.stringify(source)},"data":{"unit":"A","strength":${strength}}}`,
      )
    expectProblem(await order('{"min":-1}'), [400, 'invalid', '/data/strength/min'])
    expectProblem(await order('{"min":1e309}'), [400, 'invalid', '/data/strength/min'])
    expectProblem(await order('{"min":5,"max":1}'), [400, 'invalid', '/data/strength'])
    expectProblem(await order('{"best":"5"}'), [400, 'invalid', '/data/strength/best'])
    expectProblem(await order('5'), [400, 'invalid', '/data/strength'])
  })

  test('with a hundred thousand faults is told of the first hundred', async () => {
    const many = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`f${index}`, 1]))
    const { status, body } = await post(declare, JSON.stringify({ ...good, ...many }))
    expect([status, body.errors.length]).toStrictEqual([400, 100])
    const surrogates = Array<string>(50_000).fill('\ud800')
    const other = await post(declare, JSON.stringify({ ...good, note: surrogates }))
    expect([other.status, other.body.errors.length]).toStrictEqual([400, 100])
  })

  test('of 10 MB is read to its end and dropped', async () => {
    const pieces = Array<Buffer>(160).fill(Buffer.alloc(65_536, 'x'))
    const length = { ...json, 'content-length': String(160 * 65_536) }
    for (const headers of [json, length]) {
      const reply = await send(url, declare, { method: 'POST', headers, body: pieces })
      expectProblem(reply, [413, 'too_large'])
      expect(reply.body.detail).toBe('A body has at most 1048576 bytes; this one has 10485760.')
    }
  })

  test('of 10 MB is of no avail where nothing takes it', async () => {
    const body = Array<Buffer>(160).fill(Buffer.alloc(65_536, 'x'))
    const to = (path: string, more: object = {}) =>
      send(url, path, { method: 'POST', headers: { ...json, ...more }, body })
    expectProblem(await to('/nowhere'), [404, 'not_found'])
    expectProblem(await to('/v1/emergencies/e-1/proclaim'), [404, 'not_found'])
    expectProblem(await to('/v1/picture'), [405, 'method_not_allowed'])
    expectProblem(await to('/v1/import'), [415, 'unsupported_media_type'])
    expectProblem(await to('/v1/import?a=b', { 'content-type': 'application/x-ndjson' }), [
      400,
      'invalid',
      '/query/a',
    ])
    expectProblem(await to(declare, { origin: 'https://elsewhere.example' }), [403, 'forbidden'])
  })

  test('of exactly the limit is not too large, of one byte more it is', async () => {
    const sized = (size: number) => `{"note":"${'x'.repeat(size - 11)}"}`
    expectProblem(await post(declare, sized(1_048_576)), [400, 'invalid', '/source'])
    expectProblem(await post(declare, sized(1_048_577)), [413, 'too_large'])
  })

  test.each([
    ['none', undefined],
    ['text', 'text/plain'],
    ['a form', 'application/x-www-form-urlencoded'],
    ['several parts', 'multipart/form-data; boundary=x'],
    ['nearly JSON', 'application/jsonx'],
    ['a problem', 'application/problem+json'],
    ['lines', 'application/x-ndjson'],
    ['nothing', ''],
  ])('of another media type (%s) is not taken', async (_, type) => {
    const reply = await post(
      declare,
      JSON.stringify(good),
      type === undefined ? {} : { 'content-type': type },
    )
    expectProblem(reply, [415, 'unsupported_media_type'])
    expect(reply.body.detail).toContain('Send the body as application/json')
  })

  test('that is missing is not taken', async () => {
    expectProblem(await send(url, declare, { method: 'POST' }), [415, 'unsupported_media_type'])
    expectProblem(await send(url, declare, { method: 'POST', headers: json }), [400, 'invalid'])
  })

  test('that is packed is not taken', async () => {
    const packed = { ...json, 'content-encoding': 'gzip' }
    const reply = await post(declare, gzipSync(JSON.stringify(good)), packed)
    expectProblem(reply, [415, 'unsupported_media_type'])
    expect(reply.body.detail).toBe('Send the body as it is, not with Content-Encoding: gzip.')
    const lines = { 'content-type': 'application/x-ndjson', 'content-encoding': 'br' }
    expectProblem(await post('/v1/import', 'x', lines), [415, 'unsupported_media_type'])
    const asItIs = { ...json, 'content-encoding': 'identity' }
    expectProblem(await post(declare, '{}', asItIs), [400, 'invalid', '/source'])
  })

  test('that breaks off records nothing, and is no fault of ours', async () => {
    const { hostname, port } = new URL(url)
    const { connect } = await import('node:net')
    for (const head of ['content-length: 1000', 'content-length: 2000000', 'transfer-encoding: chunked']) {
      const socket = connect(Number(port), hostname)
      const body = head.includes('chunked') ? `5\r\n{"sou\r\n` : '{"sou'
      socket.end(
        `POST ${declare} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${head}\r\n\r\n${body}`,
      )
      socket.on('error', () => undefined)
      socket.resume()
      await new Promise((resolve) => socket.once('close', resolve))
    }
  })
})

describe('the id of an entity', () => {
  test.each([
    ['E-1', 400],
    ['e_1', 400],
    ['e--1', 400],
    ['-e', 400],
    ['e-', 400],
    ['e.1', 400],
    ['%C3%A9', 400],
    ['e%201', 400],
    ['e%00', 400],
    ['e%0A', 400],
    ['..%2Fetc', 400],
    ['%2Fetc%2Fpasswd', 400],
    ['%zz', 400],
    ['%', 400],
    ['%ff', 400],
    ['%ed%a0%80', 400],
    ['a'.repeat(81), 400],
    ['constructor', 400],
    ['__proto__', 400],
    ['hasOwnProperty', 400],
    ["'%20OR%201=1", 400],
    ['%3Cscript%3E', 400],
    // Segments of dots are no part of an address: what is left of it is not there.
    ['..', 404],
    ['%2e%2e', 404],
    ['%2E.', 404],
    ['', 404],
    ['e-1/e-2', 404],
  ])('%s is refused', async (id, status) => {
    const path = `/v1/emergencies/${id}/declare`
    expectProblem(
      await post(path, JSON.stringify(good)),
      status === 400 ? [400, 'invalid', '/id'] : [404, 'not_found'],
    )
    expectProblem(
      await post(`${path}?dryRun=true`, JSON.stringify(good)),
      status === 400 ? [400, 'invalid', '/id'] : [404, 'not_found'],
    )
  })

  test.each([
    'E-1',
    'constructor',
    '__proto__',
    'toString',
    '%2e%2e%2f',
    '%zz',
    '%ff',
    'a'.repeat(81),
    '%00',
    "'--",
  ])('%s is not found', async (id) => {
    for (const rest of ['', '/history', '/events'])
      expectProblem(await send(url, `/v1/emergencies/${id}${rest}`), [404, 'not_found'])
  })

  test('of 80 characters is one', async () => {
    const path = `/v1/emergencies/${'a'.repeat(80)}/declare?dryRun=true`
    expect((await post(path, JSON.stringify(good))).status).toBe(200)
  })
})

describe('an address', () => {
  test.each([
    '/v1',
    '/v1/',
    '/v2/picture',
    '/V1/picture',
    '/v1/emergencies/',
    '/v1/emergency',
    '/v1/constructor',
    '/v1/__proto__/e-1',
    '/v1/emergencies/there/',
    '/v1/emergencies/there/past',
    '/v1//emergencies',
    '//elsewhere.example/v1/picture',
    '/..%2f..%2fetc/passwd',
    '/%00',
    '/%zz',
    '/v1/picture%2f',
    `/${'a'.repeat(60)}`,
  ])('%s leads nowhere', async (path) => {
    const reply = await send(url, path)
    expect(reply.status === 404 || reply.status === 405).toBe(true)
    expectProblem(reply, reply.status === 404 ? [404, 'not_found'] : [405, 'method_not_allowed'])
  })

  test.each([
    ['PUT', '/v1/emergencies/there', 'GET, HEAD'],
    ['DELETE', '/v1/events/there', 'GET, HEAD'],
    ['DELETE', '/v1/emergencies/there', 'GET, HEAD'],
    ['PATCH', '/v1/picture', 'GET, HEAD'],
    ['POST', '/v1/emergencies', 'GET, HEAD'],
    ['POST', '/v1/replay', 'GET, HEAD'],
    ['POST', '/', 'GET, HEAD'],
    ['OPTIONS', '/v1/events', 'GET, HEAD'],
    ['TRACE', '/v1/events', 'GET, HEAD'],
    ['PROPFIND', '/v1/events', 'GET, HEAD'],
    ['GET', declare, 'POST'],
    ['PUT', declare, 'POST'],
    ['GET', '/v1/import', 'POST'],
    ['HEAD', '/v1/import', 'POST'],
  ])('does not take %s %s', async (method, path, allow) => {
    const { status, headers, body } = await send(url, path, { method })
    expect([status, headers['allow'], headers['content-type']]).toStrictEqual([
      405,
      allow,
      'application/problem+json',
    ])
    if (method !== 'HEAD')
      expect(body).toMatchObject({ code: 'method_not_allowed', allow: allow.split(', ') })
  })

  test.each(['q=%ff', 'q=%ED%A0%80', 'q=%C3a%A9', '%ff=1'])(
    'with a query that is no UTF-8 is refused: %s',
    async (query) => {
      const reply = await send(url, `/v1/emergencies?${query}`)
      expectProblem(reply, [400, 'invalid'])
      expect(reply.body.detail).toMatch(/^The query is no UTF-8: /)
    },
  )

  test('with control characters in what is asked for is refused', async () => {
    expectProblem(await send(url, '/v1/emergencies?q=%00'), [400, 'invalid', '/query/q'])
    expectProblem(await send(url, '/v1/emergencies?zone=UTC%1b'), [400, 'invalid', '/query/zone'])
  })

  test('with a query that cannot be decoded is read as far as it can', async () => {
    for (const query of ['q=%zz', 'q=100%', 'q=%F0%9F%8C%8B', 'q=Macías'])
      expect([
        query,
        (await send(url, `/v1/emergencies?${encodeURI(query).replaceAll('%25', '%')}`)).status,
      ]).toStrictEqual([query, 200])
    expectProblem(await send(url, '/v1/emergencies?%zz=1'), [400, 'invalid', '/query/%zz'])
    expectProblem(await send(url, '/v1/emergencies?q=a&q=b'), [400, 'invalid', '/query/q'])
    expectProblem(await send(url, '/v1/emergencies?='), [400, 'invalid', '/query/'])
    expectProblem(await post(`${declare}?force=true`, JSON.stringify(good)), [400, 'invalid', '/query/force'])
  })
})

describe('an expectation that nobody can meet', () => {
  test('changes nothing', async () => {
    const headers = { expect: 'the-impossible' }
    expect((await send(url, '/v1/picture', { headers })).status).toBe(200)
    expectProblem(await send(url, '/v1/nothing', { headers }), [404, 'not_found'])
    const elsewhere = { ...json, ...headers, host: 'elsewhere.example' }
    expectProblem(await post(declare, JSON.stringify(good), elsewhere), [403, 'forbidden'])
  })
})

describe('whom a request is for, and from', () => {
  test.each([
    'elsewhere.example',
    'localhost.elsewhere.example',
    '127.0.0.1.elsewhere.example',
    '10.0.0.1:4680',
    '[::2]',
  ])('host %s is not this service', async (host) => {
    expectProblem(await send(url, '/v1/picture', { headers: { host } }), [403, 'forbidden'])
    expectProblem(
      await send(url, declare, { method: 'POST', headers: { ...json, host }, body: [JSON.stringify(good)] }),
      [403, 'forbidden'],
    )
  })

  test.each([
    'a b',
    'localhost@elsewhere.example',
    'elsewhere.example@localhost',
    'localhost/x',
    'localhost:x',
  ])('host %s is none', async (host) => {
    expectProblem(await send(url, '/v1/picture', { headers: { host } }), [400, 'invalid'])
  })

  test.each(['localhost', 'localhost:80', 'LOCALHOST', '127.0.0.1:9999', '[::1]:1'])(
    'host %s is',
    async (host) => {
      expect((await send(url, '/v1/picture', { headers: { host } })).status).toBe(200)
    },
  )

  test.each(['null', 'https://elsewhere.example', 'http://localhost', 'http://127.0.0.1', 'file://', ''])(
    'a page of %s may not use it',
    async (origin) => {
      for (const method of ['GET', 'POST', 'OPTIONS'])
        expectProblem(await send(url, '/v1/picture', { method, headers: { origin } }), [403, 'forbidden'])
    },
  )

  test('its own pages may', async () => {
    expect((await send(url, '/v1/picture', { headers: { origin: url } })).status).toBe(200)
  })

  test('an address with a foreign host is not this service either', async () => {
    const reply = await send(url, 'http://elsewhere.example/v1/picture', { headers: { host: 'localhost' } })
    expectProblem(reply, [403, 'forbidden'])
  })
})

describe('what is hardly HTTP', () => {
  const head = 'GET /v1/events HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n'
  const postHead = `POST ${declare} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n`

  test.each<[string, string | Uint8Array, number, string]>([
    ['is nothing of the kind', 'hello\r\n\r\n', 400, 'invalid'],
    ['is TLS', Buffer.from([0x16, 3, 1, 2, 0, 1, 0]), 400, 'invalid'],
    ['is HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'invalid'],
    ['has no host', 'GET /v1/events HTTP/1.1\r\nconnection: close\r\n\r\n', 400, 'invalid'],
    ['is HTTP/1.0 without a host', 'GET /v1/events HTTP/1.0\r\n\r\n', 400, 'invalid'],
    ['has two hosts', `${head}host: elsewhere.example\r\n\r\n`, 403, 'forbidden'],
    ['has a length that is none', `${postHead}content-length: x\r\n\r\n`, 400, 'invalid'],
    ['has a negative length', `${postHead}content-length: -5\r\n\r\n`, 400, 'invalid'],
    ['has two lengths', `${postHead}content-length: 1\r\ncontent-length: 2\r\n\r\n{}`, 400, 'invalid'],
    [
      'has a length and chunks',
      `${postHead}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
      'invalid',
    ],
    ['has NUL in a header', `${head}x: a\0b\r\n\r\n`, 400, 'invalid'],
    ['has NUL in its address', 'GET /v1/\0 HTTP/1.1\r\nhost: localhost\r\n\r\n', 400, 'invalid'],
    ['has a space in its address', 'GET /v1/a b HTTP/1.1\r\nhost: localhost\r\n\r\n', 400, 'invalid'],
    [
      'has bytes in its address',
      Buffer.from('GET /v1/é HTTP/1.1\r\nhost: localhost\r\n\r\n'),
      400,
      'invalid',
    ],
    [
      'has a backslash in its address',
      'GET /v1\\a HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n',
      400,
      'invalid',
    ],
    ['asks for *', 'OPTIONS * HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n', 400, 'invalid'],
    ['has headers beyond all', `${head}x: ${'y'.repeat(20_000)}\r\n\r\n`, 413, 'too_large'],
    [
      'has an address beyond all',
      `GET /${'y'.repeat(20_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`,
      413,
      'too_large',
    ],
  ])('(it %s) is answered with a problem', async (_, bytes, status, code) => {
    expectProblem(replyOf(await sendRaw(url, bytes)), [status, code])
  })

  const chunked = (path: string, type: string, chunks: string) =>
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${type}\r\ntransfer-encoding: chunked\r\n\r\n${chunks}`
  const broken = '3\r\n{"a\r\nzz\r\nabc\r\n\r\n'

  test.each([
    ['a command', declare, 'application/json'],
    ['an import that is refused', '/v1/import', 'text/plain'],
  ])('may have chunks that are none: %s is answered before the connection ends', async (_, path, type) => {
    const reply = replyOf(await sendRaw(url, chunked(path, type, broken)))
    expectProblem(reply, [400, 'invalid'])
    expect(reply.headers.connection).toBe('close')
    expect(reply.body.detail).toMatch(/^The body cannot be read/)
  })

  test('may have chunks that are none after others, and may go on sending', async () => {
    const { hostname, port } = new URL(url)
    const { connect } = await import('node:net')
    const socket = connect(Number(port), hostname)
    socket.on('error', () => undefined)
    const closed = new Promise((resolve) => socket.once('close', resolve))
    let answer = ''
    socket.on('data', (data) => (answer += String(data)))
    socket.write(chunked(declare, 'application/json', '3\r\n{"a\r\n'))
    await new Promise((resolve) => setTimeout(resolve, 50))
    for (let times = 0; times < 3; times++) {
      socket.write('zz\r\nabc\r\n')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    socket.end()
    await closed
    expectProblem(replyOf(answer), [400, 'invalid'])
  })

  test('whose chunks are none while its answer is under way is cut off', async () => {
    const { hostname, port } = new URL(url)
    const { connect } = await import('node:net')
    const socket = connect(Number(port), hostname)
    socket.on('error', () => undefined)
    socket.write(chunked('/v1/import', 'application/x-ndjson', '3\r\n{}\n\r\n'))
    let answer = ''
    await new Promise<void>((resolve) =>
      socket.on('data', (data) => ((answer += String(data)), answer.includes('"refused"') && resolve())),
    )
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.write('zz\r\n')
    await closed
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(answer).not.toMatch(/\r\n0\r\n\r\n$/)
  })

  test('that comes behind what streams is not answered in its place', async () => {
    const { hostname, port } = new URL(url)
    const { connect } = await import('node:net')
    const socket = connect(Number(port), hostname)
    let answer = ''
    socket.on('data', (data) => (answer += String(data)))
    socket.write(
      `GET /v1/stream HTTP/1.1\r\nhost: localhost\r\n\r\n${chunked(declare, 'application/json', broken)}`,
    )
    await expect.poll(() => answer, { timeout: 20_000 }).toContain('event: ')
    await new Promise((resolve) => setTimeout(resolve, 50))
    socket.destroy()
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200'])
  })

  test('may want a tunnel, which this is none', async () => {
    const tunnel = 'CONNECT elsewhere.example:443 HTTP/1.1\r\nhost: elsewhere.example\r\n\r\n'
    expectProblem(replyOf(await sendRaw(url, tunnel)), [400, 'invalid'])
  })

  test('may ask for another protocol: it is answered in this one', async () => {
    const answer = await sendRaw(
      url,
      'GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade, close\r\nupgrade: websocket\r\n\r\n',
    )
    expect(replyOf(answer)).toMatchObject({ status: 200, body: { status: 'ok' } })
  })

  test('may send many requests at once on one connection: each is answered in its turn', async () => {
    const one = 'GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n'
    const answer = await sendRaw(url, `${one.repeat(3)}${head}\r\n`)
    expect(answer.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(4)
  })
})

describe('a header', () => {
  test('that says who asks, or how, changes nothing', async () => {
    const headers = {
      'x-forwarded-for': '10.0.0.1',
      'x-forwarded-host': 'elsewhere.example',
      'x-http-method-override': 'DELETE',
      authorization: 'Bearer x',
      cookie: 'a=b; __proto__=c',
      accept: '*/*;q=0.1, x',
      'accept-encoding': 'br',
      range: 'bytes=0-1',
      'if-modified-since': 'never',
    }
    const { status, body } = await send(url, '/v1/events', { headers })
    expect([status, body.head]).toStrictEqual([200, 1])
  })

  test('that names the request is taken only if it is a name', async () => {
    const named = async (id: string) =>
      (await send(url, '/healthz', { headers: { 'x-request-id': id } })).headers['x-request-id']
    expect(await named('abc-1')).toBe('abc-1')
    for (const id of ['', '<script>', 'a b', 'x'.repeat(300)])
      expect(await named(id)).toMatch(/^[0-9a-f-]{36}$/)
  })
})
