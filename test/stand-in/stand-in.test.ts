import { randomUUID } from 'node:crypto'
import {
  type AllStreamResolvedEvent,
  type AppendExpectedRevision,
  EventStoreDBClient,
  jsonEvent,
  type ReadAllOptions,
  streamNameFilter,
} from '@eventstore/db-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type StandIn, startStandIn } from './server.ts'

/**
 * What a server does, seen through the client alone. It is said of a real one when EVENTSTORE_URL names it, and else of
 * the stand-in, so that neither can be right by itself.
 */
const real = process.env['EVENTSTORE_URL']

let standIn: StandIn | undefined
let client: EventStoreDBClient
let version: string
beforeAll(async () => {
  standIn = real === undefined ? await startStandIn() : undefined
  client = EventStoreDBClient.connectionString(real ?? standIn!.url)
  const { capabilities } = client as unknown as { capabilities: Promise<{ serverVersion: string }> }
  version = (await capabilities).serverVersion
})
afterAll(async () => {
  await client.dispose()
  await standIn?.close()
})

const event = (id: string = randomUUID(), size = 0) =>
  jsonEvent({ id, type: 'Seen', data: { text: 'x'.repeat(size) } })
const events = (count: number) => Array.from({ length: count }, () => event())
const newStream = () => `stand-in-${randomUUID()}`

/** Both calls that append: with credentials of its own the client uses `Append`, without `BatchAppend`. */
const ways = [
  ['Append', { credentials: { username: 'admin', password: 'changeit' } }],
  ['BatchAppend', {}],
] as const

const readAll = async (options: ReadAllOptions): Promise<AllStreamResolvedEvent[]> => {
  const found: AllStreamResolvedEvent[] = []
  for await (const each of client.readAll(options)) found.push(each)
  return found
}
const idsOf = async (stream: string) => {
  const found: string[] = []
  for await (const each of client.readStream(stream)) found.push(each.event!.id)
  return found
}
const placeOf = (commit: bigint) => ({ commit, prepare: commit })

describe.each(ways)('%s', (_, options) => {
  const append = (
    stream: string,
    given: ReturnType<typeof events>,
    expectedRevision: AppendExpectedRevision,
  ) => client.appendToStream(stream, given, { expectedRevision, ...options })

  test('gives the revision and the position of the last event', async () => {
    const stream = newStream()
    const { nextExpectedRevision, position } = await append(stream, events(3), 'no_stream')
    expect(nextExpectedRevision).toBe(2n)
    const [last] = await readAll({ fromPosition: position!, maxCount: 1 })
    expect(last!.event).toMatchObject({ streamId: stream, revision: 2n, position })
    expect(position!.commit).toBe(position!.prepare)
  })

  test('recognises at an exact revision any run of what stands there, and nothing else', async () => {
    const stream = newStream()
    const [a, b, c, x] = events(4) as [ReturnType<typeof event>, ...ReturnType<typeof events>]
    const first = await append(stream, [a, b!], 'no_stream')
    const second = await append(stream, [c!], 1n)
    const again = async (given: ReturnType<typeof events>, expected: AppendExpectedRevision) => {
      const { nextExpectedRevision, position } = await append(stream, given, expected)
      return [nextExpectedRevision, position]
    }
    expect(await again([a, b!], 'no_stream')).toStrictEqual([1n, first.position])
    expect((await again([a], 'no_stream'))[0]).toBe(0n)
    expect(await again([b!], 0n)).toStrictEqual([1n, first.position])
    expect(await again([a, b!, c!], 'no_stream')).toStrictEqual([2n, second.position])
    for (const given of [[a, x!], [x!], [b!, a], [a, b!, c!, x!]])
      await expect(append(stream, given, 'no_stream')).rejects.toMatchObject({
        type: 'wrong-expected-version',
        actualVersion: 2n,
        message: '',
      })
    expect(await idsOf(stream)).toStrictEqual([a.id, b!.id, c!.id])
  })

  test('does not look at ids after the newest revision: one is written again', async () => {
    const stream = newStream()
    const a = event()
    await append(stream, [a], 'no_stream')
    expect((await append(stream, [a], 0n)).nextExpectedRevision).toBe(1n)
    expect(await idsOf(stream)).toStrictEqual([a.id, a.id])
  })

  test('refuses a revision that is not there yet, and a stream that is not', async () => {
    const stream = newStream()
    await expect(append(stream, events(1), 0n)).rejects.toMatchObject({ actualVersion: 'no_stream' })
    await append(stream, events(2), 'no_stream')
    await expect(append(stream, events(1), 2n)).rejects.toMatchObject({ actualVersion: 1n })
  })

  test('knows ids under any revision by a cache, which keeps the first stream of each', async () => {
    const [stream, other] = [newStream(), newStream()]
    const [a, b] = events(2) as [ReturnType<typeof event>, ReturnType<typeof event>]
    await append(stream, [a], 'any')
    expect((await append(stream, [a], 'any')).nextExpectedRevision).toBe(0n)
    await expect(append(stream, [a, b], 'any')).rejects.toMatchObject({ type: 'wrong-expected-version' })
    await append(other, [a], 'any')
    expect((await append(other, [a], 'any')).nextExpectedRevision).toBe(1n)
  })

  test('takes a mebibyte, counting data and twice the length of the type, and not a byte more', async () => {
    const stream = newStream()
    const data = 1024 * 1024 - JSON.stringify({ text: '' }).length
    // 24.2 counts nothing but the data.
    const rest = version.startsWith('24.2.') ? data : data - 2 * 'Seen'.length
    await append(stream, [event(randomUUID(), rest)], 'no_stream')
    await expect(append(stream, [event(randomUUID(), rest + 1)], 0n)).rejects.toMatchObject({
      type: 'maximum-append-size-exceeded',
      maxAppendSize: 1024 * 1024,
    })
    expect(await idsOf(stream)).toHaveLength(1)
  })

  test('goes on with the numbers of a stream that was deleted, and refuses one that was closed for ever', async () => {
    const stream = newStream()
    await append(stream, events(2), 'no_stream')
    await client.deleteStream(stream)
    await expect(idsOf(stream)).rejects.toMatchObject({ type: 'stream-not-found' })
    expect((await append(stream, events(1), 'no_stream')).nextExpectedRevision).toBe(2n)
    // It is shown again a little later than the append is answered.
    await expect.poll(() => idsOf(stream).catch(() => [])).toHaveLength(1)
    await client.tombstoneStream(stream)
    await expect(append(stream, events(1), 'any')).rejects.toMatchObject({ type: 'stream-deleted' })
    await expect(idsOf(stream)).rejects.toMatchObject({ type: 'stream-deleted' })
  })

  test('is written whole or not at all, although its call breaks off', async () => {
    const given = Array.from({ length: 500 }, () => event(randomUUID(), 300))
    const begun = performance.now()
    await append(newStream(), given, 'no_stream')
    const took = performance.now() - begun
    const tried = Array.from({ length: 20 }, newStream)
    for (const [index, stream] of tried.entries()) {
      const deadline = Math.ceil((took * (index + 1)) / tried.length)
      const appending = client.appendToStream(stream, given, {
        expectedRevision: 'no_stream',
        ...options,
        deadline,
      })
      await appending.catch(() => undefined)
    }
    for (const stream of tried) {
      const found = await idsOf(stream).catch(() => [])
      expect([0, 500]).toContain(found.length)
    }
  })

  test('takes no empty name, of a stream or of a type', async () => {
    const refusal = {
      type: 'unknown',
      message: expect.stringMatching(/BadRequest|Exception was thrown by handler/) as string,
    }
    await expect(append('', events(1), 'no_stream')).rejects.toMatchObject(refusal)
    await expect(append(newStream(), [{ ...event(), type: '' }], 'no_stream')).rejects.toMatchObject(refusal)
  })
})

describe('a read', () => {
  const given = events(5)
  const stream = newStream()
  beforeAll(() => client.appendToStream(stream, given, { expectedRevision: 'no_stream' }))
  const revisions = async (options: Parameters<EventStoreDBClient['readStream']>[1]) => {
    const found: bigint[] = []
    for await (const each of client.readStream(stream, options)) found.push(each.event!.revision)
    return found
  }

  test('of a stream includes the revision it begins with, in both directions', async () => {
    expect(await revisions({ fromRevision: 2n })).toStrictEqual([2n, 3n, 4n])
    expect(await revisions({ fromRevision: 2n, direction: 'backwards' })).toStrictEqual([2n, 1n, 0n])
    expect(await revisions({ fromRevision: 'end', direction: 'backwards', maxCount: 1 })).toStrictEqual([4n])
    expect(await revisions({ fromRevision: 9n })).toStrictEqual([])
  })

  test('of a stream refuses to count 0, and to go forwards from the end', async () => {
    const refused = { type: 'unknown', message: expect.stringContaining('ReadStreamResult: Error') as string }
    await expect(revisions({ maxCount: 0 })).rejects.toMatchObject(refused)
    await expect(revisions({ fromRevision: 'end' })).rejects.toMatchObject(refused)
  })

  test('of all includes the position forwards and not backwards', async () => {
    const [newest] = await readAll({ direction: 'backwards', fromPosition: 'end', maxCount: 1 })
    const place = newest!.event!.position
    expect((await readAll({ fromPosition: place }))[0]!.event!.id).toBe(newest!.event!.id)
    const before = await readAll({ fromPosition: place, direction: 'backwards', maxCount: 1 })
    expect(before[0]!.event!.position.commit).toBeLessThan(place.commit)
  })

  test('of all needs a place where an event begins; beyond the head there is nothing, backwards an error', async () => {
    const [newest] = await readAll({ direction: 'backwards', fromPosition: 'end', maxCount: 1 })
    const { commit } = newest!.event!.position
    await expect(readAll({ fromPosition: placeOf(commit - 1n) })).rejects.toMatchObject({
      message: expect.stringContaining('InvalidPosition') as string,
    })
    expect(await readAll({ fromPosition: placeOf(commit + 1_000_000n) })).toStrictEqual([])
    await expect(
      readAll({ fromPosition: placeOf(commit + 1_000_000n), direction: 'backwards' }),
    ).rejects.toMatchObject({ type: 'unknown' })
  })

  test("of all begins with the server's own, at positions that are sparse", async () => {
    const found = await readAll({ maxCount: 10 })
    expect(found[0]!.event!.streamId).toMatch(/^\$/)
    const positions = found.map((each) => each.event!.position.commit)
    expect(positions[0]).toBeGreaterThan(100n)
    expect(positions.every((position, index) => index === 0 || position > positions[index - 1]! + 1n)).toBe(
      true,
    )
  })
})

describe('a subscription', () => {
  /** What a subscription tells until it is caught up. */
  const told = async (prefix: string, after: bigint | 'start') => {
    const subscription = client.subscribeToAll({
      fromPosition: after === 'start' ? after : placeOf(after),
      filter: streamNameFilter({ prefixes: [prefix] }),
    })
    const words: string[] = []
    const caughtUp = Promise.withResolvers<void>()
    subscription.on('confirmation', () => words.push('confirmation'))
    subscription.on('data', ({ event: found }: AllStreamResolvedEvent) => words.push(found!.id))
    subscription.on('caughtUp', caughtUp.resolve)
    subscription.on('error', caughtUp.reject)
    try {
      await caughtUp.promise
      return words
    } finally {
      await subscription.unsubscribe()
    }
  }

  test('confirms, and tells what comes after a position, that one not included', async () => {
    const stream = newStream()
    const given = events(3)
    const { position } = await client.appendToStream(stream, given.slice(0, 2))
    await client.appendToStream(stream, given.slice(2))
    expect(await told(stream, 'start')).toStrictEqual(['confirmation', ...given.map(({ id }) => id)])
    expect(await told(stream, position!.commit)).toStrictEqual(['confirmation', given[2]!.id])
  })

  test('beyond the head says that it is caught up, and waits', async () => {
    const { position } = await client.appendToStream(newStream(), events(1))
    expect(await told('stand-in-', position!.commit + 1_000_000n)).toStrictEqual(['confirmation'])
  })

  test('from no place of an event ends with an error', async () => {
    const { position } = await client.appendToStream(newStream(), events(2))
    await expect(told('stand-in-', position!.commit - 1n)).rejects.toMatchObject({ type: 'unknown', code: 3 })
  })
})

test('a client with several hosts finds the leader', async () => {
  const many = EventStoreDBClient.connectionString(
    (real ?? standIn!.url).replace(/^esdb:\/\/([^,?/]+)/, 'esdb://$1,$1'),
  )
  expect((await many.appendToStream(newStream(), events(1))).success).toBe(true)
  await many.dispose()
})

test.skipIf(real !== undefined)('a slow reader is sent no more than it can take', async () => {
  const stream = newStream()
  for (let count = 0; count < 20; count++) await client.appendToStream(stream, events(250))
  const subscription = client.subscribeToAll({ filter: streamNameFilter({ prefixes: [stream] }) })
  let seen = 0
  for await (const _ of subscription) {
    if (++seen === 1) await new Promise((resolve) => setTimeout(resolve, 100))
    if (seen === 5000) break
  }
  await subscription.unsubscribe()
  expect(seen).toBe(5000)
  await expect.poll(() => standIn!.open()).toBeLessThanOrEqual(1)
})
