import { randomUUIDv7 } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { removeReadModel } from '../../src/readmodel/files.ts'
import { accessDenied, notAuthenticated } from '../stand-in/faults.ts'
import { startStandIn, type StandIn } from '../stand-in/server.ts'
import { type Node, openNode, server, source } from './nodes.ts'

const path = '/v1/emergencies/e-1'
const data = { type: 'curfew' }
const declare = (node: Node, id = 'e-1', headers?: Record<string, string>) =>
  node.post(`/v1/emergencies/${id}/declare`, { when: '2024-01-08T00:00:00Z', data }, headers)

const health = async (node: Node) => {
  const { status, body } = await node.get('/readyz')
  return { status, ...body }
}

/** So many calls in a row that nobody asks for long enough to be answered. */
const unanswered = Array.from({ length: 5 }, () => ({ ignore: true as const }))

/** Writes an event of an emergency past every node, by default one that this version knows. */
const write = (
  { database }: StandIn,
  number: number,
  { stream = `emergency-s-${number}`, kind = 'emergency', type = 'EmergencyDeclared' } = {},
) => {
  const id = randomUUIDv7()
  const when = {
    text: null,
    zone: 'UTC',
    earliest: '2024-01-08T00:00:00.000Z',
    latest: '2024-01-08T00:00:00.000Z',
  }
  const event = {
    id,
    type,
    schemaVersion: 1,
    kind,
    stream,
    recordedBy: 'desk',
    reality: 'actual',
    when,
    source,
    data,
  }
  return database.append(
    `crisis-2024.${stream}`,
    [
      {
        id,
        type,
        contentType: 'application/json',
        data: Buffer.from(JSON.stringify(event)),
        metadata: Buffer.from(JSON.stringify({ recordedAt: '2024-01-10T12:00:00.000Z' })),
      },
    ],
    'any',
  )
}

test('while the log is away a node answers, says so, refuses writes and follows by itself when it is back', async () => {
  const standIn = await server()
  const [one, two] = [await openNode(standIn), await openNode(standIn)]
  const first = await declare(one)
  await two.get(`${path}?minPosition=${first.body.position}`)
  const well = {
    status: 'ready',
    position: first.body.position,
    lagMs: 0,
    log: { isFollowing: true, isFilled: true, lastError: null },
  }
  expect(await health(two)).toStrictEqual(well)
  expect((await two.get('/v1/projections')).body).toMatchObject({
    position: first.body.position,
    head: first.body.position,
    lagMs: 0,
    status: 'live',
    lastError: null,
    log: well.log,
  })

  await standIn.kill()
  const away = { isFollowing: false, lastError: expect.stringMatching(/./) as string }
  await expect.poll(() => health(one)).toMatchObject({ status: 'ready', log: away })
  expect((await one.get('/v1/projections')).body).toMatchObject({ status: 'live', log: away })
  for (const question of [
    path,
    `${path}/history`,
    '/v1/picture',
    '/v1/events',
    `/v1/events/${first.body.event.id}`,
  ])
    expect([question, (await one.get(question)).status]).toStrictEqual([question, 200])
  const refused = await declare(one, 'e-2', { 'idempotency-key': 'k' })
  expect([refused.status, refused.headers['retry-after'], refused.body.code]).toStrictEqual([
    503,
    '1',
    'unavailable',
  ])
  expect(refused.body.detail).toMatch(/^The event store gives no answer .* to send the same again is safe\.$/)

  await standIn.start()
  const again = await declare(two, 'e-2', { 'idempotency-key': 'k' })
  expect(again.status).toBe(201)
  const seen = await one.get(`/v1/emergencies/e-2?minPosition=${again.body.position}`)
  expect(seen.body.state.status).toBe('in_force')
  expect(await health(one)).toMatchObject({ position: again.body.position, log: { isFollowing: true } })
  expect(await one.exported()).toHaveLength(2)
  const told = one.logged.filter(({ msg }) => msg.startsWith('the log '))
  expect(told.map(({ level, msg, reason }) => [level, msg, reason])).toStrictEqual([
    [40, 'the log is away: what is here is answered from', expect.stringMatching(/./)],
    [30, 'the log is followed again', undefined],
  ])
})

test('while the log is away what waits in line is refused with the first, and an import ends soon', async () => {
  const standIn = await server()
  const node = await openNode(standIn)
  await declare(node)
  await standIn.kill()
  await expect.poll(() => health(node)).toMatchObject({ log: { isFollowing: false } })
  const start = performance.now()
  const amend = () =>
    node.post(`${path}/amend`, { when: '2024-01-09T00:00:00Z', data: {}, acceptAnomaly: 'Told' })
  const first = [amend(), amend(), amend()]
  // What would be refused by what is known here waits in the same line.
  const wrong = node.post(`${path}/announce`, { data })
  await wait(3000)
  const answers = await Promise.all([...first, wrong, amend(), amend()])
  const seconds = (performance.now() - start) / 1000
  for (const { status, headers } of answers)
    expect([status, headers['retry-after']]).toStrictEqual([503, '1'])
  expect(seconds).toBeLessThan(13)
  expect(answers[1].body.detail).toMatch(/^The log is away.* Nothing was recorded of this: try again\.$/)

  const again = performance.now()
  const lines = Array.from({ length: 2600 }, (_, index) =>
    JSON.stringify({
      kind: 'actor',
      id: `a-${index % 50}`,
      command: 'describe',
      source,
      data: { type: 'person', name: `${index}` },
    }),
  )
  const results = (await node.imported(lines)) as {
    line?: number
    result?: string
    problem?: { detail: string }
  }[]
  expect((performance.now() - again) / 1000).toBeLessThan(13)
  expect(results.at(-1)).toMatchObject({ done: true, lines: 2600, recorded: 0, refused: 2600 })
  expect(results.filter(({ result }) => result === 'refused')).toHaveLength(2600)
  const untried = results.filter(
    ({ problem }) =>
      problem?.detail ===
      'The log was found away at line 1, so this one was not tried. Send the file again when the log is back: nothing is recorded twice.',
  )
  expect(untried).toHaveLength(2600 - 512)
  await standIn.start()
  await expect.poll(() => health(node), { timeout: 20_000 }).toMatchObject({ log: { isFollowing: true } })
  const told = (await node.imported(lines)).at(-1)
  expect(told).toMatchObject({ done: true, lines: 2600, recorded: 2600, refused: 0 })
}, 60_000)

test('a node starts while the log is away, and answers from what it has at once', async () => {
  const standIn = await server()
  const { folder, close, ...node } = await openNode(standIn)
  const first = await declare({ folder, close, ...node })
  await close()
  await standIn.kill()
  const again = await openNode(standIn, { folder })
  expect(await health(again)).toMatchObject({
    status: 'ready',
    position: first.body.position,
    log: { isFollowing: false, lastError: expect.stringMatching(/./) as string },
  })
  expect((await again.get(path)).body.state.status).toBe('in_force')
  await standIn.start()
  expect((await again.post(`${path}/lift`, { when: '2024-01-09T00:00:00Z' })).status).toBe(201)
})

test('a node that has nothing yet says so while the log is away, and gives no empty picture', async () => {
  const standIn = await server()
  await write(standIn, 1)
  await standIn.kill()
  const node = await openNode(standIn)
  for (const question of ['/v1/picture', path, '/readyz', '/v1/events', `${path}/events`, '/v1/events/e-1']) {
    const { status, headers, body } = await node.get(question)
    expect([status, headers['retry-after']]).toStrictEqual([503, '1'])
    expect(body.detail).toMatch(/^The log cannot be reached, and nothing of it is here yet: ./)
  }
  expect((await node.get('/healthz')).status).toBe(200)
  expect((await node.get('/v1/projections')).body.log).toMatchObject({ isFollowing: false, isFilled: false })
  await standIn.start()
  await expect.poll(() => health(node), { timeout: 20_000 }).toMatchObject({ status: 'ready' })
  expect((await node.get('/v1/emergencies?status=any')).body.rows).toHaveLength(1)
})

test.each([
  ['who may not read it', accessDenied],
  ['with a wrong password', notAuthenticated],
])('a user %s is told, now and then, by a node that answers when it may', async (_, denied) => {
  const standIn = await server()
  await write(standIn, 1)
  standIn.faults.denied = denied
  const node = await openNode(standIn)
  const sentence = /The event store refuses the user of this ledger .*check LEDGER_LOG/
  const refused = [await node.get('/v1/picture'), await node.get('/readyz'), await declare(node)]
  for (const { status, headers, body } of refused) {
    expect([status, headers['retry-after']]).toStrictEqual([503, '1'])
    expect(body.detail).toMatch(sentence)
  }
  await wait(1500)
  const told = node.logged.filter(({ level }) => level >= 40)
  expect(told.map(({ reason }) => reason)).toStrictEqual([expect.stringMatching(sentence)])
  standIn.faults.denied = undefined
  await expect.poll(() => health(node), { timeout: 20_000 }).toMatchObject({ status: 'ready' })
  expect((await declare(node)).status).toBe(201)

  // One that runs says so as well.
  standIn.faults.denied = denied
  standIn.wire.cut()
  await expect
    .poll(async () => (await node.get('/v1/projections')).body.log.lastError, { timeout: 10_000 })
    .toMatch(sentence)
  const lifted = await node.post('/v1/emergencies/e-9/lift', { when: '2024-01-09T00:00:00Z' })
  expect([lifted.status, lifted.headers['retry-after']]).toStrictEqual([503, '1'])
  expect(lifted.body.detail).toMatch(sentence)
})

test('a node that is being filled for the first time tells how far it is, and answers when it is filled', async () => {
  const standIn = await server()
  await Promise.all(Array.from({ length: 2000 }, (_, number) => write(standIn, number)))
  // It asks what the newest is, and has half of it when its subscription breaks off; the next call is not answered.
  standIn.faults.reads.push({ breakAfter: 1000 }, { breakAfter: 1000 }, ...unanswered)
  const node = await openNode(standIn)
  const said = (await node.get('/v1/projections')).body
  expect(said).toMatchObject({ status: 'rebuilding', progress: { position: said.position, head: said.head } })
  expect(said.position).toBeLessThan(said.head)
  expect(said.lagMs).toBeGreaterThan(0)
  expect(said.log).toMatchObject({ isFilled: false })
  const questions = ['/v1/picture', '/v1/events?limit=1', '/v1/emergencies/s-1999/events', '/v1/events/e-1']
  const answers = await Promise.all(questions.map((question) => node.get(question)))
  for (const refused of [...answers, await declare(node)]) {
    expect([refused.status, refused.headers['retry-after'], refused.body.code]).toStrictEqual([
      503,
      '1',
      'unavailable',
    ])
    // Its subscription broke off a moment ago.
    expect(refused.body.detail).toMatch(
      /^The log cannot be reached, and only a part of it is here yet, up to position \d+: ./,
    )
  }
  standIn.faults.reads.length = 0
  await expect.poll(() => health(node), { timeout: 20_000 }).toMatchObject({ status: 'ready', lagMs: 0 })
  expect(await node.exported()).toHaveLength(2000)
  expect((await declare(node)).status).toBe(201)
})

test('a node that was never filled to the end is no answer while the log is away, nor until it is filled', async () => {
  const standIn = await server()
  await Promise.all(Array.from({ length: 2000 }, (_, number) => write(standIn, number)))
  standIn.faults.reads.push({ breakAfter: 1000 }, { breakAfter: 1000 }, ...unanswered)
  const first = await openNode(standIn)
  const { position } = (await first.get('/v1/projections')).body
  expect(position).toBeGreaterThan(0)
  await first.close()
  await standIn.kill()

  const node = await openNode(standIn, { folder: first.folder })
  const questions = ['/readyz', '/v1/emergencies', '/v1/picture', '/v1/events', '/v1/emergencies/s-1/events']
  const answers = await Promise.all(questions.map((question) => node.get(question)))
  for (const { status, headers, body } of [...answers, await declare(node)]) {
    expect([status, headers['retry-after']]).toStrictEqual([503, '1'])
    expect(body.detail).toMatch(
      /^The log cannot be reached, and only a part of it is here yet, up to position \d+: ./,
    )
  }
  expect((await node.get('/v1/projections')).body).toMatchObject({
    status: 'rebuilding',
    log: { isFollowing: false, isFilled: false },
  })

  standIn.faults.reads.splice(0, unanswered.length, ...Array.from({ length: 4 }, () => ({ breakAfter: 100 })))
  await standIn.start()
  let listed = await node.get('/v1/emergencies')
  for (; listed.status === 503; listed = await node.get('/v1/emergencies')) await wait(5)
  expect(listed.body.counts.in_force).toStrictEqual({ certain: 2000, possible: 0 })

  // That lasts: whatever is recorded from now on, it answers while the log is away.
  await node.close()
  await standIn.kill()
  const filled = await openNode(standIn, { folder: first.folder })
  expect(await health(filled)).toMatchObject({ status: 'ready', log: { isFollowing: false, isFilled: true } })
}, 60_000)

test('a node whose log becomes another one says what to do, and fills itself from that when it is started again', async () => {
  const standIn = await server()
  const node = await openNode(standIn)
  await declare(node)
  const { wire } = standIn
  const other = await startStandIn()
  await write(other, 7)
  await standIn.kill()
  await wire.up(other.wire.port)
  await expect
    .poll(() => health(node), { timeout: 10_000 })
    .toMatchObject({
      status: 503,
      detail: expect.stringMatching(
        /^The answers stopped at position \d+: checkpoint_ahead_of_log: the log is not the one .*: start again, and the file is made anew\.$/,
      ) as string,
    })
  const dryRun = await node.post(`${path}/lift?dryRun=true`, { when: '2024-01-09T00:00:00Z' })
  for (const refused of [await declare(node, 'e-2'), dryRun, await node.get('/v1/stream')])
    expect([refused.status, refused.headers['retry-after'], refused.body.detail]).toStrictEqual([
      503,
      '1',
      expect.stringContaining('start again'),
    ])
  expect((await node.get('/v1/projections')).body).toMatchObject({
    status: 'stopped',
    lastError: expect.stringContaining('start again') as string,
  })
  expect(node.logged.find(({ level }) => level === 50)).toMatchObject({
    err: { message: expect.stringContaining('checkpoint_ahead_of_log') as string },
    msg: 'the answers no longer follow the log',
  })
  await node.close()

  const again = await openNode(standIn, { folder: node.folder })
  expect(
    (await again.get('/v1/emergencies?status=any')).body.rows.map(({ id }: { id: string }) => id),
  ).toStrictEqual(['s-7'])
  expect((await again.get('/v1/projections')).body.log.lastError).toMatch(/put aside as .*aside-1/)
  await again.close()
  await other.close()
})

test('an event of a type or kind that this node does not know yet is kept, counted and in no answer', async () => {
  const standIn = await server()
  const node = await openNode(standIn)
  await declare(node)
  await write(standIn, 1, { stream: 'emergency-e-1', type: 'EmergencyTransferred' })
  await write(standIn, 2, { stream: 'emergency-e-1', type: 'EmergencyTransferred' })
  await write(standIn, 3, { stream: 'blockade-b-1', kind: 'blockade', type: 'RoadBlocked' })
  const lifted = await node.post(`${path}/lift`, { when: '2024-01-09T00:00:00Z' }, { 'if-match': '"2"' })
  expect([lifted.status, lifted.body.revision]).toStrictEqual([201, 3])
  expect((await node.get('/v1/projections')).body).toMatchObject({
    unknownTypes: { EmergencyTransferred: 2, RoadBlocked: 1 },
    lastError: null,
    log: { isFollowing: true, lastError: null },
  })
  const { body } = await node.get(`${path}?asOf=2024-01-08T12:00:00Z`)
  expect([body.state.status, body.revision, body.basis.length]).toStrictEqual(['in_force', 3, 1])
  expect((await node.exported()).map(({ type }) => type)).toStrictEqual([
    'EmergencyDeclared',
    'EmergencyTransferred',
    'EmergencyTransferred',
    'RoadBlocked',
    'EmergencyLifted',
  ])
  const { folder } = node
  await node.close()
  const again = await openNode(standIn, { folder })
  expect((await again.get('/v1/projections')).body.unknownTypes).toStrictEqual({
    EmergencyTransferred: 2,
    RoadBlocked: 1,
  })
})

test('a stream in which a stranger wrote takes events as any other, at every node', async () => {
  const standIn = await server()
  const nodes = [await openNode(standIn), await openNode(standIn)]
  const stranger = () =>
    standIn.database.append(
      'crisis-2024.emergency-e-1',
      [
        {
          id: randomUUIDv7(),
          type: 'Note',
          contentType: 'application/json',
          data: Buffer.from('{}'),
          metadata: Buffer.from(''),
        },
      ],
      'any',
    )
  await stranger()
  expect((await declare(nodes[0]!)).body.revision).toBe(0)
  await stranger()
  await stranger()
  for (const [revision, node] of [
    [1, nodes[1]!],
    [2, nodes[0]!],
    [3, nodes[1]!],
  ] as const) {
    const { status, body } = await node.post(
      `${path}/amend`,
      { when: '2024-01-09T00:00:00Z', data: {}, acceptAnomaly: 'Told' },
      { 'if-match': `"${revision - 1}"` },
    )
    expect([status, body.revision, body.state?.revision]).toStrictEqual([201, revision, revision])
    await stranger()
  }
  const again = await openNode(standIn)
  expect(await again.exported()).toStrictEqual(await nodes[0]!.exported())
  expect((await again.get('/v1/projections')).body.log.lastError).toMatch(/was not written by a ledger/)
})

test('a node that has lost its read model makes it from its replica, and goes on with what came meanwhile', async () => {
  const standIn = await server()
  for (let number = 0; number < 6000; number++) await write(standIn, number)
  const first = await openNode(standIn)
  await expect.poll(() => health(first), { timeout: 30_000 }).toMatchObject({ status: 'ready' })
  await first.close()
  removeReadModel(join(first.folder, 'crisis-2024.replica.readmodel-1.db'))
  for (let number = 6000; number < 6010; number++) await write(standIn, number)

  const again = await openNode(standIn, first)
  await expect.poll(() => health(again), { timeout: 30_000 }).toMatchObject({ status: 'ready', lagMs: 0 })
  const { body } = await again.get('/v1/emergencies?status=any&limit=1')
  expect(body.counts.in_force).toStrictEqual({ certain: 6010, possible: 0 })
  const projections = await again.get('/v1/projections')
  expect(projections.body).toMatchObject({ status: 'live', lastError: null, lagMs: 0 })
  expect(projections.body.position).toBe(projections.body.head)
  await again.close()
  expect(readdirSync(first.folder)).toContain('crisis-2024.replica.readmodel-2.db')
}, 60_000)
