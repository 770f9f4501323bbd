import { randomUUIDv7 } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Node, openNode, server, source } from './nodes.ts'
import type { StandIn } from '../stand-in/server.ts'

const instant = '2024-01-08T00:00:00.000Z'
const when = { text: null, zone: 'UTC', earliest: instant, latest: instant }
const data = { type: 'curfew' }

const declare = (node: Node, id = 'e-1') =>
  node.post(`/v1/emergencies/${id}/declare`, { when: '2024-01-08T00:00:00Z', data })

/** Writes an event past every node, right but for the fields given. */
const write = async (
  { database }: StandIn,
  fields: Record<string, unknown>,
  recordedAt = '2024-01-10T12:00:00.000Z',
): Promise<string> => {
  const id = randomUUIDv7()
  const event = {
    id,
    type: 'EmergencyDeclared',
    schemaVersion: 1,
    kind: 'emergency',
    stream: 'emergency-s-1',
    recordedBy: 'desk',
    reality: 'actual',
    when,
    source,
    data,
    ...fields,
  }
  await database.append(
    `crisis-2024.${event.stream}`,
    [
      {
        id,
        type: event.type,
        contentType: 'application/json',
        data: Buffer.from(JSON.stringify(event)),
        metadata: Buffer.from(JSON.stringify({ recordedAt })),
      },
    ],
    'any',
  )
  return id
}

const lastError = async (node: Node): Promise<string | null> =>
  (await node.get('/v1/projections')).body.log.lastError

/** A node goes on as if nothing had been written, and says what it leaves out; so does one that is filled anew. */
const requireLeftOut = async (standIn: StandIn, node: Node, sentence: RegExp): Promise<void> => {
  const before = (await node.exported()).length
  const { status, body } = await declare(node, 'e-2')
  expect(status).toBe(201)
  expect((await node.get(`/readyz`)).status).toBe(200)
  expect((await node.get('/v1/emergencies/e-2')).body.state.status).toBe('in_force')
  expect(await node.exported()).toHaveLength(before + 1)
  expect(await lastError(node)).toMatch(sentence)
  const again = await openNode(standIn)
  expect((await again.get(`/v1/emergencies/e-2?minPosition=${body.position}`)).status).toBe(200)
  expect(await again.exported()).toStrictEqual(await node.exported())
  expect(await lastError(again)).toMatch(sentence)
}

describe('an event that is right but for one field stops no node, is left out and told:', () => {
  const term = { duration: 'PXX', countsFirstDay: null }
  test.each<[string, Record<string, unknown>, RegExp]>([
    ['no data', { data: undefined }, /\/data: is required/],
    ['no when', { when: undefined }, /\/when: is required/],
    ['no reality', { reality: undefined }, /\/reality: /],
    ['a reality that is none', { reality: 'dream' }, /\/reality: /],
    ['places that are no list', { places: 'x' }, /\/places: /],
    ['a term that is none', { data: { ...data, term } }, /\/data\/term\/duration: /],
    [
      'a when that ends before it begins',
      { when: { ...when, earliest: '2024-01-09T00:00:00.000Z' } },
      /\/when: /,
    ],
    ['a field that there is not', { colour: 'red' }, /unknown field "colour"/],
    ['a stream that no kind has', { stream: 'nothing' }, /\/stream: /],
    ['a type of another kind', { type: 'FugitiveSighted' }, /is an event of fugitives/],
    ['a source that is none', { source: 'x' }, /\/source: /],
    ['a text of many thousand letters', { crisis: 'X'.repeat(10_000) }, /^.{1,500}$/],
  ])('%s', async (_, fields, sentence) => {
    const standIn = await server()
    const node = await openNode(standIn)
    await write(standIn, fields)
    await requireLeftOut(standIn, node, sentence)
  })

  test.each<[string, (id: string) => Record<string, unknown>, RegExp]>([
    [
      'about an event that is not there',
      () => ({ eventId: randomUUIDv7(), reason: 'x' }),
      /which is no earlier event/,
    ],
    [
      'with data that the event it corrects cannot have',
      (eventId) => ({ eventId, reason: 'x', data: { ...data, term } }),
      /data\/data\/term/,
    ],
    ['with a when that is a text', (eventId) => ({ eventId, reason: 'x', when: '2024' }), /\/data\/when/],
  ])('a correction %s', async (_, fields, sentence) => {
    const standIn = await server()
    const node = await openNode(standIn)
    const { body } = await declare(node)
    await write(standIn, {
      stream: 'emergency-e-1',
      type: 'EntryCorrected',
      when: undefined,
      data: fields(body.event.id),
    })
    await requireLeftOut(standIn, node, sentence)
  })

  test('a correction of an event of an unknown type is kept', async () => {
    const standIn = await server()
    const node = await openNode(standIn)
    const eventId = await write(standIn, { type: 'EmergencyTransferred' })
    await write(standIn, {
      type: 'EntryCorrected',
      when: undefined,
      data: { eventId, reason: 'x', data: { any: 1 } },
    })
    expect((await declare(node)).status).toBe(201)
    expect(await lastError(node)).toBe(null)
    expect(await node.exported()).toHaveLength(3)
  })

  test('a recordedAt that is no time, which would be that of all after it', async () => {
    const standIn = await server()
    const node = await openNode(standIn)
    await write(standIn, {}, '2026-99-99T99:99:99.999Z')
    await requireLeftOut(standIn, node, /was not written by a ledger/)
    expect((await node.exported()).every(({ recordedAt }) => !recordedAt.includes('99:99'))).toBe(true)
  })
})

test('what was left out is told also after a restart, and judged again by a version that may know more', async () => {
  const standIn = await server()
  const node = await openNode(standIn)
  await write(standIn, { colour: 'red' })
  await declare(node)
  await node.close()
  const again = await openNode(standIn, { folder: node.folder })
  expect(await lastError(again)).toMatch(/unknown field "colour"/)
  await again.close()

  // As a version that knew less would have left it.
  const file = join(node.folder, 'crisis-2024.replica.db')
  const database = new DatabaseSync(file)
  database.exec("INSERT INTO left_out VALUES (1, 'It was not known.', 'another version')")
  database.close()
  const newer = await openNode(standIn, { folder: node.folder })
  await expect.poll(async () => (await newer.exported()).length).toBe(1)
  expect(await lastError(newer)).toMatch(/unknown field "colour"/)
  await newer.close()
  const left = new DatabaseSync(file)
  expect(left.prepare('SELECT why FROM left_out').all()).toMatchObject([
    { why: expect.stringContaining('colour') as string },
  ])
  left.close()
})
