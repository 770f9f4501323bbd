import { describe, expect, test } from 'vitest'
import { appendingBy } from '../appending.ts'
import { LedgerError } from '../../src/errors.ts'
import type { EventLog } from '../../src/log/log.ts'
import { restoreLines } from '../../src/ledger/restore.ts'
import { type Json, openService, source, type TestService } from '../service.ts'

const data = { type: 'curfew' }
const path = '/v1/emergencies/e-1'

/** A log whose appends fail while `failure` is set. */
const failing =
  (state: { failure: Error | null }) =>
  (log: EventLog): EventLog =>
    appendingBy(log, (...given) => (state.failure ? Promise.reject(state.failure) : log.append(...given)))

const full = new LedgerError(
  'unavailable',
  'There is no space left for ledger.db: free some, and it goes on.',
)

describe('while the log takes nothing', () => {
  test('writes are told to come again, reads go on, and so do writes when it does again', async () => {
    const state: { failure: Error | null } = { failure: null }
    await using service = await openService({ around: failing(state) })
    await service.record(`${path}/declare`, { data })
    state.failure = full
    const answers = await Promise.all([
      service.post(`${path}/lift`, { source }),
      service.post(`${path}/lift`, { source }, { 'idempotency-key': 'k-1' }),
      service.post('/v1/orders/o-1/issue', { source, data: { content: 'Stay' } }),
    ])
    for (const { status, headers, body } of answers)
      expect([status, headers['retry-after'], headers['content-type'], body]).toStrictEqual([
        503,
        '1',
        'application/problem+json',
        {
          type: 'urn:crisis-ledger:problem:unavailable',
          title: 'Not available just now',
          status: 503,
          code: 'unavailable',
          detail: full.message,
        },
      ])
    for (const read of ['/v1/picture', '/v1/emergencies', path, `${path}/history`, '/v1/events', '/readyz'])
      expect([read, (await service.get(read)).status]).toStrictEqual([read, 200])
    const dry = await service.post(`${path}/lift?dryRun=true`, { source })
    expect([dry.status, dry.body.problem]).toStrictEqual([200, null])

    state.failure = null
    const again = await service.post(`${path}/lift`, { source }, { 'idempotency-key': 'k-1' })
    expect([again.status, again.headers['idempotency-replayed'], again.body.revision]).toStrictEqual([
      201,
      undefined,
      1,
    ])
  })

  test('because others are always faster, a write gives up after twenty times and says so', async () => {
    let times = 0
    await using service = await openService({
      around: (log) =>
        appendingBy(log, async (stream) => {
          times++
          throw new LedgerError('revision_conflict', `${stream} has moved on.`, { revision: 0 })
        }),
    })
    const { status, headers, body } = await service.post(`${path}/declare`, { source, data })
    expect([status, headers['retry-after'], body.code, times]).toStrictEqual([503, '1', 'unavailable', 20])
    expect(body.detail).toMatch(/^Others wrote to emergency-e-1 20 times .* Nothing was recorded\.$/)
  })

  test('what was recorded before under a key is answered all the same', async () => {
    const state: { failure: Error | null } = { failure: null }
    await using service = await openService({ around: failing(state) })
    const declare = () => service.post(`${path}/declare`, { source, data }, { 'idempotency-key': 'k-1' })
    const first = await declare()
    state.failure = full
    expect((await declare()).body).toStrictEqual(first.body)
  })

  test('an import says so of each line, and goes on to its end', async () => {
    const state: { failure: Error | null } = { failure: full }
    await using service = await openService({ around: failing(state) })
    const lines = ['e-1', 'e-2'].map((id) =>
      JSON.stringify({ kind: 'emergency', id, command: 'declare', source, data }),
    )
    const { status, body } = await service.post('/v1/import', lines.join('\n'), {
      'content-type': 'application/x-ndjson',
    })
    expect(status).toBe(200)
    expect(body.map(({ line, result, problem }: Json) => [line, result, problem?.code])).toStrictEqual([
      [1, 'refused', 'unavailable'],
      [2, 'refused', 'unavailable'],
      [undefined, undefined, undefined],
    ])
    expect(body.at(-1)).toStrictEqual({
      done: true,
      lines: 2,
      recorded: 0,
      repeated: 0,
      refused: 2,
      position: 0,
    })
  })
})

describe('while the answers no longer follow the log', () => {
  /** The read model takes nothing more. */
  const broken = (service: TestService) => {
    service.service.model.core().take = () => {
      throw new TypeError('secret of the inside')
    }
  }
  const recorded =
    /^It was recorded at position \d+, but the answers stopped at position \d+\. .* gives the receipt .*\.$/

  test('what was recorded says so, where, and what to do', async () => {
    await using service = await openService()
    await service.record(`${path}/declare`, { data })
    broken(service)
    const lift = () => service.post(`${path}/lift`, { source }, { 'idempotency-key': 'k-1' })
    const { status, headers, body } = await lift()
    expect([status, headers['retry-after'], body.code]).toStrictEqual([503, '1', 'unavailable'])
    expect(body.detail).toMatch(recorded)
    expect([...service.service.table.from(0)].map(({ key }) => key)).toStrictEqual([undefined, 'k-1'])
    // Nothing more is recorded blindly.
    for (const answer of [
      await lift(),
      await service.post('/v1/orders/o-1/issue', { source, data: { content: 'Stay' } }),
    ]) {
      expect([answer.status, answer.headers['retry-after']]).toStrictEqual([503, '1'])
      expect(answer.body.detail).toMatch(/^The answers stopped at position 1\. .* Nothing was recorded\.$/)
    }
    expect([...service.service.table.from(0)]).toHaveLength(2)
  })

  test('lines of an import say so, and it ends', async () => {
    await using service = await openService()
    broken(service)
    const lines = ['e-1', 'e-2'].map((id) =>
      JSON.stringify({ kind: 'emergency', id, command: 'declare', source, data }),
    )
    const { body } = await service.post('/v1/import', lines.join('\n'), {
      'content-type': 'application/x-ndjson',
    })
    expect(body.map(({ result, problem }: Json) => [result, problem?.code])).toStrictEqual([
      ['refused', 'unavailable'],
      ['refused', 'unavailable'],
      [undefined, undefined],
    ])
    expect(body[0].problem.detail).toMatch(recorded)
  })

  test('lines that are restored say so, and it ends', async () => {
    await using service = await openService()
    broken(service)
    const recordedAt = '2024-01-09T00:00:00.000Z'
    const lines = ['e-1', 'e-2'].map((id) =>
      JSON.stringify({ kind: 'emergency', id, command: 'declare', recordedAt, source, data }),
    )
    const results: Json[] = []
    const given = (async function* () {
      yield Buffer.from(lines.join('\n'))
    })()
    const options = { from: 'a.ndjson', zone: 'UTC', recordedBy: 'desk' }
    for await (const some of restoreLines(service.parts, given, options)) results.push(...some)
    expect(results.map(({ result, problem }) => [result, problem?.code])).toStrictEqual([
      ['refused', 'unavailable'],
      ['refused', 'unavailable'],
      [undefined, undefined],
    ])
  })
})

describe('a fault of ours', () => {
  const told = {
    type: 'urn:crisis-ledger:problem:internal',
    title: 'Something went wrong here',
    status: 500,
    code: 'internal',
    detail: 'Something went wrong here, and was written to the log of the service. Please try again.',
  }

  test.each([
    ['any error', new TypeError('secret of the inside')],
    ['an internal one', new LedgerError('internal', 'secret of the inside', { secret: 'inside' })],
  ])('(%s) says nothing of the inside, but the log of the service has it', async (_, failure) => {
    await using service = await openService({ around: failing({ failure }) })
    const { status, headers, body } = await service.post(`${path}/declare`, { source, data })
    expect([status, headers['content-type'], body]).toStrictEqual([500, 'application/problem+json', told])
    const line = service.logged.find(({ level }) => level === 50)
    expect(line).toMatchObject({
      requestId: headers['x-request-id'],
      err: { message: 'secret of the inside' },
      msg: 'a request failed',
    })
    expect((line as Json).err.stack).toContain('unavailable.test.ts')
    expect((await service.get('/v1/events')).status).toBe(200)
  })

  test('in a line of an import stops no other line, and is logged with its number', async () => {
    const failure = new TypeError('secret of the inside')
    await using service = await openService({
      around: (log) =>
        appendingBy(log, (...given) =>
          given[0] === 'emergency-e-2' ? Promise.reject(failure) : log.append(...given),
        ),
    })
    const lines = ['e-1', 'e-2', 'e-3'].map((id) =>
      JSON.stringify({ kind: 'emergency', id, command: 'declare', source, data }),
    )
    const { headers, body } = await service.post('/v1/import', lines.join('\n'), {
      'content-type': 'application/x-ndjson',
    })
    expect(body).toStrictEqual([
      { line: 2, result: 'refused', problem: told },
      { done: true, lines: 3, recorded: 2, repeated: 0, refused: 1, position: 2 },
    ])
    expect(service.logged.find(({ level }) => level === 50)).toMatchObject({
      requestId: headers['x-request-id'],
      line: 2,
      err: { message: 'secret of the inside' },
    })
  })
})
