import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import { once } from 'node:events'
import { describe, expect, test, vi } from 'vitest'
import { projectionOf } from '../../projections/index.ts'
import { importResult, importSummary } from '../../src/http/openapi/shapes/receipt.ts'
import { eventId, type Json, openService, source, type TestService } from '../service.ts'

const data = { type: 'curfew' }
const reason = 'Told'
const ndjson = { 'content-type': 'application/x-ndjson' }

type Line = Record<string, unknown>
const declare = (id: string, more: Line = {}): Line => ({
  kind: 'emergency',
  id,
  command: 'declare',
  source,
  when: '2024-01-08T00:00:00Z',
  data,
  ...more,
})
const lift = (id: string, more: Line = {}): Line => ({
  kind: 'emergency',
  id,
  command: 'lift',
  source,
  when: '2024-01-09T00:00:00Z',
  ...more,
})

/** So many minutes after the year began. */
const at = (minutes: number): string => new Date(Date.UTC(2024, 0, 1) + minutes * 60_000).toISOString()

const fileOf = (lines: readonly (Line | string)[]): string =>
  lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('')

const send = async (service: TestService, file: string | Uint8Array, query = ''): Promise<Json[]> => {
  const { status, headers, body } = await service.post(`/v1/import${query}`, file, ndjson)
  expect([status, headers['content-type'], headers['cache-control']]).toStrictEqual([
    200,
    'application/x-ndjson',
    'no-store',
  ])
  return body
}

/** The results of lines, each in the shape that the document gives it. */
const imported = async (service: TestService, lines: readonly (Line | string)[], query?: string) => {
  const results = await send(service, fileOf(lines), query)
  const strangers = results.filter(
    (one) => !importResult.safeParse(one).success && !importSummary.safeParse(one).success,
  )
  expect(strangers).toStrictEqual([])
  return results
}

const summary = (
  lines: number,
  more: Partial<Record<'recorded' | 'repeated' | 'refused' | 'position', number>>,
) => ({
  done: true,
  lines,
  recorded: 0,
  repeated: 0,
  refused: 0,
  position: 0,
  ...more,
})

const headOf = async (service: TestService): Promise<number> => (await service.get('/v1/events')).body.head

describe('an import', () => {
  test('records a command a line, and sums up', async () => {
    await using service = await openService()
    const body = await imported(service, [declare('e-1', { key: 'k-1' }), lift('e-1'), declare('e-2')])
    expect(body).toStrictEqual([summary(3, { recorded: 3, position: 3 })])
    const eventsOf = async (id: string) => (await service.get(`/v1/emergencies/${id}/events`)).body.events
    const events = await eventsOf('e-1')
    expect(events.map(({ type }: Json) => type)).toStrictEqual(['EmergencyDeclared', 'EmergencyLifted'])
    expect(await eventsOf('e-2')).toHaveLength(1)
    expect(events[0].key).toBe('k-1')
  })

  test('of 10,000 lines names the one that fails, with its reason; the others are in', async () => {
    await using service = await openService()
    const lines: (Line | string)[] = Array.from({ length: 10_000 }, (_, index) => declare(`e-${index}`))
    lines[6_788] = declare('e-6788', { data: { type: 'curfew', colour: 'red' } })
    const body = await imported(service, lines)
    expect(body).toStrictEqual([
      {
        line: 6_789,
        result: 'refused',
        problem: {
          type: 'urn:crisis-ledger:problem:invalid',
          title: 'The request is not well-formed',
          status: 400,
          code: 'invalid',
          detail: '/data/colour: unknown field "colour": remove it',
          errors: [{ pointer: '/data/colour', detail: 'unknown field "colour": remove it' }],
        },
      },
      summary(10_000, { recorded: 9_999, refused: 1, position: 9_999 }),
    ])
    expect(await headOf(service)).toBe(9_999)
    expect((await service.get('/v1/emergencies/e-6788')).status).toBe(404)
    expect((await service.get('/v1/emergencies?limit=1')).body.counts.in_force.certain).toBe(9_999)
  })

  test('tells with results=all what became of every line, in their order', async () => {
    await using service = await openService()
    const first = declare('e-1')
    const body = await imported(service, [first, first, lift('e-2'), '{'], '?results=all')
    expect(body).toStrictEqual([
      { line: 1, result: 'recorded', eventId: eventId(1), position: 1 },
      { line: 2, result: 'repeated', eventId: eventId(1), position: 1 },
      {
        line: 3,
        result: 'recorded',
        eventId: body[2].eventId,
        position: 2,
        flags: [{ eventId: body[2].eventId, type: 'EmergencyLifted', status: null }],
      },
      {
        line: 4,
        result: 'refused',
        problem: {
          type: 'urn:crisis-ledger:problem:invalid',
          title: 'The request is not well-formed',
          status: 400,
          code: 'invalid',
          detail: body[3].problem.detail,
        },
      },
      summary(4, { recorded: 2, repeated: 1, refused: 1, position: 2 }),
    ])
    expect(body[3].problem.detail).toMatch(/^The line is not JSON: /)
  })

  test('adds nothing when the same file comes twice', async () => {
    await using service = await openService()
    const lines = [
      declare('e-1', { key: 'k-1' }),
      {
        command: 'dispute',
        source,
        data: { eventId: 'emergency-e-1#k-1', reason, when: '2024', zone: 'UTC' },
      },
      lift('e-1'),
      { ...declare('e-2'), when: undefined },
      {
        kind: 'order',
        id: 'o-1',
        command: 'issue',
        source,
        data: { content: 'Stay' },
        refs: { basedOn: ['emergency-e-1#k-1'] },
      },
    ]
    expect(await imported(service, lines)).toStrictEqual([summary(5, { recorded: 5, position: 5 })])
    service.at('2024-03-01T00:00:00.000Z')
    expect(await imported(service, lines)).toStrictEqual([summary(5, { repeated: 5, position: 5 })])
    expect(await headOf(service)).toBe(5)
  })

  test('gives a line without a key the SHA-256 of its JSON as written, whatever its order and spaces', async () => {
    await using service = await openService()
    const line =
      '{ "when":"2024-01-08T00:00:00Z","kind":"emergency","id":"e-1", "command":"declare",' +
      '"data":{"title":"\\u00e9","type":"curfew"},"source":{"publisher":"A","medium":"press","speaker":"B"}}'
    const canonical =
      '{"command":"declare","data":{"title":"é","type":"curfew"},"id":"e-1","kind":"emergency",' +
      '"source":{"medium":"press","publisher":"A","speaker":"B"},"when":"2024-01-08T00:00:00Z"}'
    await imported(service, [line])
    const { events } = (await service.get('/v1/events')).body
    expect(events[0].key).toBe(createHash('sha256').update(canonical).digest('hex'))
    expect(await imported(service, [canonical])).toStrictEqual([summary(1, { repeated: 1, position: 1 })])
  })

  test('keeps what a lifecycle does not allow, and flags it: files tell events backwards', async () => {
    await using service = await openService()
    const body = await imported(service, [lift('e-1'), declare('e-1')])
    expect(body).toStrictEqual([
      {
        line: 1,
        result: 'recorded',
        eventId: eventId(1),
        position: 1,
        flags: [{ eventId: eventId(1), type: 'EmergencyLifted', status: null }],
      },
      summary(2, { recorded: 2, position: 2 }),
    ])
    expect((await service.get('/v1/emergencies/e-1')).body).toMatchObject({
      flagged: false,
      state: { status: 'lifted' },
    })
  })

  test('refuses it with onAnomaly=reject, unless its line accepts it', async () => {
    await using service = await openService()
    const lines = [lift('e-1'), lift('e-2', { acceptAnomaly: 'The decree is missing' }), declare('e-1')]
    const body = await imported(service, lines, '?onAnomaly=reject')
    expect(body).toStrictEqual([
      { line: 1, result: 'refused', problem: body[0].problem },
      {
        line: 2,
        result: 'recorded',
        eventId: eventId(2),
        position: 1,
        flags: [{ eventId: eventId(2), type: 'EmergencyLifted', status: null }],
      },
      summary(3, { recorded: 2, refused: 1, position: 2 }),
    ])
    expect(body[0].problem).toMatchObject({
      status: 409,
      code: 'lifecycle_violation',
      state: null,
      allowed: ['announce', 'declare'],
      decidedBy: [],
    })
  })

  test('takes what is said about events, those of the lines just before among them', async () => {
    await using service = await openService()
    const body = await imported(
      service,
      [
        declare('e-1', { key: 'k #1' }),
        { command: 'corroborate', key: 'k-2', source, data: { eventId: 'emergency-e-1#k #1' } },
        { command: 'retract', key: 'k-3', data: { eventId: 'emergency-e-1#k-2', reason } },
        { command: 'correct', data: { eventId: eventId(1), note: 'By night', reason } },
        declare('e-2', { refs: { causedBy: ['emergency-e-1#k-2', eventId(1)] } }),
      ],
      '?results=all',
    )
    expect(body.map(({ result }) => result)).toStrictEqual([
      'recorded',
      'recorded',
      'recorded',
      'recorded',
      'recorded',
      undefined,
    ])
    const { events } = (await service.get('/v1/events')).body
    expect(events.slice(1).map(({ stream, data: said }: Json) => [stream, said.eventId])).toStrictEqual([
      ['emergency-e-1', eventId(1)],
      ['emergency-e-1', events[1].id],
      ['emergency-e-1', eventId(1)],
      ['emergency-e-2', undefined],
    ])
    expect(events[4].refs).toStrictEqual({ causedBy: [events[1].id, eventId(1)] })
  })

  test('refuses, a line each, what it cannot take, and says why', async () => {
    await using service = await openService()
    const refused: [Line | string, number, string, string | undefined][] = [
      ['{"kind":', 400, 'invalid', undefined],
      ['[]', 400, 'invalid', undefined],
      ['null', 400, 'invalid', undefined],
      ['"text"', 400, 'invalid', undefined],
      [{}, 400, 'invalid', '/command'],
      [{ command: 'declare' }, 400, 'invalid', '/kind'],
      [{ command: 'declare', kind: 'emergency' }, 400, 'invalid', '/id'],
      [{ command: 'retract', data: {} }, 400, 'invalid', '/data/eventId'],
      [{ command: 'retract' }, 400, 'invalid', '/data'],
      [
        { command: 'retract', data: { eventId: 'emergency-e-1#no', reason } },
        400,
        'invalid',
        '/data/eventId',
      ],
      [{ command: 'retract', data: { eventId: eventId(99), reason } }, 400, 'invalid', '/data/eventId'],
      [declare('e-1', { kind: 'flood' }), 404, 'not_found', undefined],
      [declare('e-1', { kind: 'emergencies' }), 404, 'not_found', undefined],
      [declare('e-1', { kind: 'constructor' }), 404, 'not_found', undefined],
      [declare('e-1', { command: 'proclaim' }), 404, 'not_found', undefined],
      [declare('E-1'), 400, 'invalid', '/id'],
      [declare('constructor'), 400, 'invalid', '/id'],
      [declare('e-1', { key: '' }), 400, 'invalid', '/key'],
      [declare('e-1', { key: 7 }), 400, 'invalid', '/key'],
      [declare('e-1', { recordedAt: '2024-01-08' }), 400, 'invalid', '/recordedAt'],
      [declare('e-1', { when: '2024-01-08' }), 400, 'invalid', '/when'],
      [declare('e-1', { refs: { basedOn: ['emergency-e-9#no'] } }), 400, 'invalid', '/refs/basedOn/0'],
      [declare('e-1', { note: '\ud800' }), 400, 'invalid', '/note'],
      [JSON.stringify(declare('e-1')).replace('"curfew"', '1e999'), 400, 'invalid', '/data/type'],
      [JSON.stringify(declare('e-1')).replace('{', '{"__proto__":{},'), 400, 'invalid', '/__proto__'],
      [
        JSON.stringify(declare('e-1')).replace('"curfew"', `${'['.repeat(100_000)}${']'.repeat(100_000)}`),
        400,
        'invalid',
        '/data',
      ],
      [declare('e-1', { note: 'x'.repeat(300_000) }), 413, 'too_large', undefined],
      [declare('e-1', { note: 'x'.repeat(1_100_000) }), 413, 'too_large', undefined],
    ]
    const body = await imported(service, [...refused.map(([line]) => line), declare('e-2')])
    expect(
      body
        .slice(0, -1)
        .map(({ line, result, problem }) => [
          line,
          result,
          problem.status,
          problem.code,
          problem.errors?.[0].pointer,
        ]),
    ).toStrictEqual(refused.map(([, ...expected], index) => [index + 1, 'refused', ...expected]))
    expect(body.at(-1)).toStrictEqual(
      summary(refused.length + 1, { recorded: 1, refused: refused.length, position: 1 }),
    )
    expect(service.logged.filter(({ level }) => level === 50)).toStrictEqual([])
  })

  test('reads lines however they end, passes over blank ones and counts them, and refuses one of broken bytes', async () => {
    await using service = await openService()
    const file = Buffer.concat([
      Buffer.from(`\ufeff${JSON.stringify(declare('e-1'))}\r\n\r\n\n   \n`),
      Buffer.from('{"kind":"emergency","note":"'),
      Buffer.from([0xff, 0xc0]),
      Buffer.from(`"}\n${JSON.stringify(declare('e-2'))}`),
    ])
    const body = await send(service, file, '?results=all')
    expect(body.map(({ line, result }) => [line, result])).toStrictEqual([
      [1, 'recorded'],
      [5, 'refused'],
      [6, 'recorded'],
      [undefined, undefined],
    ])
    expect(body[1].problem).toMatchObject({
      code: 'invalid',
      detail: 'The line is not well-formed UTF-8: write it as UTF-8.',
    })
    expect(body[3]).toStrictEqual(summary(3, { recorded: 2, refused: 1, position: 2 }))
  })

  test.each([
    ['of ours', 'an answer broke off'],
    ['of the body', undefined],
  ])('that a fault %s breaks off tells what was recorded, and no more', async (fault, logged) => {
    await using service = await openService()
    if (fault === 'of ours') {
      const { ledger } = service.service
      const executeAll = ledger.executeAll.bind(ledger)
      ledger.executeAll = async (written, ...rest) => {
        if (written.some(({ command }) => command.meta === null && command.stream === 'emergency-e-2'))
          throw new Error('secret')
        return executeAll(written, ...rest)
      }
    }
    const pieces = async function* () {
      yield Buffer.from(fileOf([declare('e-1')]))
      await new Promise((resolve) => setTimeout(resolve, 50))
      if (fault === 'of the body') throw new Error('secret')
      yield Buffer.from(fileOf([declare('e-2')]))
    }
    const response = await service.request('/v1/import?results=all', {
      method: 'POST',
      headers: ndjson,
      body: ReadableStream.from(pieces()),
      duplex: 'half',
    })
    const told = (await response.text()).trimEnd().split('\n')
    expect(told.map((line) => JSON.parse(line))).toStrictEqual([
      expect.objectContaining({ line: 1, result: 'recorded' }),
    ])
    expect(service.logged.find(({ level }) => level === 50)?.['msg']).toBe(logged)
    expect(await headOf(service)).toBe(1)
  })

  test('keeps the order of its lines also where the log refuses one', async () => {
    await using service = await openService()
    const body = await imported(
      service,
      [
        declare('a', { note: 'x'.repeat(270_000) }),
        declare('a', { note: 'second' }),
        declare('b'),
        declare('c'),
      ],
      '?results=all',
    )
    expect(body.map(({ position, problem }) => position ?? problem.code)).toStrictEqual([
      'too_large',
      1,
      2,
      3,
      3,
    ])
  })

  test('that comes again looks at each line of a long stream about once', async () => {
    await using service = await openService()
    const count = 600
    const file = [
      { kind: 'designation', id: 'list', command: 'designate', source, when: at(0), data: { title: 'List' } },
      ...Array.from({ length: count }, (_, index) => ({
        kind: 'designation',
        id: 'list',
        command: 'add-member',
        source,
        when: at(index + 1),
        data: { member: { name: `Member ${index}`, id: `member-${index}` } },
      })),
    ]
    await imported(service, file)
    const applying = vi.spyOn(projectionOf('designation'), 'apply')
    const again = await imported(service, file)
    const times = applying.mock.calls.length
    applying.mockRestore()
    expect(again.at(-1)).toMatchObject({ repeated: count + 1 })
    expect(times).toBeLessThan(count * 4)
  })

  test('is answered in pieces, be the states in its results ever so large', async () => {
    await using service = await openService()
    await imported(service, [declare('e-1', { data: { ...data, title: 'x'.repeat(100_000) } })])
    const lines = Array.from({ length: 30 }, (_, index) => declare('e-1', { key: `k-${index}` }))
    const response = await service.request('/v1/import?results=all&onAnomaly=reject', {
      method: 'POST',
      headers: ndjson,
      body: fileOf(lines),
    })
    const pieces: Uint8Array[] = []
    for await (const piece of response.body!) pieces.push(piece)
    const told = Buffer.concat(pieces).toString().trimEnd().split('\n')
    expect(told.map((line) => JSON.parse(line).problem?.state.title.length)).toStrictEqual([
      ...lines.map(() => 100_000),
      undefined,
    ])
    for (const { length } of pieces) expect(length).toBeLessThan(300_000)
  })

  describe('of which nobody reads the answer', () => {
    const count = 1200
    /** Lines that are refused with a large state, and one that is recorded. `isRecorded`: whether that is. */
    const large = async (service: TestService, query: string) => {
      const title = 'x'.repeat(200_000)
      await imported(service, [declare('e-1', { data: { ...data, title } })])
      const lines = Array.from({ length: count }, (_, index) => declare('e-1', { key: `k-${index}` }))
      const response = await service.request(`/v1/import?onAnomaly=reject${query}`, {
        method: 'POST',
        headers: ndjson,
        body: fileOf([...lines, declare('e-2')]),
      })
      const isRecorded = async () => (await headOf(service)) === 2
      const told = async () => (await response.text()).trimEnd().split('\n')
      return { isRecorded, told, response }
    }
    const mebibytes = (lines: readonly string[]) =>
      lines.reduce((sum, { length }) => sum + length, 0) / 2 ** 20
    const all = summary(count + 1, { recorded: 1, refused: count, position: 2 })

    test.each(['', '&results=all'])(
      'the file is read to its end, and what waits is bounded (%s)',
      async (query) => {
        await using service = await openService()
        const { isRecorded, told } = await large(service, query)
        await vi.waitFor(async () => expect(await isRecorded()).toBe(true), 10_000)
        const lines = await told()
        expect(lines).toHaveLength(count + (query === '' ? 1 : 2))
        expect(mebibytes(lines)).toBeGreaterThan(60)
        expect(mebibytes(lines)).toBeLessThan(150)
        const problems = lines.slice(0, count).map((line) => JSON.parse(line).problem)
        expect(new Set(problems.map(({ code }) => code))).toStrictEqual(new Set(['lifecycle_violation']))
        const [first, ...others] = problems
        expect(first.state.title).toHaveLength(200_000)
        const { type, title, status, code, detail } = first
        const brief = others.filter(({ state }) => state === undefined)
        expect(brief.length).toBeGreaterThan(500)
        expect(brief.at(-1)).toStrictEqual({ type, title, status, code, detail })
        expect(JSON.parse(lines.at(-1)!)).toStrictEqual(all)
      },
    )

    test('it goes on where whoever asked has left', async () => {
      await using service = await openService()
      const { isRecorded, response } = await large(service, '&results=all')
      await response.body!.cancel()
      await vi.waitFor(async () => expect(await isRecorded()).toBe(true), 10_000)
    })
  })

  test('of nothing is nothing', async () => {
    await using service = await openService()
    expect(await send(service, '')).toStrictEqual([summary(0, {})])
    expect(await send(service, '\n\n')).toStrictEqual([summary(0, {})])
  })

  test('tells of the first 10,000 lines worth telling, and counts all', async () => {
    await using service = await openService()
    const body = await imported(service, Array<string>(10_050).fill('{}'))
    expect(body).toHaveLength(10_001)
    expect(body.at(-2).line).toBe(10_000)
    expect(body.at(-1)).toStrictEqual(summary(10_050, { refused: 10_050 }))
    expect(await imported(service, Array<string>(10_050).fill('{}'), '?results=all')).toHaveLength(10_051)
  })

  test.each([
    ['onAnomaly=accept', 'onAnomaly'],
    ['results=some', 'results'],
    ['dryRun=1', 'dryRun'],
    ['limit=1', 'limit'],
  ])('refuses %s', async (query, name) => {
    await using service = await openService()
    const { status, body } = await service.post(`/v1/import?${query}`, fileOf([declare('e-1')]), ndjson)
    expect([status, body.errors[0].pointer]).toStrictEqual([400, `/query/${name}`])
    expect(await headOf(service)).toBe(0)
  })

  test('takes lines of JSON and nothing else', async () => {
    await using service = await openService()
    for (const type of ['application/json', 'text/plain', 'application/x-ndjson-seq']) {
      const { status, body } = await service.post('/v1/import', fileOf([declare('e-1')]), {
        'content-type': type,
      })
      expect([status, body.code]).toStrictEqual([415, 'unsupported_media_type'])
    }
    const charset = { 'content-type': 'Application/X-NDJSON; charset=utf-8' }
    expect((await service.post('/v1/import', fileOf([declare('e-1')]), charset)).status).toBe(200)
  })
})

describe('a dry run of an import', () => {
  test('tells of each line what would become of it if those before were in, and records nothing', async () => {
    await using service = await openService()
    await service.record('/v1/emergencies/e-0/declare', { when: '2024-01-08T00:00:00Z', data })
    const lines = [
      declare('e-1', { key: 'k-1' }),
      declare('e-1', { key: 'k-1' }),
      declare('e-1', { key: 'k-1', note: 'Other' }),
      lift('e-1', { key: 'k-2' }),
      lift('e-1', { key: 'k-3', when: '2024-01-08T12:00:00Z' }),
      { command: 'corroborate', key: 'k-4', source, data: { eventId: 'emergency-e-1#k-1' } },
      { command: 'retract', data: { eventId: 'emergency-e-1#k-4', reason } },
      { command: 'retract', data: { eventId: 'emergency-e-1#k-9', reason } },
      lift('e-0', { refs: { causedBy: ['emergency-e-1#k-2'] } }),
      lift('e-0', { key: 'k-5' }),
      '{',
    ]
    const body = await imported(service, lines, '?dryRun=true&results=all')
    expect(
      body.map(({ problem, ...rest }) => (problem ? { ...rest, problem: problem.code } : rest)),
    ).toStrictEqual([
      { line: 1, result: 'recorded' },
      { line: 2, result: 'repeated' },
      { line: 3, result: 'refused', problem: 'idempotency_mismatch' },
      { line: 4, result: 'recorded' },
      {
        line: 5,
        result: 'recorded',
        flags: [{ eventId: 'line 4', type: 'EmergencyLifted', status: 'lifted' }],
      },
      { line: 6, result: 'recorded' },
      { line: 7, result: 'recorded' },
      { line: 8, result: 'refused', problem: 'invalid' },
      { line: 9, result: 'recorded' },
      {
        line: 10,
        result: 'recorded',
        flags: [{ eventId: 'line 10', type: 'EmergencyLifted', status: 'lifted' }],
      },
      { line: 11, result: 'refused', problem: 'invalid' },
      summary(11, { recorded: 7, repeated: 1, refused: 3 }),
    ])
    expect(await headOf(service)).toBe(1)
    const really = await imported(service, lines, '?results=all')
    expect(really.map(({ line, result }) => [line, result])).toStrictEqual(
      body.map(({ line, result }) => [line, result]),
    )
  })

  test('refuses with onAnomaly=reject what would be refused', async () => {
    await using service = await openService()
    const lines = [declare('e-1'), lift('e-1'), lift('e-1', { key: 'k-2' })]
    const body = await imported(service, lines, '?dryRun=true&onAnomaly=reject')
    expect(body.map(({ line, result }) => [line, result])).toStrictEqual([
      [3, 'refused'],
      [undefined, undefined],
    ])
    expect(body[0].problem.decidedBy).toStrictEqual(['line 2'])
    const [other] = await imported(
      service,
      [declare('e-1', { key: 'k' }), lift('e-1', { key: 'k' })].map((line) => ({ ...line, key: 'k' })),
      '?dryRun=true',
    )
    expect(other.problem).toMatchObject({ code: 'idempotency_mismatch', eventId: 'line 1' })
    expect(await headOf(service)).toBe(0)
  })

  test('of what is recorded already says that it is repeated', async () => {
    await using service = await openService()
    const lines = [declare('e-1'), lift('e-1')]
    await imported(service, lines)
    expect(await imported(service, lines, '?dryRun=true')).toStrictEqual([summary(2, { repeated: 2 })])
  })
})

describe('a dry run of an import and the import', () => {
  const soft = (body: readonly Json[]) =>
    body.map(({ eventId: _id, flags, problem, position: _position, ...rest }) => ({
      ...rest,
      flags: flags?.map(({ type, status }: Json) => [type, status]),
      problem: problem && [problem.code, problem.errors?.[0]?.pointer],
    }))

  /** Returns what both say of each line: its result, or the code of its problem. */
  const expectAlike = async (lines: readonly Line[], query = ''): Promise<string[]> => {
    await using service = await openService()
    const dry = soft(await imported(service, lines, `?results=all&dryRun=true${query}`))
    expect(await headOf(service)).toBe(0)
    expect(dry).toStrictEqual(soft(await imported(service, lines, `?results=all${query}`)))
    // Once it is in, all of it is there.
    const again = await imported(service, lines, `?results=all&dryRun=true${query}`)
    expect(soft(again)).toStrictEqual(soft(await imported(service, lines, `?results=all${query}`)))
    return dry.slice(0, -1).map(({ result, problem }: Json) => problem?.[0] ?? result)
  }

  test('tell the same of lines that come again, with what they flagged', async () => {
    const thrice = [declare('a'), declare('a', { note: 'again' }), declare('a', { note: 'again' })]
    expect(await expectAlike(thrice)).toStrictEqual(['recorded', 'recorded', 'repeated'])
    await using service = await openService()
    const lines = [declare('a'), declare('a', { note: 'again' })]
    const dry = await imported(service, lines, '?dryRun=true')
    expect(dry[0].flags.map(({ eventId }: Json) => eventId)).toStrictEqual(['line 2'])
    const [real] = await imported(service, lines)
    const [again] = await imported(service, lines, '?dryRun=true')
    expect(again.flags).toStrictEqual(real.flags)
  })

  test('know no event by the number of a line', async () => {
    const retract = { command: 'retract', source, data: { eventId: 'line 1', reason } }
    expect(await expectAlike([declare('a'), retract])).toStrictEqual(['recorded', 'invalid'])
  })

  test('say of a line that is too large and not allowed first that it is not allowed', async () => {
    const large = declare('a', { note: 'x'.repeat(270_000) })
    const refused = await expectAlike([declare('a'), large], '&onAnomaly=reject')
    expect(refused).toStrictEqual(['recorded', 'lifecycle_violation'])
    expect(await expectAlike([large])).toStrictEqual(['too_large'])
  })

  test('find the same lines too large, to the byte', async () => {
    await using service = await openService()
    const [refused] = await imported(service, [declare('a', { note: 'x'.repeat(270_000) })], '?dryRun=true')
    const size = Number(/this one (\d+)/.exec(refused.problem.detail)![1])
    const about = 270_000 - (size - 262_144)
    const lines = Array.from({ length: 8 }, (_, index) =>
      declare('a', { note: 'x'.repeat(about - 3 + index) }),
    )
    expect(await expectAlike(lines)).toStrictEqual([
      ...Array.from({ length: 4 }, () => 'recorded'),
      ...Array.from({ length: 4 }, () => 'too_large'),
    ])
    const many = Array.from({ length: 7_000 }, () => 'emergency-a#k')
    const naming = declare('b', { refs: { causedBy: many } })
    const told = await expectAlike([declare('a', { key: 'k' }), naming, lift('b', { when: at(1) })])
    expect(told).toStrictEqual(['recorded', 'too_large', 'recorded'])
  })

  test('look about once at each line, in however small pieces they come', async () => {
    await using service = await openService()
    const count = 400
    const lines = Array.from({ length: count }, (_, index) => declare('a', { when: at(index) }))
    const applying = vi.spyOn(projectionOf('emergency'), 'apply')
    const response = await service.request('/v1/import?dryRun=true', {
      method: 'POST',
      headers: ndjson,
      body: ReadableStream.from(
        (async function* () {
          for (const line of lines) {
            yield Buffer.from(fileOf([line]))
            await new Promise(setImmediate)
            await new Promise(setImmediate)
          }
        })(),
      ),
      duplex: 'half',
    })
    const told = await response.text()
    const times = applying.mock.calls.length
    applying.mockRestore()
    expect(told).toContain(`"recorded":${count},`)
    expect(times).toBeLessThan(count * 4)
  })

  test('refuse an address with control characters', async () => {
    const line = declare('a', { source: { ...source, url: 'https://example.org/\u0000' } })
    expect(await expectAlike([line])).toStrictEqual(['invalid'])
  })

  test('tell the same of more lines than are looked at together', async () => {
    const lines = Array.from({ length: 5_000 }, (_, index): Line[] => {
      const id = `e-${index % 7}`
      if (index < 7) return [declare(id, { key: 'first' })]
      if (index % 100 === 0)
        return [{ command: 'correct', data: { eventId: `emergency-${id}#first`, reason, note: `${index}` } }]
      if (index % 11 === 0) return [lift(id, { when: at(index) })]
      return [declare(id, { when: at(index), note: `${index}` })]
    }).flat()
    const told = await expectAlike(
      lines.map((line) => (line['command'] === 'correct' ? { ...line, source } : line)),
    )
    expect(told.filter((one) => one === 'recorded').length).toBeGreaterThan(4_900)
  })
})

describe('an import over a connection', () => {
  const headers = (length?: number) =>
    'POST /v1/import?results=all HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-ndjson\r\n' +
    (length === undefined
      ? 'transfer-encoding: chunked\r\n\r\n'
      : `content-length: ${length}\r\nconnection: close\r\n\r\n`)

  test('does not hang when the whole file is sent before the answer is read', async () => {
    await using service = await openService()
    const url = new URL(await service.listen())
    const file = fileOf(
      Array.from({ length: 20_000 }, (_, index) => (index % 10 === 0 ? declare(`e-${index}`) : '{}')),
    )
    const socket = connect(Number(url.port), url.hostname)
    socket.pause()
    socket.write(headers(Buffer.byteLength(file)))
    await new Promise<void>((resolve, reject) =>
      socket.write(file, (error) => (error ? reject(error) : resolve())),
    )
    // Sent to its end, and not a byte of the answer read so far.
    expect(socket.bytesRead).toBe(0)
    let answer = ''
    for await (const chunk of socket) answer += String(chunk)
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(answer).toContain(
      JSON.stringify(summary(20_000, { recorded: 2_000, refused: 18_000, position: 2_000 })),
    )
  })

  test('answers line by line while the file still comes', async () => {
    await using service = await openService()
    const url = await service.listen()
    let push: (line: string) => void = () => {}
    let end: () => void = () => {}
    const body = new ReadableStream({
      start(controller) {
        push = (line) => controller.enqueue(new TextEncoder().encode(line))
        end = () => controller.close()
      },
    })
    const answering = fetch(`${url}/v1/import?results=all`, {
      method: 'POST',
      headers: ndjson,
      body,
      duplex: 'half',
    })
    push(fileOf(Array.from({ length: 600 }, (_, index) => declare(`e-${index}`))))
    const response = await answering
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    const { value } = await reader.read()
    expect(value).toContain('{"line":1,"result":"recorded"')
    push(fileOf([declare('late')]))
    end()
    let rest = ''
    for (let part = await reader.read(); !part.done; part = await reader.read()) rest += part.value
    expect(rest.trimEnd().split('\n').at(-1)).toBe(
      JSON.stringify(summary(601, { recorded: 601, position: 601 })),
    )
  })

  test('that breaks off leaves whole lines, each in or not, and the service goes on', async () => {
    await using service = await openService()
    const url = new URL(await service.listen())
    const whole = fileOf(Array.from({ length: 1_000 }, (_, index) => declare(`e-${index}`)))
    const half = JSON.stringify(declare('half')).slice(0, 60)
    const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`
    const socket = connect(Number(url.port), url.hostname)
    socket.write(headers() + chunk(whole) + chunk(half))
    // The first results show that lines are being recorded.
    for (let said = ''; !said.includes('"recorded"');) said += String(await once(socket, 'data'))
    socket.destroy()
    await once(socket, 'close')

    const after = await fetch(new URL('/v1/emergencies/after/declare', url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ source, data }),
    })
    expect(after.status).toBe(201)
    const { events } = (await service.get('/v1/events?limit=1000')).body
    const ids = events.map(({ stream }: Json) => stream)
    expect(ids).not.toContain('emergency-half')
    expect(ids.length).toBeGreaterThan(1)
    expect(new Set(ids).size).toBe(ids.length)
    for (const event of events) expect(event.data).toStrictEqual(data)
    expect(service.logged.filter(({ level }) => level === 50)).toStrictEqual([])
    // What was in is repeated when the file comes again.
    const again = await send(service, whole)
    expect(again.at(-1).recorded + again.at(-1).repeated).toBe(1_000)
    expect((await service.get('/v1/emergencies?limit=1')).body.counts.in_force.certain).toBe(1_001)
  })
})
