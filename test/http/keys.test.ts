import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { isOpen, needs } from '../../src/http/guard.ts'
import { openapiDocument } from '../../src/http/openapi.ts'
import { problemResponse } from '../../src/http/problem.ts'
import { changeKeys } from '../../src/keys/file.ts'
import { hashOf, newKey } from '../../src/keys/key.ts'
import { type Keyring, openKeyring } from '../../src/keys/keyring.ts'
import { type Role, roles, suffices } from '../../src/keys/role.ts'
import { type Json, openService, source, type TestService } from '../service.ts'
import { toldBy } from './server-sent.ts'
import { send } from './wire.ts'

/** Who has which role. */
const names: Record<Role, string> = { read: 'Reading room', write: 'Night desk', admin: 'Administrator' }
const keys = { read: newKey(), write: newKey(), admin: newKey() }
const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
const unauthorized = (detail: string) => ({
  type: 'urn:crisis-ledger:problem:unauthorized',
  title: 'A key is needed',
  status: 401,
  code: 'unauthorized',
  detail,
})
const missing = unauthorized(
  'This takes an access key: send "Authorization: Bearer <key>" (the command line takes it from LEDGER_KEY). ' +
    'Whoever runs the service makes one with "crisis-ledger key add".',
)
const unknown = unauthorized(
  'This access key is not known here, or was revoked: ask whoever runs the service for another, which ' +
    '"crisis-ledger key add" makes.',
)

/** A service with a key of each role, in a folder of its own. */
const openWithKeys = async (notReady?: () => string | null) => {
  const folder = mkdtempSync(join(tmpdir(), 'crisis-ledger-keys-'))
  const path = join(folder, 'keys.json')
  const setKeys = (...held: Role[]) =>
    changeKeys(path, () =>
      held.map((role) => ({
        name: names[role],
        role,
        madeAt: '2024-01-10T12:00:00.000Z',
        sha256: hashOf(keys[role]).toString('hex'),
      })),
    )
  setKeys(...roles)
  const keyring: Keyring = openKeyring(path, { interval: 5, failed: () => undefined })
  const service = await openService({ keys: keyring, ...(notReady && { notReady }) })
  return {
    ...service,
    setKeys,
    [Symbol.asyncDispose]: async () => {
      keyring.close()
      await service[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

type Operation = {
  security: Record<string, Role[]>[]
  responses: object
  parameters?: { name: string; in: string; schema: { example?: unknown; enum?: unknown[] } }[]
  requestBody?: { content: Record<string, { example: unknown }> }
}
const { paths } = JSON.parse(JSON.stringify(await openapiDocument())) as {
  paths: Record<string, Record<string, Operation>>
}

/** What the document says can be asked, as one asks it with its own examples. */
const operations = Object.entries(paths).flatMap(([template, methods]) =>
  Object.entries(methods).map(([name, { security, responses, requestBody }]) => {
    const method = name.toUpperCase()
    const [media, content] = Object.entries(requestBody?.content ?? {})[0] ?? []
    const body =
      content && (typeof content.example === 'string' ? content.example : JSON.stringify(content.example))
    return {
      name: `${method} ${template}`,
      role: security.length === 0 ? null : security[0]!['accessKey']![0]!,
      statuses: Object.keys(responses),
      path: template.replaceAll(/\{\w+\}/g, template.startsWith('/docs') ? 'start.js' : 'stranger-2024'),
      init: { method, headers: { ...(media && { 'content-type': media }) }, ...(body && { body }) },
    }
  }),
)
const guarded = operations.filter(({ role }) => role !== null)

/** What is recorded, and must not be learned. */
const secrets = ['palmira', 'Palmira', '00000000-0000', 'position', '2024-01-0', 'emergency-']

describe('with keys', () => {
  let service: Awaited<ReturnType<typeof openWithKeys>>
  beforeAll(async () => {
    service = await openWithKeys()
    const answer = await service.post(
      '/v1/emergencies/palmira/declare',
      { source, when: '2024-01-09T00:00:00Z', data: { type: 'curfew', title: 'Curfew in Palmira' } },
      bearer(keys.write),
    )
    expect(answer.status).toBe(201)
  })
  afterAll(async () => service[Symbol.asyncDispose]())

  const asked = async (
    { path, init }: Pick<(typeof operations)[number], 'path' | 'init'>,
    headers: Record<string, string>,
  ) => {
    const response = await service.request(path, { ...init, headers: { ...init.headers, ...headers } })
    if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
      await response.body?.cancel()
      return { status: response.status, text: '', headers: response.headers }
    }
    return { status: response.status, text: await response.text(), headers: response.headers }
  }

  test('every route of the document is one of these, and says which role it takes', () => {
    expect(operations.filter(({ role }) => role === null).map(({ name }) => name)).toStrictEqual([
      'GET /',
      'GET /healthz',
      'GET /readyz',
      'GET /openapi.json',
      'GET /docs',
      'GET /docs/{file}',
    ])
    expect(operations.filter(({ path, role }) => isOpen(path) !== (role === null))).toStrictEqual([])
    expect(guarded.length).toBeGreaterThan(100)
    expect(
      guarded.filter(({ statuses }) => !statuses.includes('401') || !statuses.includes('403')),
    ).toStrictEqual([])
    expect(guarded.filter(({ init, role }) => init.method === 'GET' && role !== 'read')).toStrictEqual([])
    expect(guarded.filter(({ init, role }) => init.method !== 'GET' && role === 'read')).toStrictEqual([])
  })

  test.each([
    ['without a key', {}, missing],
    ['with one that nobody has', bearer(newKey()), unknown],
    ['with what is no key', bearer('x'), unknown],
    ['with the hash of a key', bearer(hashOf(keys.admin).toString('hex')), unknown],
    ['with a key and more', bearer(`${keys.admin}x`), unknown],
    ['with a key as a password', { authorization: `Basic ${btoa(`admin:${keys.admin}`)}` }, missing],
    ['with a key elsewhere', { cookie: `key=${keys.admin}`, 'x-api-key': keys.admin }, missing],
  ])('%s every route, and every other address, is answered alike', async (_, headers, problem) => {
    const elsewhere = [
      '/v1',
      '/v1/',
      '/v1/nothing',
      '/v1/emergencies/palmira',
      '/v1/emergencies/palmira/x',
      '/nowhere',
      '/V1/picture',
      '//v1/picture',
      '/v1//picture',
      '/docs.html',
      '/docs%2Fx',
      `/v1/picture?key=${keys.admin}`,
    ]
    const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PURGE']
    const others = elsewhere.flatMap((path) =>
      methods.map((method) => ({ path, init: { method, headers: {} } })),
    )
    for (const one of [...guarded, ...others]) {
      const { status, text, headers: told } = await asked(one, headers)
      const what = `${one.init.method} ${one.path}`
      expect([what, status, told.get('www-authenticate')]).toStrictEqual([what, 401, 'Bearer'])
      expect(JSON.parse(text), `to ${what}`).toStrictEqual(problem)
      expect([...told.keys()].toSorted(), `to ${what}`).toStrictEqual([
        'cache-control',
        'content-security-policy',
        'content-type',
        'referrer-policy',
        'www-authenticate',
        'x-content-type-options',
        'x-request-id',
      ])
    }
    expect((await service.get('/v1/events', bearer(keys.read))).body.head).toBe(1)
  })

  test('HEAD is asked as GET is', async () => {
    for (const { path, role } of operations.filter(({ init }) => init.method === 'GET')) {
      const head = async (headers: Record<string, string>) =>
        service.request(path, { method: 'HEAD', headers })
      const [without, own] = [await head({}), await head(bearer(keys.read))]
      expect([path, without.status, await without.text()]).toStrictEqual([
        path,
        role === null ? 200 : 401,
        '',
      ])
      expect([path, [401, 403].includes(own.status)]).toStrictEqual([path, false])
    }
  })

  test.each(roles)(
    'a key with the role %s opens what its role suffices for, and nothing else',
    async (own) => {
      const answers: [string, string][] = []
      for (const operation of operations) {
        const { status, text } = await asked(operation, bearer(keys[own]))
        const refused = status === 401 || status === 403
        answers.push([operation.name, refused ? `refused ${status}` : 'open'])
        // A method asks for its role before the route asks for its own.
        const needed = own === 'read' ? 'write' : operation.role
        if (status === 403)
          expect(JSON.parse(text)).toStrictEqual({
            type: 'urn:crisis-ledger:problem:forbidden',
            title: 'Not allowed',
            status: 403,
            code: 'forbidden',
            detail: `This takes a key with the role ${needed}, and this one has ${own}: ask whoever runs the service for another.`,
          })
      }
      expect(answers).toStrictEqual(
        operations.map(({ name, role }) => [name, role && !suffices(own, role) ? 'refused 403' : 'open']),
      )
    },
  )

  test('a route may need another role than its method does', async () => {
    const app = new Hono()
    app.use(async (c, next) => {
      const role = c.req.header('role') as Role | undefined
      if (role !== undefined) c.set('access', { name: names[role], role })
      else if (c.req.header('stranger')) c.set('access', null)
      await next()
    })
    app.post('/rebuild', needs('admin'), (c) => c.text('Rebuilt'))
    app.onError(problemResponse)
    const status = async (headers: Record<string, string>) =>
      (await app.request('/rebuild', { method: 'POST', headers })).status
    expect([
      await status({ role: 'read' }),
      await status({ role: 'write' }),
      await status({ role: 'admin' }),
      await status({ stranger: 'yes' }),
      await status({}),
    ]).toStrictEqual([403, 403, 200, 401, 200])
  })

  test('what may only be read is not changed by other methods', async () => {
    const { head } = (await service.get('/v1/events', bearer(keys.admin))).body
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
      for (const path of ['/v1/emergencies/palmira/lift', '/v1/import', '/v1/picture', '/v1/nothing'])
        expect((await asked({ path, init: { method, headers: {} } }, bearer(keys.read))).status).toBe(403)
    expect((await service.get('/v1/events', bearer(keys.admin))).body.head).toBe(head)
  })

  test.each(['/', '/healthz', '/readyz', '/openapi.json', '/docs', '/docs/start.js', '/docs/nothing'])(
    '%s is open to everybody, and tells nobody of the ledger',
    async (path) => {
      for (const headers of [{}, bearer(newKey())]) {
        const {
          status,
          text,
          headers: told,
        } = await asked({ path, init: { method: 'GET', headers: {} } }, headers)
        expect([path, status]).toStrictEqual([path, path === '/docs/nothing' ? 404 : 200])
        const all = JSON.stringify([text, ...told.entries()])
        // The document and its examples are the same for every ledger.
        if (path !== '/openapi.json')
          expect(secrets.filter((secret) => all.includes(secret))).toStrictEqual([])
        expect(all).not.toContain('almira')
      }
    },
  )

  test('a key is told how far the ledger is', async () => {
    const { body } = await service.get('/readyz', bearer(keys.read))
    expect(body).toStrictEqual({ status: 'ready', position: expect.any(Number), lagMs: 0 })
    expect((await service.get('/', bearer(keys.read))).body).toContain(`at position ${body.position}.`)
    expect((await service.get('/')).body).toContain('told to whoever has an access key.')
    expect((await service.get('/readyz')).body).toStrictEqual({ status: 'ready' })
  })

  test('the scheme is written in any case, as RFC 9110 has it', async () => {
    for (const authorization of [`bearer ${keys.read}`, `BEARER  ${keys.read}`])
      expect((await service.get('/v1/picture', { authorization })).status).toBe(200)
  })

  test('the log names whose key it was, and holds no key', async () => {
    await service.get('/v1/picture', bearer(keys.read))
    expect(service.logged.at(-1)).toMatchObject({ path: '/v1/picture', status: 200, by: names.read })
    await service.get('/v1/picture', bearer(`${keys.read}x`))
    expect(service.logged.at(-1)).not.toHaveProperty('by')
    const logged = JSON.stringify(service.logged)
    for (const key of Object.values(keys)) {
      expect(logged).not.toContain(key.slice(3))
      expect(logged).not.toContain(hashOf(key).toString('hex'))
    }
  })
})

test('why a service cannot answer yet is told only to whoever has a key', async () => {
  await using service = await openWithKeys(() => 'The answers stopped at position 41.')
  const stranger = await service.get('/readyz')
  expect([stranger.status, stranger.body.detail]).toStrictEqual([
    503,
    'The service cannot answer yet: try again.',
  ])
  expect((await service.get('/readyz', bearer(keys.read))).body.detail).toBe(
    'The answers stopped at position 41.',
  )
})

describe('what is recorded', () => {
  test('is recorded by whose key it came with, line by line of an import as well', async () => {
    await using service = await openWithKeys()
    const declare = { source, data: { type: 'curfew' } }
    const { event } = (await service.post('/v1/emergencies/e-1/declare', declare, bearer(keys.write))).body
    const line = JSON.stringify({ kind: 'emergency', id: 'e-2', command: 'declare', ...declare })
    const imported = { 'content-type': 'application/x-ndjson', ...bearer(keys.admin) }
    expect((await service.post('/v1/import', line, imported)).body[0].recorded).toBe(1)
    const about = { source, data: { reason: 'Told' } }
    await service.post(`/v1/events/${event.id}/retract`, about, bearer(keys.admin))
    const { events } = (await service.get('/v1/events', bearer(keys.read))).body
    expect(events.map(({ recordedBy }: Json) => recordedBy)).toStrictEqual([
      names.write,
      names.admin,
      names.admin,
    ])
  })

  test('again with another key is answered with the first receipt, and stays recorded by the first', async () => {
    await using service = await openWithKeys()
    const post = async (key: string) =>
      service.post(
        '/v1/emergencies/e-1/declare',
        { source, data: { type: 'curfew' } },
        { 'idempotency-key': 'one', ...bearer(key) },
      )
    const first = await post(keys.write)
    const again = await post(keys.admin)
    expect(again.headers['idempotency-replayed']).toBe('true')
    expect(again.body).toStrictEqual(first.body)
    expect(again.body.event.recordedBy).toBe(names.write)
  })
})

test.each([
  '/docs/../v1/picture',
  '/docs/%2e%2e/v1/picture',
  '/docs/..%2fv1/picture',
  '/docs/..\\v1\\picture',
  '/docs//v1/picture',
  '/healthz/../v1/picture',
  '/healthz;/v1/picture',
  '/healthz%3f/../../v1/picture',
  '/%76%31/picture',
  '/v1/picture/',
  '/V1/Picture',
  'http://ledger.example/v1/picture',
  'http://ledger.example/docs/../v1/picture',
])('no way of writing an address leads past the door: %s', async (path) => {
  await using service = await openWithKeys()
  const declare = { source, data: { type: 'curfew', title: 'Curfew in Palmira' } }
  await service.post('/v1/emergencies/palmira/declare', declare, bearer(keys.write))
  const reply = await send(await service.listen(), path)
  expect([400, 401, 404]).toContain(reply.status)
  expect(JSON.stringify([reply.body, reply.headers])).not.toMatch(/palmira|curfew|"position"/i)
})

describe('hosts and origins', () => {
  const host = 'ledger.example'

  test('with keys any host is answered for, and without them localhost only', async () => {
    await using service = await openWithKeys()
    const url = await service.listen()
    const headers = { host, ...bearer(keys.read) }
    expect((await send(url, '/v1/picture', { headers })).status).toBe(200)
    expect((await send(url, '/v1/picture', { headers: { host } })).body).toStrictEqual(missing)
    await using open = await openService()
    expect((await send(await open.listen(), '/v1/picture', { headers })).body.code).toBe('forbidden')
  })

  test.each([
    [`https://${host}`, 200],
    [`http://${host}`, 200],
    ['https://elsewhere.example', 403],
    [`https://${host}:8443`, 403],
    [`ftp://${host}`, 403],
    ['null', 403],
    ['', 403],
  ])('pages of %s are answered with %i, also with a key', async (origin, status) => {
    await using service = await openWithKeys()
    const url = await service.listen()
    const reply = await send(url, '/v1/picture', { headers: { host, origin, ...bearer(keys.read) } })
    expect(reply.status).toBe(status)
  })
})

describe('a key that is revoked', () => {
  const eventually = async (check: () => Promise<void> | void) =>
    vi.waitFor(check, { timeout: 20_000, interval: 5 })
  const refused = async (service: TestService, role: Role) =>
    eventually(async () => expect((await service.get('/v1/picture', bearer(keys[role]))).status).toBe(401))

  test('is refused from then on, without a restart, and the others are not', async () => {
    await using service = await openWithKeys()
    expect((await service.get('/v1/picture', bearer(keys.read))).status).toBe(200)
    service.setKeys('write', 'admin')
    await refused(service, 'read')
    expect((await service.get('/v1/picture', bearer(keys.read))).body).toStrictEqual(unknown)
    expect((await service.get('/v1/picture', bearer(keys.write))).status).toBe(200)
  })

  test('has the streams that it opened cut off, and those of other keys go on', async () => {
    await using service = await openWithKeys()
    const url = await service.listen()
    const follow = async (role: Role, path = '/v1/stream') =>
      toldBy(await fetch(url + path, { headers: bearer(keys[role]) }))
    const [reader, writer] = [await follow('read'), await follow('write')]
    expect([(await reader.next())?.event, (await writer.next())?.event]).toStrictEqual(['picture', 'picture'])
    service.setKeys('write', 'admin')
    await expect(reader.rest()).rejects.toThrow('terminated')
    expect((await fetch(`${url}/v1/stream`, { headers: bearer(keys.read) })).status).toBe(401)
    await service.post(
      '/v1/emergencies/e-1/declare',
      { source, data: { type: 'curfew' } },
      bearer(keys.write),
    )
    expect((await writer.next())?.event).toBe('event')
    await writer.leave()
  })

  test('has a replay that is under way cut off', async () => {
    await using service = await openWithKeys()
    for (const when of ['2024-01-01T00:00:00Z', '2024-01-02T00:00:00Z'])
      await service.post(
        `/v1/emergencies/e-${when.slice(9, 10)}/declare`,
        { source, when, data: { type: 'curfew' } },
        bearer(keys.write),
      )
    const url = await service.listen()
    const replay = toldBy(await fetch(`${url}/v1/replay?speed=1`, { headers: bearer(keys.read) }))
    expect((await replay.next())?.event).toBe('moment')
    service.setKeys('write')
    await expect(replay.rest()).rejects.toThrow('terminated')
  })

  test('records no more lines of an import that is under way', async () => {
    await using service = await openWithKeys()
    const url = await service.listen()
    const { readable, writable } = new TransformStream<string, string>()
    const writer = writable.getWriter()
    const line = (id: string) =>
      `${JSON.stringify({ kind: 'emergency', id, command: 'declare', source, data: { type: 'curfew' } })}\n`
    const answered = fetch(`${url}/v1/import?results=all`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson', ...bearer(keys.write) },
      body: readable.pipeThrough(new TextEncoderStream()),
      duplex: 'half',
    })
    const ended = answered
      .then(async (response) => response.text())
      .then(
        () => 'whole',
        () => 'cut off',
      )
    await writer.write(line('e-1'))
    const head = async () => (await service.get('/v1/events', bearer(keys.admin))).body.head
    await eventually(async () => expect(await head()).toBe(1))
    service.setKeys('admin')
    expect(await ended).toBe('cut off')
    await writer.write(line('e-2')).catch(() => undefined)
    await writer.close().catch(() => undefined)
    expect(await head()).toBe(1)
  })
})
