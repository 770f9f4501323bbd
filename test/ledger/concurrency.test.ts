import { expect, test } from 'vitest'
import { appendingBy } from '../appending.ts'
import { type Answer, type Json, openService, source, type TestService } from '../service.ts'

const data = { type: 'curfew' }
const path = '/v1/emergencies/e-1'

const eventsOf = async (service: TestService): Promise<Json[]> =>
  (await service.get(`${path}/events?limit=1000`)).body.events

const times = <T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)))

test('one key a hundred times at once is one event, and a hundred equal receipts', async () => {
  await using service = await openService()
  const key = { 'idempotency-key': 'k-1' }
  const declare = (headers: Record<string, string> = {}) =>
    service.post(`${path}/declare`, { source, data }, { ...key, ...headers })
  const answers = await times(100, () => declare())
  expect(answers.map(({ status }) => status)).toStrictEqual(Array(100).fill(201))
  const [{ body: receipt }] = answers as [Answer]
  for (const { body } of answers) expect(body).toStrictEqual(receipt)
  expect(answers.filter(({ headers }) => headers['idempotency-replayed'] !== 'true')).toHaveLength(1)
  expect(await eventsOf(service)).toStrictEqual([receipt.event])

  service.at('2024-02-01T00:00:00.000Z')
  await service.record(`${path}/lift`, {})
  const later = await times(100, (index) =>
    declare(index % 2 === 0 ? { 'if-none-match': '*' } : { 'if-match': '"7"' }),
  )
  for (const { status, headers, body } of later) {
    expect([status, headers['idempotency-replayed']]).toStrictEqual([201, 'true'])
    expect(body).toStrictEqual(receipt)
  }
  expect(await eventsOf(service)).toHaveLength(2)
})

test('of a hundred bodies under one key one is taken, and the others are told how they differ', async () => {
  await using service = await openService()
  const answers = await times(100, (index) =>
    service.post(`${path}/declare`, { source, data, note: `${index}` }, { 'idempotency-key': 'k-1' }),
  )
  const taken = answers.filter(({ status }) => status === 201)
  expect(taken).toHaveLength(1)
  const [{ body: receipt }] = taken as [Answer]
  for (const { status, body } of answers.filter((answer) => answer.status !== 201)) {
    expect([status, body.eventId, body.difference.pointer]).toStrictEqual([422, receipt.event.id, '/note'])
    expect(body.difference.was).toBe(receipt.event.note)
  }
})

test('fifty writers who send the revision they have seen lose nothing, and are told all they missed', async () => {
  await using service = await openService()
  await service.record(`${path}/declare`, { data })
  const conflicts: { seen: number; missed: Json[] }[] = []

  const write = async (writer: number) => {
    let { revision } = (await service.get(path)).body
    for (;;) {
      const { status, body } = await service.post(
        `${path}/amend`,
        { source, data: { title: `Writer ${writer}` } },
        { 'if-match': `"${revision}"` },
      )
      if (status === 201) return body.event
      expect([status, body.code]).toStrictEqual([412, 'revision_conflict'])
      conflicts.push({ seen: revision, missed: body.missed })
      revision = body.missed.at(-1).revision
    }
  }

  const written = await times(50, write)
  const events = await eventsOf(service)
  expect(events.map(({ revision }) => revision)).toStrictEqual(
    Array.from({ length: 51 }, (_, index) => index),
  )
  expect(new Set(events.map((event) => event.data.title)).size).toBe(51)
  for (const event of written) expect(events[event.revision]).toStrictEqual(event)
  expect(conflicts.length).toBeGreaterThan(0)
  for (const { seen, missed } of conflicts) {
    expect(missed.length).toBeGreaterThan(0)
    expect(missed).toStrictEqual(events.slice(seen + 1, seen + 1 + missed.length))
  }
})

test('fifty writers who send none all have their event taken', async () => {
  await using service = await openService()
  await service.record(`${path}/declare`, { data })
  const answers = await times(50, (writer) =>
    service.post(`${path}/amend`, { source, data: { title: `Writer ${writer}` } }),
  )
  expect(answers.map(({ status }) => status)).toStrictEqual(Array(50).fill(201))
  const events = await eventsOf(service)
  expect(events.map(({ revision }) => revision)).toStrictEqual(
    Array.from({ length: 51 }, (_, index) => index),
  )
  expect(new Set(answers.map(({ body }) => body.event.id)).size).toBe(50)
})

test('of fifty who do the same act at once one has done it, and the others are told who', async () => {
  await using service = await openService()
  await service.record(`${path}/declare`, { when: '2024-01-08T00:00:00Z', data })
  const answers = await times(50, () => service.post(`${path}/lift`, { source }))
  const done = answers.filter(({ status }) => status === 201)
  expect(done).toHaveLength(1)
  for (const { status, body } of answers.filter((answer) => answer.status !== 201))
    expect([status, body.decidedBy]).toStrictEqual([409, [done[0]!.body.event.id]])
})

test('fifty who begin a stream at once and expect none: one begins it', async () => {
  await using service = await openService()
  const answers = await times(50, (index) =>
    service.post(`${path}/announce`, { source, data, note: `${index}` }, { 'if-none-match': '*' }),
  )
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
  expect(answers.filter(({ status }) => status === 412)).toHaveLength(49)
  expect(await eventsOf(service)).toHaveLength(1)
})

test('many streams at once, each in its own order', async () => {
  await using service = await openService()
  const streams = Array.from({ length: 20 }, (_, index) => `/v1/emergencies/s-${index}`)
  await Promise.all(
    streams.flatMap((stream) => [
      service.record(`${stream}/declare`, { when: '2024-01-08T00:00:00Z', data }),
      service.record(`${stream}/amend`, { when: '2024-01-09T00:00:00Z', data: { title: 'A' } }),
      service.record(`${stream}/lift`, { when: '2024-01-10T00:00:00Z' }),
    ]),
  )
  for (const stream of streams) {
    const { events } = (await service.get(`${stream}/events`)).body
    expect(events.map(({ type }: Json) => type)).toStrictEqual([
      'EmergencyDeclared',
      'EmergencyAmended',
      'EmergencyLifted',
    ])
  }
  const { events } = (await service.get('/v1/events?limit=1000')).body
  expect(events.map(({ position }: Json) => position)).toStrictEqual(
    Array.from({ length: 60 }, (_, index) => index + 1),
  )
})

test('another writer of the log is waited for, and the decision is made again', async () => {
  let lose = true
  await using service = await openService({
    around: (log) =>
      appendingBy(log, async (stream, events, expected, notBefore) => {
        if (lose && expected === 0) {
          lose = false
          const [event] = events
          await log.append(
            stream,
            [{ ...event!, id: '00000000-0000-7000-9000-000000000001' }],
            expected,
            notBefore,
          )
        }
        return log.append(stream, events, expected, notBefore)
      }),
  })
  await service.record(`${path}/declare`, { when: '2024-01-08T00:00:00Z', data })
  const { status, body } = await service.post(`${path}/lift`, { source })
  expect([status, body.decidedBy]).toStrictEqual([409, ['00000000-0000-7000-9000-000000000001']])
  expect(await eventsOf(service)).toHaveLength(2)
})

test('a key that another writer of the log was faster with gives that one’s receipt', async () => {
  let lose = true
  const other = '00000000-0000-7000-9000-000000000001'
  await using service = await openService({
    around: (log) =>
      appendingBy(log, async (stream, events, expected, notBefore) => {
        if (lose) {
          lose = false
          await log.append(stream, [{ ...events[0]!, id: other }], expected, notBefore)
        }
        return log.append(stream, events, expected, notBefore)
      }),
  })
  const { status, headers, body } = await service.post(
    `${path}/declare`,
    { source, data },
    { 'idempotency-key': 'k-1' },
  )
  expect([status, headers['idempotency-replayed'], body.event.id]).toStrictEqual([201, 'true', other])
  expect(await eventsOf(service)).toHaveLength(1)
})
