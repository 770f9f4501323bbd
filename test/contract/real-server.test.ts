import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { type AllStreamResolvedEvent, EventStoreDBClient } from '@eventstore/db-client'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { usualTiming } from '../../src/log/eventstoredb/timing.ts'
import type { Appended } from '../../src/log/log.ts'
import type { Event } from '../../src/vocabulary/envelope.ts'
import { place, serve } from '../cli/command.ts'
import { appendSurely, type Node, openNode } from '../stand-in/ledger.ts'
import { draft, drafts } from './draft.ts'
import { type RealServer, startRealServer } from './real-server.ts'

/**
 * What the ledger keeps while a real server is killed, stands still or is started again. EVENTSTORE_COMMAND starts one, in
 * the foreground; it takes its settings from the environment.
 */
const command = process.env['EVENTSTORE_COMMAND']
const isRun = command !== undefined
const named = (what: string) => (isRun ? what : `${what} (not run: EVENTSTORE_COMMAND starts none)`)

const minutes = 60_000
let server: RealServer
let nodes: Node[]
const unhandled: unknown[] = []
const note = (reason: unknown) => void unhandled.push(reason)

const open = async (name: string): Promise<Node> => {
  const node = await openNode(server.url, { timing: usualTiming, name })
  nodes.push(node)
  return node
}

const prepared = (size: 1 | 3) => {
  beforeAll(async () => {
    server = await startRealServer(command!, size)
  }, 3 * minutes)
  afterAll(() => server.close(), minutes)
  beforeEach(() => {
    nodes = []
    process.on('unhandledRejection', note)
    process.on('uncaughtException', note)
  })
  afterEach(async () => {
    for (const { close } of nodes) await close()
    process.off('unhandledRejection', note)
    process.off('uncaughtException', note)
    expect(unhandled.splice(0)).toStrictEqual([])
  }, minutes)
}

/** Writes 1,000 events, as many writers as said with a stream each, and gives what each was told in the order of positions. */
const writeThousand = async (node: Node, writers: number, told: Appended[]): Promise<void> => {
  const writer = async (_: unknown, number: number) => {
    const name = `fugitive-writer-${number}`
    const count = Math.ceil((1000 - number) / writers)
    for (let revision = 0; revision < count; revision++)
      told.push(
        await appendSurely(node.log, name, [draft(name)], revision === 0 ? 'no_stream' : revision - 1),
      )
  }
  await Promise.all(Array.from({ length: writers }, writer))
}

/** Lets something happen to the server once there are so many. */
const once = async (has: () => number, many: number, happen: () => Promise<void>): Promise<void> => {
  while (has() < many) await wait(2)
  await happen()
}

const actor = { type: 'person', name: 'Fito' }

const idsOf = (events: readonly { id: string }[]) => events.map(({ id }) => id)

/** The ids of a ledger's events on the server, in order, read by the client alone. */
const written = async (name: string): Promise<string[]> => {
  const client = EventStoreDBClient.connectionString(server.url)
  try {
    const ids: string[] = []
    for await (const { event } of client.readAll() as AsyncIterable<AllStreamResolvedEvent>)
      if (event!.streamId.startsWith(`${name}.`)) ids.push(event!.id)
    return ids
  } finally {
    await client.dispose()
  }
}

/** That nothing was lost, doubled or told otherwise: on the server, in the table, to a subscriber. */
const requireWhole = async (name: string, node: Node, told: readonly Appended[], seen: readonly Event[]) => {
  const events = told.toSorted((a, b) => a.position - b.position).flatMap((appended) => appended.events)
  await expect.poll(() => seen.length, { timeout: minutes }).toBe(events.length)
  expect(idsOf(seen)).toStrictEqual(idsOf(events))
  expect(seen).toStrictEqual(events)
  expect([...node.log.events.from(0)]).toStrictEqual(events)
  // The node that is read may be one that led, stood still, and has not yet what the others have.
  await expect.poll(() => written(name), { timeout: minutes }).toStrictEqual(idsOf(events))
}

const watch = async (node: Node): Promise<Event[]> => {
  const seen: Event[] = []
  await node.log.subscribe(0, (events) => void seen.push(...events))
  return seen
}

/** The longest time between two that were told, in seconds, and how long all took. */
const timed = (told: Appended[]) => {
  const begun = performance.now()
  const times = [begun]
  const push = told.push.bind(told)
  told.push = (...appended) => {
    times.push(performance.now())
    return push(...appended)
  }
  return () => {
    const gaps = times.slice(1).map((time, index) => time - times[index]!)
    const seconds = (milliseconds: number) => Number((milliseconds / 1000).toFixed(1))
    return { longestGap: seconds(Math.max(...gaps)), whole: seconds(times.at(-1)! - begun) }
  }
}

type Happening = (node: () => RealServer['nodes'][number]) => Promise<void>

const killed: Happening = async (node) => {
  const hit = node()
  await hit.end('SIGKILL')
  hit.start()
}
const stopped: Happening = async (node) => {
  const hit = node()
  await hit.end('SIGTERM')
  hit.start()
}
const frozen: Happening = async (node) => {
  const hit = node()
  hit.freeze()
  await wait(30_000)
  hit.thaw()
}

const happenings: [string, Happening][] = [
  ['killed and started again', killed],
  ['told to end and started again', stopped],
  ['standing still for 30 s', frozen],
]

/** Two services on one log. */
const tellTheSame = async () => {
  const settings = { LEDGER_LOG: server.url, LEDGER_NAME: `services-${randomUUID()}` }
  const services = [await serve(place(), settings), await serve(place(), settings)] as const
  // Each looks through all that others wrote before it answers.
  for (const { url } of services)
    await expect.poll(async () => (await fetch(`${url}/readyz`)).status, { timeout: minutes }).toBe(200)
  const body = { source: { publisher: 'Ministry', medium: 'official_statement' }, data: actor }
  const describe = (url: string, id: string) =>
    fetch(`${url}/v1/actors/${id}/describe`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'k' },
      body: JSON.stringify(body),
    })
  for (let round = 0; round < 10; round++) {
    const posted = await describe(services[round % 2]!.url, `one-${round}`)
    const position = posted.headers.get('ledger-position')
    const other = services[(round + 1) % 2]!.url
    const answer = await fetch(`${other}/v1/actors/one-${round}?minPosition=${position}`)
    expect(await answer.json()).toMatchObject({ id: `one-${round}`, state: expect.anything() as object })

    const both = await Promise.all(services.map(({ url }) => describe(url, `two-${round}`)))
    expect(both.map(({ status }) => status)).toStrictEqual([201, 201])
    const [first, second] = await Promise.all(both.map((answer) => answer.json()))
    expect(first).toStrictEqual(second)
  }
  expect([await services[0].stop(), await services[1].stop()]).toStrictEqual([0, 0])
  expect(await written(settings.LEDGER_NAME)).toHaveLength(20)
}

describe.skipIf(!isRun)(named('a real server'), () => {
  prepared(1)
  const only = () => server.nodes[0]!

  test.each(happenings)(
    '%s in the middle of 1,000 appends: nothing lost or doubled, every writer told the truth',
    async (what, happen) => {
      const name = `faults-${randomUUID()}`
      const node = await open(name)
      const seen = await watch(node)
      const told: Appended[] = []
      const time = timed(told)
      await Promise.all([
        writeThousand(node, 20, told),
        once(
          () => told.length,
          300,
          () => happen(only),
        ),
      ])
      console.info(`1,000 appends, ${what}: ${JSON.stringify(time())} s`)
      expect(told).toHaveLength(1000)
      await requireWhole(name, node, told, seen)
    },
    4 * minutes,
  )

  test.each(happenings)(
    '%s in the middle of a catch-up: it goes on where it was',
    async (what, happen) => {
      const name = `catch-up-${randomUUID()}`
      const writer = await open(name)
      const told: Appended[] = []
      const stream = 'fugitive-fito-2024'
      for (let count = 0; count < 80; count++)
        told.push(
          await appendSurely(
            writer.log,
            stream,
            drafts(stream, 250),
            count === 0 ? 'no_stream' : count * 250 - 1,
          ),
        )
      const node = await open(name)
      const seen = await watch(node)
      const begun = performance.now()
      let there = 0
      await once(
        () => seen.length,
        1,
        async () => {
          there = [...node.log.events.from(0)].length
          await happen(only)
        },
      )
      await requireWhole(name, node, told, seen)
      console.info(
        `catch-up, ${what} at ${there} of 20,000: ${((performance.now() - begun) / 1000).toFixed(1)} s`,
      )
      // Else it would have shown nothing.
      expect(there).toBeLessThan(20_000)
    },
    4 * minutes,
  )

  test(
    'under two services: what is recorded through one is seen through the other, and one key at both is one event',
    tellTheSame,
    2 * minutes,
  )
})

describe.skipIf(!isRun)(named('a cluster of three nodes'), () => {
  prepared(3)

  test(
    'under two services: what is recorded through one is seen through the other, and one key at both is one event',
    tellTheSame,
    2 * minutes,
  )

  test.each([
    ['killed', (leader: RealServer['nodes'][number]) => leader.end('SIGKILL')],
    ['told to end', (leader: RealServer['nodes'][number]) => leader.end('SIGTERM')],
    [
      'standing still for 15 s',
      async (leader: RealServer['nodes'][number]) => {
        leader.freeze()
        await wait(15_000)
        leader.thaw()
      },
    ],
  ] as const)(
    'whose leader is %s under 64 writers: nothing lost or doubled, every writer told the truth',
    async (what, happen) => {
      const name = `cluster-${randomUUID()}`
      const node = await open(name)
      const seen = await watch(node)
      const leader = await server.leader()
      const told: Appended[] = []
      const time = timed(told)
      await Promise.all([
        writeThousand(node, 64, told),
        once(
          () => told.length,
          300,
          () => happen(leader),
        ),
      ])
      console.info(`1,000 appends, the leader ${what}: ${JSON.stringify(time())} s`)
      leader.start()
      await server.leader()
      await requireWhole(name, node, told, seen)
    },
    4 * minutes,
  )
})
