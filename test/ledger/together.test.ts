import { describe, expect, test } from 'vitest'
import { appendingBy } from '../appending.ts'
import { LedgerError } from '../../src/errors.ts'
import type { EventLog, Expected } from '../../src/log/log.ts'
import { importLines } from '../../src/ledger/import.ts'
import { restoreLines } from '../../src/ledger/restore.ts'
import { isOnServer } from '../engine.ts'
import { type Json, openService, source, type TestService } from '../service.ts'

type Line = Record<string, unknown>
const line = (id: string, command: string, more: Line = {}): Line => ({
  kind: 'emergency',
  id,
  command,
  source,
  ...(command === 'declare' && { data: { type: 'curfew' } }),
  ...more,
})

const imported = async (service: TestService, lines: readonly Line[]): Promise<Json[]> => {
  const file = lines.map((one) => JSON.stringify(one)).join('\n')
  const type = { 'content-type': 'application/x-ndjson' }
  return (await service.post('/v1/import?results=all&onAnomaly=reject', file, type)).body
}

/** The same of a file that comes in one piece, as it is told. */
const importing = ({ service }: TestService, lines: readonly Line[]) => {
  const file = Buffer.from(lines.map((one) => JSON.stringify(one)).join('\n') + '\n')
  const options = { onAnomaly: 'reject', dryRun: false, recordedBy: 'archivist' } as const
  return importLines(service.ledger, inOnePiece(file), options)
}

const importedAtOnce = async (service: TestService, lines: readonly Line[]): Promise<Json[]> => {
  const results: Json[] = []
  for await (const some of importing(service, lines)) results.push(...some)
  return results
}

async function* inOnePiece(file: Uint8Array) {
  yield file
}

const told = (results: readonly Json[]) =>
  results.slice(0, -1).map(({ result, position, problem }) => [result, position ?? problem.code])

/** A log that fails the first append that a test finds. */
const failing =
  (isIt: (...call: Parameters<EventLog['append']>) => boolean, instead: EventLog['append']) =>
  (log: EventLog): EventLog => {
    let hasFailed = false
    return appendingBy(log, async (...call) => {
      if (hasFailed || !isIt(...call)) return log.append(...call)
      hasFailed = true
      return instead(...call)
    })
  }

const tooLarge = async (): Promise<never> => {
  throw new LedgerError('too_large', 'An event holds less.')
}

const unavailable = async (): Promise<never> => {
  throw new LedgerError('unavailable', 'The disk is full.')
}

test('what rests on a line that the log refuses is decided anew; other streams are not touched', async () => {
  await using service = await openService({
    around: failing((stream) => stream === 'emergency-a', unavailable),
  })
  const results = await imported(service, [
    line('a', 'declare', { when: '2024-01-01T00:00:00Z', key: 'k' }),
    line('b', 'declare', { when: '2024-01-01T00:00:00Z' }),
    line('a', 'lift', { when: '2024-01-02T00:00:00Z' }),
    { command: 'retract', data: { eventId: 'emergency-a#k', reason: 'Told' } },
    line('a', 'declare', { when: '2024-01-01T00:00:00Z', key: 'k' }),
    line('b', 'lift', { when: '2024-01-02T00:00:00Z' }),
  ])
  expect(told(results)).toStrictEqual([
    ['refused', 'unavailable'],
    ['recorded', 1],
    ['refused', 'lifecycle_violation'],
    ['refused', 'invalid'],
    ['recorded', 3],
    ['recorded', 2],
  ])
})

describe('lines that another writer of the log was faster than are decided anew, in their order', () => {
  /** The same event, as that other writer records it. */
  const others = '00000000-0000-7000-9000-000000000001'
  const outrunAt = (at: Expected, lines: readonly Line[]) => {
    let write: EventLog['append']
    return openService({
      around: (log) => {
        write = log.append.bind(log)
        return failing(
          (stream, _events, expected) => stream === 'emergency-a' && expected === at,
          async (stream, events, expected, notBefore) => {
            await write(stream, [{ ...events[0]!, key: 'other', id: others }], expected)
            return write(stream, events, expected, notBefore)
          },
        )(log)
      },
    }).then(async (service) => {
      await using _ = service
      return await imported(service, lines)
    })
  }
  const declareA = line('a', 'declare', { when: '2024-01-01T00:00:00Z' })
  const liftA = line('a', 'lift', { when: '2024-01-02T00:00:00Z' })
  const declareB = line('b', 'declare', { when: '2024-01-01T00:00:00Z' })
  const refused = { result: 'refused', problem: { code: 'lifecycle_violation', decidedBy: [others] } }
  const recorded = { result: 'recorded' }

  test('one that was appended alone', async () => {
    expect(await outrunAt(0, [declareA, declareB, liftA])).toMatchObject([recorded, recorded, refused, {}])
  })

  test('those of a stream that were appended at once', async () => {
    expect(await outrunAt('no_stream', [declareA, liftA, declareB])).toMatchObject([
      refused,
      recorded,
      recorded,
      {},
    ])
  })
})

test('what is refused of lines of a stream that are appended at once is one of them, and the others are recorded', async () => {
  await using service = await openService()
  // Each as long as it may be without being decided alone.
  const note = '漢'.repeat(30_000)
  const lines = Array.from({ length: 40 }, (_, index) =>
    line('a', 'announce', { data: { type: 'curfew' }, note, key: `k-${index}`, acceptAnomaly: 'Told' }),
  )
  lines.splice(
    20,
    0,
    line('a', 'announce', {
      data: { type: 'curfew' },
      key: 'wrong',
      refs: { basedOn: ['emergency-a#none'] },
    }),
  )
  const results = await imported(service, lines)
  expect(results.at(-1)).toMatchObject({ recorded: 40, refused: 1, position: 40 })
  expect(results[20]).toMatchObject({ result: 'refused', problem: { code: 'invalid' } })
})

test('an import and requests on the same streams at once record everything, each stream in one order', async () => {
  await using service = await openService()
  const lines = Array.from({ length: 300 }, (_, index) =>
    line(`e-${index % 3}`, 'announce', { data: { type: 'curfew' }, note: `line ${index}` }),
  )
  const posts = Array.from({ length: 60 }, (_, index) =>
    service.record(`/v1/emergencies/e-${index % 3}/announce`, {
      data: { type: 'curfew' },
      note: `request ${index}`,
      acceptAnomaly: 'Told',
    }),
  )
  const [results, receipts] = await Promise.all([
    service.post('/v1/import?results=all', lines.map((one) => JSON.stringify(one)).join('\n'), {
      'content-type': 'application/x-ndjson',
    }),
    Promise.all(posts),
  ])
  expect(results.body.at(-1)).toMatchObject({ recorded: 300, refused: 0 })
  expect(receipts).toHaveLength(60)
  for (const stream of ['e-0', 'e-1', 'e-2']) {
    const { events } = (await service.get(`/v1/emergencies/${stream}/events?limit=1000`)).body
    expect(events.map(({ revision }: Json) => revision)).toStrictEqual(
      Array.from({ length: 120 }, (_, index) => index),
    )
    const inFile = events.map(({ note }: Json) => note).filter((note: string) => note.startsWith('line'))
    expect(inFile).toStrictEqual(lines.filter(({ id }) => id === stream).map(({ note }) => note))
  }
})

test('a restore refuses the line that the log does not take and what rests on it, and goes on', async () => {
  await using service = await openService({
    around: failing((stream) => stream === 'emergency-b', tooLarge),
  })
  const results: Json[] = []
  const at = (day: number) => ({ recordedAt: `2024-01-0${day}T00:00:00Z` })
  const file = [
    line('a', 'declare', at(1)),
    line('b', 'declare', { ...at(2), key: 'k' }),
    { command: 'retract', ...at(3), data: { eventId: 'emergency-b#k', reason: 'Told' } },
    line('c', 'declare', at(4)),
    line('d', 'declare', at(3)),
  ]
  async function* content() {
    yield new TextEncoder().encode(file.map((one) => JSON.stringify(one)).join('\n'))
  }
  const options = { from: 'history.ndjson', zone: 'UTC', recordedBy: 'archivist' }
  for await (const some of restoreLines(service.parts, content(), options)) results.push(...some)
  expect(told(results)).toStrictEqual([
    ['recorded', 1],
    ['refused', 'too_large'],
    ['refused', 'invalid'],
    ['recorded', 2],
    ['refused', 'invalid'],
  ])
})

test('events of one stream that are too long to be appended at once keep their place among those of others', async () => {
  await using service = await openService()
  const long = { note: '危'.repeat(24_000) }
  const extend = { ...long, data: { until: '2024-02-01T00:00:00Z' } }
  const lines = [
    line('e', 'declare', { ...long, when: '2024-01-01T00:00:00Z' }),
    ...Array.from({ length: 15 }, (_, index) =>
      line('e', 'extend', { ...extend, when: `2024-01-02T00:00:${String(index).padStart(2, '0')}Z` }),
    ),
    line('z', 'declare', { when: '2024-01-03T00:00:00Z' }),
  ]
  const results = await imported(service, lines)
  const positions = told(results).map(([, position]) => position)
  // A server takes what is of other streams meanwhile.
  if (isOnServer())
    expect(positions).toStrictEqual([...positions.slice(0, 16).toSorted((a, b) => a - b), positions[16]])
  else expect(positions).toStrictEqual(lines.map((_, index) => index + 1))
})

describe('lines of many streams', () => {
  const steps = ['declare', 'extend', 'lift']
  /** Each step of so many emergencies, one step of all of them after the other. */
  const courseOf = (emergencies: number) =>
    steps.flatMap((command, step) =>
      Array.from({ length: emergencies }, (_, index) =>
        line(`e-${index}`, command, {
          when: `2024-01-0${step + 1}T00:00:00Z`,
          ...(command === 'extend' && { data: { until: '2024-02-01T00:00:00Z' } }),
        }),
      ),
    )

  test('are recorded in the order of the file', async () => {
    await using service = await openService()
    const lines = courseOf(600)
    const results = told(await imported(service, lines))
    expect(results.filter(([result]) => result === 'recorded')).toHaveLength(lines.length)
    const positions = results.map(([, position]) => position as number)
    if (!isOnServer()) expect(positions).toStrictEqual(lines.map((_, index) => index + 1))
    // A server takes what is of other streams meanwhile.
    for (let emergency = 0; emergency < 600; emergency++) {
      const own = steps.map((_, step) => positions[step * 600 + emergency]!)
      expect(own).toStrictEqual(own.toSorted((one, other) => one - other))
    }
  })

  test('are recorded stream by stream where there are very many, each told in its place', async () => {
    await using service = await openService()
    const results = await importedAtOnce(service, courseOf(700))
    expect(results.map((one) => one.line)).toStrictEqual([
      ...Array.from({ length: 2100 }, (_, index) => index + 1),
      undefined,
    ])
    const recorded = results.slice(0, -1).map(({ position }, index) => ({ position, emergency: index % 700 }))
    const inOrder = recorded.toSorted((one, other) => one.position - other.position)
    const turns = inOrder.filter(({ emergency }, index) => emergency !== inOrder[index - 1]?.emergency)
    // One that is begun in one commit may be gone on with in the next.
    expect(turns.length).toBeLessThan(710)
    for (const emergency of [0, 1, 350, 698, 699]) {
      const steps = recorded.filter((one) => one.emergency === emergency).map(({ position }) => position)
      expect(steps).toStrictEqual(steps.toSorted((one, other) => one - other))
    }
  })

  test('are told of while those after them are recorded', async () => {
    await using service = await openService()
    const toldAt: { told: number; recorded: number }[] = []
    let told = 0
    for await (const some of importing(service, courseOf(700))) {
      told += some.length
      toldAt.push({ told, recorded: service.service.model.position() })
    }
    expect(toldAt).toStrictEqual([
      { told: 0, recorded: 0 },
      { told: 171, recorded: 512 },
      { told: 342, recorded: 1024 },
      { told: 512, recorded: 1536 },
      { told: 683, recorded: 2048 },
      { told: 2100, recorded: 2100 },
      { told: 2101, recorded: 2100 },
    ])
  })

  test('that name an event of another are recorded after it, and those that name none beside them', async () => {
    await using service = await openService()
    const course = courseOf(900)
    const [first, naming] = [
      line('z', 'announce', { when: '2024-01-01T00:00:00Z', data: { type: 'curfew' } }),
      line('z', 'declare', { when: '2024-01-02T00:00:00Z', refs: { causedBy: ['emergency-e-899#k'] } }),
    ]
    const lines = [
      first,
      ...course.slice(0, 899),
      { ...course[899]!, key: 'k' },
      ...course.slice(900),
      naming,
      ...courseOf(1),
    ]
    const results = await imported(service, lines)
    expect(results.at(-1)).toMatchObject({ recorded: 2702, repeated: 3, refused: 0 })
    expect(results[2701].result).toBe('recorded')
    expect(results[2701].position).toBeGreaterThan(results[900].position)
  })
})

test('what a commit refuses is not asked of the next ones, and nothing else is held up by it', async () => {
  const asked: string[] = []
  await using service = await openService({
    around: (log) => {
      const inner = failing((stream) => stream === 'emergency-e-0', unavailable)(log)
      return appendingBy(inner, (stream, ...call) => {
        asked.push(stream)
        return inner.append(stream, ...call)
      })
    },
  })
  const lines = ['declare', 'lift'].flatMap((command, step) =>
    Array.from({ length: 600 }, (_, index) =>
      line(`e-${index}`, command, { when: `2024-01-0${step + 1}T00:00:00Z` }),
    ),
  )
  const results = await imported(service, lines)
  expect(results.slice(0, -1).filter(({ result }) => result === 'refused')).toMatchObject([
    { line: 1, problem: { code: 'unavailable' } },
    { line: 601, problem: { code: 'lifecycle_violation' } },
  ])
  expect(results.at(-1)).toMatchObject({ recorded: 1198, refused: 2, position: 1198 })
  expect(asked.filter((stream) => stream === 'emergency-e-0')).toHaveLength(1)
})
