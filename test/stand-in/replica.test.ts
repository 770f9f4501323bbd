import { randomUUIDv7 } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openFile } from '../../src/log/file.ts'
import type { Judge } from '../../src/log/intake.ts'
import { sqliteLog } from '../../src/log/sqlite.ts'
import type { Event, NewEvent } from '../../src/vocabulary/envelope.ts'
import { draft, drafts } from '../contract/draft.ts'
import { fast, type Node, openNode } from './ledger.ts'
import { type StandIn, startStandIn } from './server.ts'

const stream = 'fugitive-fito-2024'
const other = 'fugitive-colon-pico-2024'

let standIn: StandIn
let nodes: Node[]
beforeEach(async () => {
  nodes = []
  standIn = await startStandIn({ isShared: true })
})
afterEach(async () => {
  for (const { close } of nodes) await close()
  await standIn.close()
})

const open = async (options?: Parameters<typeof openNode>[1]): Promise<Node> => {
  const node = await openNode(standIn.url, options)
  nodes.push(node)
  return node
}

/** Another server at the same place, without what the first had. */
const restore = async () => {
  const { wire } = standIn
  const empty = await startStandIn()
  await standIn.kill()
  await wire.up(empty.wire.port)
  return empty
}

/** An event as it was before it was appended. */
const given = ({ position: _position, revision: _revision, recordedAt: _at, ...event }: Event) => event

const idsOf = (events: Iterable<{ id: string }>) => [...events].map(({ id }) => id)
const caughtUp = (node: Node, position: number) =>
  expect.poll(() => node.log.events.head(), { timeout: 10_000 }).toBe(position)

describe('a replica', () => {
  test('has the same events at every node, and the texts that an embedded log would have', async () => {
    const [one, two] = [await open(), await open()]
    const given = [
      draft(stream, { data: { list: [1, 2.5, { a: null }], '10': 'x', ñ: '🚓' }, note: '"\u2028' }),
      draft(stream, { restored: { at: '2024-01-10T12:00:00.000Z', from: 'a.ndjson' } }),
    ]
    const { position } = await one.log.append(stream, given, 'no_stream')
    await caughtUp(two, position)
    const embedded = await sqliteLog({ path: ':memory:', clock: () => '2024-01-10T12:00:00.000Z' })
    await embedded.append(stream, given, 'no_stream')
    const texts = [...embedded.events.texts(0)]
    expect([...one.log.events.texts(0)]).toStrictEqual(texts)
    expect([...two.log.events.texts(0)]).toStrictEqual(texts)
    expect([...two.log.events.from(0)]).toStrictEqual([...one.log.events.from(0)])
    await embedded.close()
  })

  test('has the same texts at the node that wrote and at any other, and tells them so when it wrote', async () => {
    const [one, two] = [await open(), await open()]
    const given = [
      draft(stream, { '10': 'first', note: 'ñ' } as never),
      draft(stream, { data: { zero: -0, '7': [] }, restored: { at: '2024-01-10T12:00:00.000Z', from: 'é' } }),
      draft(stream),
    ]
    const told = await one.log.append(stream, given, 'no_stream')
    await caughtUp(two, told.position)
    expect([...two.log.events.texts(0)]).toStrictEqual([...one.log.events.texts(0)])
    expect([...two.log.events.from(0)]).toStrictEqual(told.events)
    expect([...one.log.events.from(0)].map((event) => JSON.stringify(event))).toStrictEqual(told.texts)
  })

  test('takes what it wrote as it was sent, and reads it nowhere again', async () => {
    const node = await open()
    const seen: Event[] = []
    await node.log.subscribe(0, (events) => void seen.push(...events))
    await node.log.append(other, [draft(other)], 'no_stream')
    await expect.poll(() => seen.length).toBe(1)
    const { events } = await node.log.append(stream, drafts(stream, 2), 'no_stream')
    expect(seen[1]).toBe(events[0])
    expect(seen[2]).toBe(events[1])
  })

  test('judges an event once that it wrote itself, but again where it stands elsewhere than it was to', async () => {
    const judged: [revision: number, recordedAt: string][] = []
    const judge: Judge = {
      version: '1',
      faultOf: ({ revision, recordedAt }) => (judged.push([revision, recordedAt]), null),
    }
    let now = '2024-01-10T12:00:00.000Z'
    const node = await open({ judge, clock: () => now })
    await node.log.append(stream, [draft(stream)], 'no_stream')
    expect(judged.splice(0)).toStrictEqual([[0, now]])
    const before = now
    now = '2024-01-10T11:00:00.000Z'
    await node.log.append(stream, [draft(stream)], 0)
    expect(judged.splice(0)).toStrictEqual([
      [1, now],
      [1, before],
    ])
    await node.log.append(stream, drafts(stream, 2), 1)
    expect(judged).toHaveLength(4)
  })

  test('refuses an event that rests on itself, or on one that comes after it', async () => {
    const judge: Judge = {
      version: '1',
      faultOf: ({ note }, find) => (note === undefined || find(note) ? null : 'it rests on nothing'),
    }
    const node = await open({ judge })
    const [first, second] = drafts(stream, 2)
    const append = (events: NewEvent[]) => node.log.append(stream, events, 'no_stream')
    const refused = { code: 'invalid', message: expect.stringContaining('it rests on nothing') as string }
    await expect(append([{ ...first!, note: first!.id }])).rejects.toMatchObject(refused)
    await expect(append([{ ...first!, note: second!.id }, second!])).rejects.toMatchObject(refused)
    expect(standIn.database.stream(`ledger.${stream}`)).toBe(undefined)
    const { revision } = await append([first!, { ...second!, note: first!.id }])
    expect(revision).toBe(1)
  })

  test('of an event that one node writes conflicts at another, which decides again when it has it', async () => {
    const [one, two] = [await open(), await open()]
    const outcomes = await Promise.allSettled(
      [one, two].map(({ log }) => log.append(stream, [draft(stream)], 'no_stream')),
    )
    expect(outcomes.map(({ status }) => status).toSorted()).toStrictEqual(['fulfilled', 'rejected'])
    const loser = outcomes[0]!.status === 'rejected' ? one : two
    await caughtUp(loser, await loser.log.head())
    expect((await loser.log.append(stream, [draft(stream)], 0)).revision).toBe(1)
  })

  test.each(['no_stream', 0] as const)(
    'takes an append that the server does not show yet for no stranger’s (after %s)',
    async (expected) => {
      // A cluster tells of a conflict at once, and shows what it was with only when a majority has it.
      await standIn.close()
      standIn = await startStandIn({ isShared: true, flushAfter: 150 })
      const [one, two] = [await open(), await open()]
      if (expected === 0) {
        const { position } = await one.log.append(stream, [draft(stream)], 'no_stream')
        await caughtUp(two, position)
      }
      const outcomes = await Promise.allSettled(
        [one, two].map(({ log }) => log.append(stream, [draft(stream)], expected)),
      )
      expect(outcomes.map(({ status }) => status).toSorted()).toStrictEqual(['fulfilled', 'rejected'])
      expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
        reason: { code: 'revision_conflict', members: { revision: expected === 0 ? 1 : 0 } },
      })
      expect(standIn.database.stream(`ledger.${stream}`)).toHaveLength(expected === 0 ? 2 : 1)
    },
  )

  test('takes none of several appends at once that rest on one for which another node was faster', async () => {
    const [one, two] = [await open(), await open()]
    const first = await one.log.append(stream, [draft(stream)], 'no_stream')
    const faster = await two.log.append(stream, [draft(stream)], 0)
    const outcomes = await Promise.allSettled(
      [0, 1, 2].map((expected) => one.log.append(stream, [draft(stream)], expected)),
    )
    const refused = { reason: { code: 'revision_conflict' } }
    expect(outcomes).toMatchObject([refused, refused, refused])
    // What is called for when that is known may follow on what the other wrote.
    const next = await one.log.append(stream, [draft(stream)], 1)
    expect(idsOf(one.log.events.stream(stream))).toStrictEqual(
      idsOf([first, faster, next].flatMap(({ events }) => events)),
    )
  })

  test('that is opened again goes on from its last event', async () => {
    const first = await open()
    const { events } = await first.log.append(stream, drafts(stream, 3), 'no_stream')
    await first.log.close()
    const writer = await open()
    const more = await writer.log.append(stream, [draft(stream)], 2)
    const again = await open({ path: first.path })
    await caughtUp(again, more.position)
    expect([...again.log.events.from(0)]).toStrictEqual([...events, ...more.events])
    expect(again.log.health().lastError).toBe(null)
  })

  test('is marked as one, and never taken for a log', async () => {
    const { path, log } = await open()
    await log.close()
    expect(() => openFile(path, 'log')).toThrow(/is not the log of a crisis ledger/)
  })

  test('is read while the server is away, and follows when it is back', async () => {
    const first = await open()
    const { events } = await first.log.append(stream, drafts(stream, 3), 'no_stream')
    await first.log.close()
    await standIn.kill()

    const node = await open({ path: first.path, timing: { ...fast, budget: 300 } })
    const seen: Event[] = []
    await node.log.subscribe(0, (batch) => void seen.push(...batch))
    await expect.poll(() => seen).toStrictEqual(events)
    expect(node.log.health()).toMatchObject({
      isFollowing: false,
      lastError: expect.stringMatching(/./) as string,
    })
    await expect(node.log.append(stream, [draft(stream)], 2)).rejects.toMatchObject({ code: 'unavailable' })

    await standIn.start()
    await expect.poll(() => node.log.health().isFollowing, { timeout: 10_000 }).toBe(true)
    const { position } = await node.log.append(stream, [draft(stream)], 2)
    await expect.poll(() => seen.at(-1)?.position).toBe(position)
  })

  test('filled from another log is put aside, and filled anew', async () => {
    const first = await open()
    await first.log.append(stream, drafts(stream, 3), 'no_stream')
    await first.log.close()
    const empty = await restore()
    const writer = await open()
    const { events, position } = await writer.log.append(other, drafts(other, 2), 'no_stream')

    const node = await open({ path: first.path })
    await caughtUp(node, position)
    expect([...node.log.events.from(0)]).toStrictEqual(events)
    expect(node.log.health().lastError).toMatch(
      /^checkpoint_ahead_of_log: .*put aside as .*replica\.db\.aside-1/,
    )
    expect(readdirSync(dirname(first.path))).toContain('replica.db.aside-1')
    await empty.close()
  })

  test('that meets a leader which stood still, and lacks the newest, waits until that leads no more', async () => {
    const timing = { ...fast, behind: 3000 }
    const node = await open({ timing })
    const { position: first } = await node.log.append(stream, [draft(stream)], 'no_stream')
    await node.log.append(stream, drafts(stream, 3), 0)
    standIn.faults.end = first
    standIn.wire.cut()
    await expect.poll(() => node.log.health().isFollowing).toBe(false)
    await node.log.close()
    const opening = open({ path: node.path, timing })
    await wait(500)
    standIn.faults.end = undefined
    const again = await opening
    expect(again.log.health().lastError).toBe(null)
    expect(readdirSync(dirname(node.path)).filter((name) => name.includes('aside'))).toStrictEqual([])

    standIn.faults.end = first
    standIn.wire.cut()
    await expect.poll(() => again.log.health().isFollowing).toBe(false)
    await wait(500)
    standIn.faults.end = undefined
    await expect.poll(() => again.log.health().isFollowing).toBe(true)
    const { revision } = await again.log.append(stream, [draft(stream)], 3)
    expect(revision).toBe(4)
  })

  test('whose log becomes another while it follows says so, ends its subscriptions and refuses to go on', async () => {
    const node = await open()
    await node.log.append(stream, drafts(stream, 3), 'no_stream')
    const ended = Promise.withResolvers<Error>()
    await node.log.subscribe(0, () => undefined, ended.resolve)
    const empty = await restore()
    expect((await ended.promise).message).toMatch(/^checkpoint_ahead_of_log: .*start again/)
    await expect(node.log.append(other, [draft(other)], 'no_stream')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/^checkpoint_ahead_of_log/) as string,
    })
    expect(empty.database.rows.filter((row) => row.stream.startsWith('ledger.'))).toStrictEqual([])
    await empty.close()
  })
})

describe('recordedAt', () => {
  test('is the running maximum along positions when the clock of a second writer is an hour behind', async () => {
    const clocks = ['2024-01-10T12:00:00.000Z', '2024-01-10T11:00:00.000Z']
    const [one, two] = [await open({ clock: () => clocks[0]! }), await open({ clock: () => clocks[1]! })]
    // The second decides before it has the event of the first.
    const [, late] = await Promise.all([
      one.log.append(stream, [draft(stream)], 'no_stream'),
      two.log.append(other, [draft(other)], 'no_stream'),
    ])
    clocks[0] = '2024-01-10T12:30:00.000Z'
    const last = await one.log.append(stream, [draft(stream)], 0)
    await caughtUp(two, last.position)
    for (const { log } of [one, two]) {
      const times = [...log.events.from(0)].map(({ recordedAt }) => recordedAt)
      expect(times).toStrictEqual(times.toSorted())
      expect(times.at(-1)).toBe('2024-01-10T12:30:00.000Z')
      expect([...log.events.texts(0)].map((text) => (JSON.parse(text) as Event).recordedAt)).toStrictEqual(
        times,
      )
      expect(log.events.one(late.events[0]!.id)).toStrictEqual(late.events[0])
    }
  })
})

describe('what a stranger writes under the name of the ledger', () => {
  const write = (name: string, fields: Partial<Event>, metadata: object, id: string = randomUUIDv7()) =>
    standIn.database.append(
      `ledger.${name}`,
      [
        {
          id,
          type: fields.type ?? 'FugitiveSighted',
          contentType: 'application/json',
          data: Buffer.from(JSON.stringify({ ...draft(name), ...fields, id })),
          metadata: Buffer.from(JSON.stringify(metadata)),
        },
      ],
      'any',
    )
  const recordedAt = '2024-01-10T12:00:00.000Z'

  const byLedger = { recordedAt }
  test.each<[string, Partial<Event>, object, RegExp]>([
    ['has no recordedAt', {}, {}, /was not written by a ledger/],
    ['has a recordedAt that is none', {}, { recordedAt: 'yesterday' }, /was not written by a ledger/],
    ['is of another stream', { stream: other }, byLedger, /was not written by a ledger/],
    ['says its own revision', { revision: 7 }, byLedger, /was not written by a ledger/],
    ['has no kind', { kind: undefined as never }, byLedger, /was not written by a ledger/],
    [
      'holds what no event can',
      { note: 'a\0b' },
      byLedger,
      /cannot be kept \(\/note: A text cannot hold NUL\.\)/,
    ],
  ])('is left out and told where it %s', async (_, fields, metadata, sentence) => {
    const node = await open()
    await write(stream, fields, metadata)
    const { events } = await node.log.append(other, [draft(other)], 'no_stream')
    expect([...node.log.events.from(0)]).toStrictEqual(events)
    expect(node.log.health()).toMatchObject({
      isFollowing: true,
      lastError: expect.stringMatching(sentence) as string,
    })
  })

  test('leaves no gap in the revisions of a stream, and is in no one’s way, at any node', async () => {
    const [one, two] = [await open(), await open()]
    await write(stream, {}, {})
    const first = await one.log.append(stream, [draft(stream)], 'no_stream')
    const second = await one.log.append(stream, [draft(stream)], 0)
    await write(stream, {}, {})
    await write(stream, { kind: undefined as never }, byLedger)
    const third = await one.log.append(stream, drafts(stream, 2), 1)
    expect([first, second, third].map(({ revision }) => revision)).toStrictEqual([0, 1, 3])
    // The other has not met them yet when it writes.
    const fourth = await two.log.append(stream, [draft(stream)], 3)
    const again = await open()
    expect(await again.log.append(stream, first.events.map(given), 'no_stream')).toStrictEqual(first)
    await expect(again.log.append(stream, [draft(stream)], 3)).rejects.toMatchObject({
      code: 'revision_conflict',
      members: { revision: 4 },
    })
    const last = await again.log.append(stream, [draft(stream)], 4)
    const all = [first, second, third, fourth, last].flatMap(({ events }) => events)
    for (const { log } of [one, two, again]) {
      expect(await log.head()).toBe(last.position)
      expect(log.events.stream(stream)).toStrictEqual(all)
    }
    expect(all.map(({ revision }) => revision)).toStrictEqual([0, 1, 2, 3, 4, 5])
  })

  test('and deleted with all the stream is in no one’s way either', async () => {
    const node = await open()
    await write(stream, {}, {})
    const first = await node.log.append(stream, [draft(stream)], 'no_stream')
    await write(stream, {}, {})
    await standIn.database.remove(`ledger.${stream}`, 'delete')
    const again = await open()
    const second = await again.log.append(stream, [draft(stream)], 0)
    await caughtUp(node, second.position)
    expect(node.log.events.stream(stream)).toStrictEqual([...first.events, ...second.events])
  })

  test('is not taken for the newest event', async () => {
    const node = await open()
    expect(await node.log.head()).toBe(0)
    await write(stream, {}, {})
    expect(await node.log.head()).toBe(0)
    const { position } = await node.log.append(other, [draft(other)], 'no_stream')
    await write(stream, {}, {})
    expect(await node.log.head()).toBe(position)
    await node.log.filled((error) => {
      throw error
    })
    expect(node.log.health().isFollowing).toBe(true)
  })

  test('is left out and told where it is no JSON at all', async () => {
    const node = await open()
    const binary = {
      contentType: 'application/octet-stream',
      data: Buffer.from([0, 1]),
      metadata: Buffer.from('?'),
    }
    await standIn.database.append('ledger.a', [{ id: randomUUIDv7(), type: 'a', ...binary }], 'any')
    const { events } = await node.log.append(other, [draft(other)], 'no_stream')
    expect([...node.log.events.from(0)]).toStrictEqual(events)
    expect(node.log.health().lastError).toMatch(/was not written by a ledger/)
  })

  test.each([
    ['a new stream', 0],
    ['one that has events', 1],
  ])('is left out and told where its id is there already, and it is of %s', async (_, before) => {
    const node = await open()
    const events = [...(await node.log.append(stream, [draft(stream)], 'no_stream')).events]
    for (const event of drafts(other, before))
      events.push(...(await node.log.append(other, [event], 'no_stream')).events)
    await write(other, {}, { recordedAt }, events[0]!.id)
    const next = await node.log.append(stream, [draft(stream)], 0)
    expect(idsOf(node.log.events.from(0))).toStrictEqual(idsOf([...events, ...next.events]))
    expect(node.log.health().lastError).toMatch(/stands in the log at position \d+ and again at \d+/)
  })

  test('is kept where only its type is not known', async () => {
    const node = await open()
    await write(stream, { type: 'FugitiveTeleported' }, { recordedAt })
    await expect
      .poll(() => [...node.log.events.from(0)].map(({ type }) => type))
      .toStrictEqual(['FugitiveTeleported'])
    expect(node.log.health().lastError).toBe(null)
  })
})
