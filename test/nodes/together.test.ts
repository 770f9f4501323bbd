import { randomUUIDv7 } from 'node:crypto'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type Instant, instantOf } from '../../src/time/instant.ts'
import type { Answer, Json } from '../service.ts'
import { createWire } from '../stand-in/wire.ts'
import { type Node, openNode, openNodes, server } from './nodes.ts'

const path = '/v1/emergencies/e-1'
const data = { type: 'curfew' }
const declare = (node: Node, headers?: Record<string, string>, when = '2024-01-08T00:00:00Z') =>
  node.post(`${path}/declare`, { when, data }, headers)

const positionOf = ({ headers }: Answer) => headers['ledger-position']!

/** The same question to all nodes, once each has what was recorded up to a position. Gives their answers. */
const askAll = (nodes: readonly Node[], question: string, position: string) =>
  Promise.all(
    nodes.map((node) => node.get(`${question}${question.includes('?') ? '&' : '?'}minPosition=${position}`)),
  )

test('what is written through one node is in the answers of the others for who waits for its position', async () => {
  const nodes = await openNodes(await server(), 3)
  for (let round = 0; round < 10; round++) {
    const writer = nodes[round % 3]!
    const answer = await writer.post(`/v1/actors/a-${round}/describe`, {
      data: { type: 'person', name: 'A' },
    })
    expect(answer.status).toBe(201)
    const seen = await askAll(nodes, `/v1/actors/a-${round}?asOf=2099-01-01`, positionOf(answer))
    expect(seen.map(({ status, body }) => [status, body.revision])).toStrictEqual(nodes.map(() => [200, 0]))
    expect(seen[1]!.body).toStrictEqual(seen[0]!.body)
    expect(seen[2]!.body).toStrictEqual(seen[0]!.body)
  }
})

test('one key sent to three nodes at once gives one event, and the same receipt, for ever', async () => {
  const nodes = await openNodes(await server(), 3)
  const key = { 'idempotency-key': 'k' }
  const answers = await Promise.all(nodes.map((node) => declare(node, key)))
  answers.push(...(await Promise.all(nodes.map((node) => declare(node, key)))))
  expect(answers.map(({ status }) => status)).toStrictEqual(Array(6).fill(201))
  for (const { body } of answers) expect(body).toStrictEqual(answers[0]!.body)
  expect(answers.filter(({ headers }) => headers['idempotency-replayed'] === undefined)).toHaveLength(1)
  expect(await nodes[0]!.exported()).toHaveLength(1)

  const other = await nodes[1]!.post(`${path}/declare`, { data: { type: 'state_of_emergency' } }, key)
  expect([other.status, other.body.code]).toStrictEqual([422, 'idempotency_mismatch'])
})

test('a lifecycle holds across nodes: of two that end the same thing at once, one is told what the other did', async () => {
  const nodes = await openNodes(await server(), 2)
  const declared = await declare(nodes[0]!)
  await askAll(nodes, path, positionOf(declared))
  const answers = await Promise.all(
    nodes.map((node) => node.post(`${path}/lift`, { when: '2024-01-09T00:00:00Z' })),
  )
  const [lifted, refused] = answers.toSorted((a, b) => a.status - b.status)
  expect([lifted!.status, refused!.status, refused!.body.code]).toStrictEqual([
    201,
    409,
    'lifecycle_violation',
  ])
  expect(refused!.body.decidedBy).toStrictEqual([lifted!.body.event.id])
})

test('what another node recorded a moment ago is not refused because it is not here yet', async () => {
  const standIn = await server()
  const [one, two] = await openNodes(standIn, 2)
  for (let round = 0; round < 10; round++) {
    const id = `e-${round}`
    expect(
      (await one!.post(`/v1/emergencies/${id}/declare`, { when: '2024-01-08T00:00:00Z', data })).status,
    ).toBe(201)
    const lifted = await two!.post(`/v1/emergencies/${id}/lift`, { when: '2024-01-09T00:00:00Z' })
    expect([lifted.status, lifted.body.revision]).toStrictEqual([201, 1])
    const disputed = await one!.post(
      `/v1/events/${lifted.body.event.id}/dispute`,
      { data: { reason: 'Hearsay' } },
      { 'if-match': '"1"' },
    )
    expect([disputed.status, disputed.body.revision]).toStrictEqual([201, 2])
    const retracted = await two!.post(`/v1/events/${disputed.body.event.id}/retract`, {
      data: { reason: 'Misheard' },
    })
    expect([retracted.status, retracted.body.revision]).toStrictEqual([201, 3])
  }
})

test('what is said at one node of an event that was recorded at another counts at both', async () => {
  const nodes = await openNodes(await server(), 2)
  const [one, two] = nodes as [Node, Node]
  const { body } = await declare(one)
  await askAll(nodes, path, String(body.position))
  const event = `/v1/events/${body.event.id}`
  const corrected = await two.post(`${event}/correct`, {
    data: { when: '2024-01-07', zone: 'UTC', reason: 'Misread' },
  })
  expect(corrected.status).toBe(201)
  await askAll(nodes, path, positionOf(corrected))
  const retracted = await one.post(`${event}/retract`, { data: { reason: 'Never said' } })
  expect([retracted.status, retracted.body.revision]).toStrictEqual([201, 2])
  const question = `${path}?asOf=2024-01-10&knownAt=`
  for (const [position, status] of [
    [corrected.body.position, 'in_force'],
    [retracted.body.position, undefined],
  ]) {
    const [first, second] = await askAll(nodes, question + position, String(retracted.body.position))
    expect(first!.body.state?.status).toBe(status)
    expect(second!.body).toStrictEqual(first!.body)
  }
})

test('whoever sends the revision they have seen is told by any node what they have missed', async () => {
  const nodes = await openNodes(await server(), 3)
  const first = await declare(nodes[0]!)
  await askAll(nodes, path, positionOf(first))
  const answers = await Promise.all(
    nodes.map((node, index) =>
      node.post(
        `${path}/extend`,
        {
          data: { term: { duration: `P${index + 1}D`, countsFirstDay: true } },
          zone: 'UTC',
          when: '2024-01-08T00:00:00Z',
        },
        { 'if-match': '"0"' },
      ),
    ),
  )
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toStrictEqual([201, 412, 412])
  const { event } = answers.find(({ status }) => status === 201)!.body
  for (const { body } of answers.filter(({ status }) => status === 412))
    expect([body.revision, body.missed]).toStrictEqual([1, [event]])
})

test('a command that names an event which another node recorded a moment ago is taken', async () => {
  const standIn = await server()
  const wire = await createWire(standIn.wire.port)
  onTestFinished(() => wire.down())
  const one = await openNode(standIn)
  const two = await openNode({ ...standIn, url: `esdb://127.0.0.1:${wire.port}?tls=false` })
  const when = '2024-01-08T00:00:00Z'
  await declare(two)
  const naming: [string, (id: string) => object][] = [
    ['/v1/emergencies/e-2/declare', (id) => ({ when, data, refs: { causedBy: [id] } })],
    ['/v1/emergencies/e-3/declare', (id) => ({ when, data, refs: { basedOn: [id] } })],
  ]
  for (const [index, [address, body]] of naming.entries()) {
    wire.freeze()
    const first = await one.post(`/v1/emergencies/f-${index}/declare`, { when, data })
    const answering = two.post(address, body(first.body.event.id))
    wire.thaw()
    expect((await answering).status).toBe(201)
  }
  const never = await two.post('/v1/emergencies/e-4/declare', {
    when,
    data,
    refs: { causedBy: [randomUUIDv7()] },
  })
  expect([never.status, never.body.errors[0].pointer]).toStrictEqual([400, '/refs/causedBy/0'])
})

test('recordedAt is the running maximum along positions, in answers and exports alike, though clocks differ by minutes', async () => {
  const standIn = await server()
  let present = Date.parse('2026-01-10T12:00:00.000Z')
  const behind = (minutes: number) => (): Instant => instantOf(present - minutes * 60_000)
  const nodes = await Promise.all([0, 3, 7].map((minutes) => openNode(standIn, { clock: behind(minutes) })))
  for (let round = 0; round < 8; round++) {
    present += 90_000
    const answers = await Promise.all(
      nodes.map((node, index) =>
        node.post(`/v1/actors/a-${index}/describe`, {
          data: { type: 'person', name: `Round ${round}` },
          acceptAnomaly: 'Told again',
        }),
      ),
    )
    expect(answers.map(({ status }) => status)).toStrictEqual([201, 201, 201])
    // The receipt of a node is what all nodes have.
    for (const { body } of answers)
      for (const other of await askAll(nodes, `/v1/events/${body.event.id}`, String(body.position)))
        expect(other.body).toStrictEqual(body.event)
  }
  const [one, two, three] = await Promise.all(nodes.map((node) => node.exported()))
  const times = one!.map(({ recordedAt }: Json) => recordedAt as string)
  expect(times).toHaveLength(24)
  expect(times).toStrictEqual(times.toSorted())
  expect(new Set(times).size).toBeGreaterThan(7)
  expect(two).toStrictEqual(one)
  expect(three).toStrictEqual(one)
  const middle = times[12]!
  const known = await askAll(
    nodes,
    `/v1/actors?asOf=2099-01-01&knownAt=${middle}`,
    String(one!.at(-1).position),
  )
  expect(known[0]!.body.position).toBe(one!.findLast(({ recordedAt }: Json) => recordedAt <= middle).position)
  for (const { body } of known) expect(body).toStrictEqual(known[0]!.body)
})

test('fifty writers at three nodes lose nothing, and nothing is doubled', async () => {
  const nodes = await openNodes(await server(), 3)
  const written = await Promise.all(
    Array.from({ length: 50 }, async (_, writer) => {
      const told: Json[] = []
      for (let round = 0; round < 4; round++) {
        const node = nodes[(writer + round) % 3]!
        const id = `a-${(writer * 3 + round) % 10}`
        const answer = await node.post(
          `/v1/actors/${id}/describe`,
          { data: { type: 'person', name: `${writer} ${round}` }, acceptAnomaly: 'Told again' },
          { 'idempotency-key': `${writer}-${round}` },
        )
        expect([answer.status, answer.body.detail]).toStrictEqual([201, undefined])
        told.push(answer.body.event)
      }
      return told
    }),
  )
  const told = written.flat().toSorted((a, b) => a.position - b.position)
  const newest = String(told.at(-1).position)
  await askAll(nodes, '/v1/actors', newest)
  for (const node of nodes) {
    const all = await node.exported()
    expect(all).toStrictEqual(told)
    for (let number = 0; number < 10; number++) {
      const revisions = all
        .filter(({ stream }: Json) => stream === `actor-a-${number}`)
        .map(({ revision }: Json) => revision)
      expect(revisions).toStrictEqual(Array.from({ length: 20 }, (_, index) => index))
    }
  }
  expect(told.map(({ key }) => key as string).toSorted()).toStrictEqual(
    Array.from({ length: 200 }, (_, index) => `${index >> 2}-${index & 3}`).toSorted(),
  )
})

test('a node whose files were removed fills itself again and answers the same, also of what is said twice', async () => {
  const standIn = await server()
  const nodes = await openNodes(standIn, 2)
  const key = { 'idempotency-key': 'k' }
  const first = await declare(nodes[0]!, key)
  expect((await nodes[1]!.post(`${path}/lift`, { when: '2024-01-09T00:00:00Z' })).status).toBe(201)
  const last = await nodes[0]!.post('/v1/orders/o-1/issue', { data: { content: 'Stay' } })
  await askAll(nodes, path, positionOf(last))
  const questions = [
    `${path}?asOf=2024-01-10`,
    `${path}?asOf=2024-01-10&knownAt=${first.body.position}`,
    '/v1/picture?ended=true&asOf=2024-01-08',
    '/v1/events?limit=2',
  ]
  const asked = (node: Node) =>
    Promise.all(questions.map((question) => node.get(question).then(({ status, body }) => [status, body])))
  const before = await asked(nodes[0]!)
  const { folder } = nodes[0]!
  await nodes[0]!.close()
  for (const file of readdirSync(folder)) rmSync(join(folder, file), { recursive: true })

  const again = await openNode(standIn, { folder })
  await again.get(`${path}?minPosition=${positionOf(last)}`)
  expect(await asked(again)).toStrictEqual(before)
  expect((await declare(again, key)).body).toStrictEqual(first.body)
  expect(await again.exported()).toStrictEqual(await nodes[1]!.exported())
})
