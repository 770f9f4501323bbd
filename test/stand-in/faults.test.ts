import { setTimeout as wait } from 'node:timers/promises'
import { status } from '@grpc/grpc-js'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createConnection } from '../../src/log/eventstoredb/connection.ts'
import { createSent } from '../../src/log/eventstoredb/sent.ts'
import { subscribeOnce } from '../../src/log/eventstoredb/subscription.ts'
import type { Appended } from '../../src/log/log.ts'
import type { Event } from '../../src/vocabulary/envelope.ts'
import { draft, drafts } from '../contract/draft.ts'
import { type AppendFault, notReady, reset } from './faults.ts'
import { appendSurely, fast, type Node, openNode } from './ledger.ts'
import { type StandIn, startStandIn } from './server.ts'

const stream = 'fugitive-fito-2024'

let standIn: StandIn
let nodes: Node[]
const unhandled: unknown[] = []
const note = (reason: unknown) => void unhandled.push(reason)

beforeEach(async () => {
  process.on('unhandledRejection', note)
  process.on('uncaughtException', note)
  nodes = []
  standIn = await startStandIn({ isShared: true, flushAfter: 3, repeatTakes: 50 })
})
afterEach(async () => {
  for (const { close } of nodes) await close()
  await expect.poll(() => standIn.open(), { timeout: 5000 }).toBe(0)
  await standIn.close()
  process.off('unhandledRejection', note)
  process.off('uncaughtException', note)
  expect(unhandled.splice(0)).toStrictEqual([])
})

const open = async (options?: Parameters<typeof openNode>[1]): Promise<Node> => {
  const node = await openNode(standIn.url, options)
  nodes.push(node)
  return node
}

/** What the server has of the ledger, as ids in order. */
const written = () =>
  standIn.database.rows.filter((row) => row.stream.startsWith('ledger.')).map(({ id }) => id)

const idsOf = (events: readonly { id: string }[]) => events.map(({ id }) => id)

/** Writes 1,000 events to 20 streams, a writer each, and gives what each was told, in the order of positions. */
const writeThousand = async (node: Node): Promise<Appended[]> => {
  const told: Appended[] = []
  const writers = Array.from({ length: 20 }, async (_, number) => {
    const name = `fugitive-writer-${number}`
    for (let revision = 0; revision < 50; revision++) {
      const expected = revision === 0 ? 'no_stream' : revision - 1
      told.push(await appendSurely(node.log, name, [draft(name)], expected))
    }
  })
  await Promise.all(writers)
  return told.sort((a, b) => a.position - b.position)
}

/** That nothing was lost, doubled or told otherwise: on the server, in the table, to a subscriber. */
const requireWhole = async (node: Node, told: readonly Appended[], seen: readonly Event[]) => {
  const events = told.flatMap((appended) => appended.events)
  expect(written()).toStrictEqual(idsOf(events))
  await expect.poll(() => seen.length, { timeout: 20_000 }).toBe(events.length)
  expect([...node.log.events.from(0)]).toStrictEqual(events)
  expect(seen).toStrictEqual(events)
}

const watch = async (node: Node): Promise<Event[]> => {
  const seen: Event[] = []
  await node.log.subscribe(0, (events) => void seen.push(...events))
  return seen
}

/** Lets something happen to the server again and again while the work is done. */
const during = async <T>(work: Promise<T>, happen: () => Promise<void>): Promise<T> => {
  const happenings = (async () => {
    for (let count = 0; count < 3; count++) {
      await wait(60)
      await happen()
    }
  })()
  const [result] = await Promise.all([work, happenings])
  return result
}

const restart = async () => {
  await standIn.kill()
  await wait(150)
  await standIn.start()
}

describe('1,000 appends', () => {
  test('are each written once and answered truly, although the server is killed and started again', async () => {
    const node = await open()
    const seen = await watch(node)
    await requireWhole(node, await during(writeThousand(node), restart), seen)
  })

  test('are each written once and answered truly, although the server stands still in between', async () => {
    const node = await open()
    const seen = await watch(node)
    const freeze = async () => {
      standIn.wire.freeze()
      await wait(900)
      standIn.wire.thaw()
    }
    await requireWhole(node, await during(writeThousand(node), freeze), seen)
  })

  test('are each written once and answered truly, although every connection is cut', async () => {
    const node = await open()
    const seen = await watch(node)
    await requireWhole(node, await during(writeThousand(node), async () => standIn.wire.cut()), seen)
  })
})

test('1,000 appends are each written once although of two hosts one is dead, and the other killed and started again', async () => {
  const hosts = `esdb://127.0.0.1:1,127.0.0.1:${standIn.wire.port}?tls=false&maxDiscoverAttempts=2&discoveryInterval=20`
  const node = await openNode(hosts)
  nodes.push(node)
  const seen = await watch(node)
  await requireWhole(node, await during(writeThousand(node), restart), seen)
})

test('appends that wait for a leader to be found are each written once although their client was given up meanwhile', async () => {
  const { port } = standIn.wire
  standIn.wire.freeze()
  const opening = openNode(`esdb://127.0.0.1:${port},127.0.0.1:${port}?tls=false`)
  await wait(2 * fast.answer)
  standIn.wire.thaw()
  const node = await opening
  nodes.push(node)
  const names = Array.from({ length: 20 }, (_, number) => `fugitive-writer-${number}`)
  for (let round = 0; round < 2; round++) {
    standIn.wire.freeze()
    const appending = names.map((name) =>
      appendSurely(node.log, name, [draft(name)], round === 0 ? 'no_stream' : round - 1),
    )
    // The first client is given up, and the next one waits for the leader when it is given up in its turn.
    await wait(2.5 * fast.answer)
    standIn.wire.thaw()
    await Promise.all(appending)
  }
  expect(written()).toHaveLength(40)
})

describe('a catch-up', () => {
  test.each([
    ['is killed and started again', restart],
    ['loses its connections', async () => standIn.wire.cut()],
    [
      'stands still',
      async () => {
        standIn.wire.freeze()
        await wait(900)
        standIn.wire.thaw()
      },
    ],
  ])('goes on where it was when the server %s', async (_, happen) => {
    const writer = await open()
    const told: Appended[] = []
    for (let count = 0; count < 20; count++) {
      const expected = count === 0 ? 'no_stream' : count * 250 - 1
      told.push(await writer.log.append(stream, drafts(stream, 250), expected))
    }
    standIn.faults.reads.push(...[0, 100, 1000].map((breakAfter) => ({ breakAfter })))
    const node = await open()
    const seen = await watch(node)
    for (let count = 0; count < 3; count++) {
      await wait(30)
      await happen()
    }
    await requireWhole(node, told, seen)
  })
})

describe('an append', () => {
  const faults: [string, AppendFault[]][] = [
    ['whose answer is lost with its call', [{ lose: 'reset' }]],
    ['whose answer never comes', [{ lose: 'silence' }]],
    ['that is never looked at', [{ ignore: true }]],
    ['that is done late', [{ delay: 800 }]],
    ['to a server that is not ready', Array.from({ length: 4 }, () => ({ refuse: notReady }))],
    ['whose call is reset', [{ refuse: reset }]],
    ['that is too late for the server', [{ refuse: { code: status.DEADLINE_EXCEEDED, details: '' } }]],
    ['that the server cancels', [{ refuse: { code: status.CANCELLED, details: 'Cancelled' } }]],
    ['that fails in no way that is known', [{ refuse: { code: status.UNKNOWN, details: 'Something else' } }]],
    ['that goes wrong in every way', [{ lose: 'silence' }, { ignore: true }, { refuse: notReady }]],
  ]
  test.each(faults)('%s is sent again, and written once', async (_, appends) => {
    const node = await open()
    const given = drafts(stream, 3)
    standIn.faults.appends.push(...appends)
    const appended = await node.log.append(stream, given, 'no_stream')
    expect(appended).toMatchObject({ revision: 2, events: given })
    expect(written()).toStrictEqual(idsOf(given))
    const next = draft(stream)
    await node.log.append(stream, [next], 2)
    expect(written()).toStrictEqual(idsOf([...given, next]))
  })

  test('to a node that does not lead goes to the one that does', async () => {
    const node = await open()
    const follower = await startStandIn()
    follower.faults.leader = standIn.wire.port
    const beside = await openNode(follower.url)
    nodes.push(beside)
    // A real follower has the log as well; this one does not, so that what its leader has comes only when it is gone.
    const appending = beside.log.append(stream, [draft(stream)], 'no_stream')
    await expect.poll(() => node.log.events.stream(stream).length).toBe(1)
    await follower.kill()
    await expect(appending).resolves.toMatchObject({ revision: 0 })
    expect(await beside.log.head()).toBe(node.log.events.head())
    await follower.close()
  })

  test('that overtakes itself is dropped by the server, asked for again, and written once', async () => {
    await standIn.close()
    standIn = await startStandIn({ flushAfter: 900, repeatTakes: 50 })
    const node = await open()
    const given = drafts(stream, 2)
    expect(await node.log.append(stream, given, 'no_stream')).toMatchObject({ revision: 1, events: given })
    expect(written()).toStrictEqual(idsOf(given))
  })

  test('whose outcome stays unknown says so, and the same sent again when the server is back is written once', async () => {
    const node = await open({ timing: { ...fast, budget: 600 } })
    const given = drafts(stream, 2)
    standIn.wire.freeze()
    const unknown = node.log.append(stream, given, 'no_stream')
    await expect(unknown).rejects.toMatchObject({ code: 'unavailable' })
    await expect(unknown).rejects.toThrow(/Whether it was done is not known; to send the same again is safe/)
    standIn.wire.thaw()
    expect(await appendSurely(node.log, stream, given, 'no_stream')).toMatchObject({
      revision: 1,
      events: given,
    })
    expect(written()).toStrictEqual(idsOf(given))
  })

  test('that another writer beats while its outcome is unknown conflicts', async () => {
    const [node, other] = [await open(), await open()]
    standIn.faults.appends.push({ ignore: true })
    const beaten = node.log.append(stream, [draft(stream)], 'no_stream')
    const won = await other.log.append(stream, [draft(stream)], 'no_stream')
    await expect(beaten).rejects.toMatchObject({ code: 'revision_conflict', members: { revision: 0 } })
    expect(written()).toStrictEqual(idsOf(won.events))
  })

  test('to a stream that was closed for ever, or larger than the server takes, is refused at once', async () => {
    const node = await open()
    await node.log.append(stream, [draft(stream)], 'no_stream')
    await standIn.database.remove(`ledger.${stream}`, 'tombstone')
    await expect(node.log.append(stream, [draft(stream)], 0)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('closed for ever') as string,
    })
    standIn.faults.appends.push({
      refuse: { code: status.RESOURCE_EXHAUSTED, details: 'RESOURCE_EXHAUSTED' },
    })
    await expect(node.log.append('order-a', [draft('order-a')], 'no_stream')).rejects.toMatchObject({
      code: 'too_large',
    })
    expect(standIn.faults.appends).toStrictEqual([])
  })

  test('to a stream that a stranger deleted goes on with its numbers, and its events stay', async () => {
    const node = await open()
    const given = drafts(stream, 2)
    await node.log.append(stream, given, 'no_stream')
    await standIn.database.remove(`ledger.${stream}`, 'delete')
    const next = await node.log.append(stream, [draft(stream)], 1)
    expect(next.revision).toBe(2)
    expect(idsOf(node.log.events.stream(stream))).toStrictEqual(idsOf([...given, ...next.events]))
  })
})

describe('the head', () => {
  test('is found behind a thousand events of others', async () => {
    const node = await open()
    const { position } = await node.log.append(stream, [draft(stream)], 'no_stream')
    const other = {
      type: 'a',
      contentType: 'application/json',
      data: Buffer.from('{}'),
      metadata: Buffer.from(''),
    }
    for (let count = 0; count < 1100; count++)
      void standIn.database.append(`elsewhere-${count}`, [{ ...other, id: crypto.randomUUID() }], 'any')
    await wait(20)
    expect(await node.log.head()).toBe(position)
    expect(await (await open()).log.head()).toBe(position)
    // They are passed once: the second page of a second time would be this one.
    standIn.faults.reads.push({ breakAfter: 16 }, { ignore: true })
    expect(await node.log.head()).toBe(position)
    expect(standIn.faults.reads).toStrictEqual([{ ignore: true }])
    const next = await node.log.append(stream, [draft(stream)], 0)
    expect(await node.log.head()).toBe(next.position)
  })

  test('is unavailable while the server is away, and there again when it is back', async () => {
    const node = await open({ timing: { ...fast, budget: 300 } })
    await standIn.kill()
    await expect(node.log.head()).rejects.toMatchObject({ code: 'unavailable' })
    await standIn.start()
    await expect.poll(() => node.log.head().catch(String), { timeout: 10_000 }).toBe(0)
  })
})

describe('a subscription', () => {
  test('that nobody wants any more when it begins ends at once', async () => {
    const line = { connection: createConnection(standIn.url, fast.keepAlive), timing: fast }
    const told = { confirmed: () => undefined, take: () => undefined, passed: () => undefined }
    const wanted = { prefix: 'ledger.', after: 0, sent: createSent('ledger.') }
    await subscribeOnce(line, {
      ...wanted,
      told: { ...told, leaveOut: () => undefined },
      signal: AbortSignal.abort(),
    })
    await line.connection.close()
  })

  test('that is never confirmed is made anew', async () => {
    standIn.faults.reads.push({ ignore: true })
    const node = await open()
    const { events } = await node.log.append(stream, [draft(stream)], 'no_stream')
    expect(standIn.faults.reads).toStrictEqual([])
    const seen = await watch(node)
    await expect.poll(() => seen).toStrictEqual(events)
    await wait(20)
    expect(seen).toStrictEqual(events)
  })

  test('tells of its health', async () => {
    const node = await open()
    await expect
      .poll(() => node.log.health())
      .toStrictEqual({ isFollowing: true, isAway: false, lastError: null, head: 0, isFilled: false })
    await standIn.kill()
    await expect.poll(() => node.log.health()).toMatchObject({ isFollowing: false, isAway: true })
    expect(node.log.health().lastError).toMatch(/./)
    await standIn.start()
    await expect.poll(() => node.log.health().isFollowing, { timeout: 10_000 }).toBe(true)
  })
})
