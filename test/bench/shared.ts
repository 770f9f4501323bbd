import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { EventStoreDBClient, jsonEvent, streamNameFilter } from '@eventstore/db-client'
import { eventStoreLog } from '../../src/log/eventstoredb.ts'
import type { NewEvent } from '../../src/vocabulary/envelope.ts'
import { draft } from '../contract/draft.ts'
import { serveParent } from './child.ts'
import { temporaryFolder } from './folder.ts'
import { percentile } from './measure.ts'

// Appends to a server and reads it through, by the log of the ledger (`ledger`) or by the same calls of the client alone
// (`client`). Its arguments are which, the connection string, and the name its streams begin with.

export type Asked =
  | { do: 'fill'; name: string; events: number }
  | { do: 'append'; writers: number; seconds: number }
  | { do: 'catch up'; name: string; events: number }

/** `cpu`: of this process, in microseconds. */
export type CaughtUp = { events: number; seconds: number; cpu: number }
/** Latencies in milliseconds. */
export type Appends = CaughtUp & { p50: number; p99: number }

const [way, url, name] = process.argv.slice(2) as ['ledger' | 'client', string, string]
const clock = () => new Date().toISOString()
const client = EventStoreDBClient.connectionString(url)
/** With these the client makes the call that the ledger makes. */
const credentials = { username: '', password: '' }

const event = (stream: string): NewEvent =>
  draft(stream, {
    note: 'Seen near the bridge at noon, by two officers of the unit that guards it.',
    data: { place: { name: 'Esmeraldas', country: 'EC' }, by: { name: 'Unit of the bridge' }, units: [4, 7] },
  })

type Append = (stream: string, events: readonly NewEvent[], after: number) => Promise<unknown>

const appendAlone =
  (prefix: string): Append =>
  async (stream, events, after) => {
    const data = events.map((event) => {
      const { id, type } = event
      return jsonEvent({ id, type, data: event as never, metadata: { recordedAt: clock() } })
    })
    const expectedRevision = after < 0 ? 'no_stream' : BigInt(after)
    const options = { expectedRevision, credentials, requiresLeader: true } as const
    return client.appendToStream(`${prefix}.${stream}`, data, options)
  }

const folder = temporaryFolder()
const log =
  way === 'ledger'
    ? await eventStoreLog({ url, name, path: join(folder.path, 'replica.db'), clock })
    : undefined
const append: Append = log
  ? (stream, events, after) => log.append(stream, events, after < 0 ? 'no_stream' : after)
  : appendAlone(name)

const newest = new Map<string, number>()

const appendFor = async (writers: number, seconds: number): Promise<Appends> => {
  const latencies: number[] = []
  const measured = measure()
  const until = performance.now() + seconds * 1000
  const writer = async (_: unknown, number: number) => {
    const stream = `fugitive-writer-${number}`
    while (performance.now() < until) {
      const begun = performance.now()
      const after = newest.get(stream) ?? -1
      await append(stream, [event(stream)], after)
      newest.set(stream, after + 1)
      latencies.push(performance.now() - begun)
    }
  }
  await Promise.all(Array.from({ length: writers }, writer))
  return {
    ...measured(latencies.length),
    p50: percentile(latencies, 50),
    p99: percentile(latencies, 99),
  }
}

const measure = () => {
  const [begun, before] = [performance.now(), process.cpuUsage()]
  return (events: number): CaughtUp => {
    const { user, system } = process.cpuUsage(before)
    return { events, seconds: (performance.now() - begun) / 1000, cpu: user + system }
  }
}

const fill = async (filled: string, events: number) => {
  const write = appendAlone(filled)
  const atOnce = 250
  const stream = 'fugitive-filled'
  for (let count = 0; count < events; count += atOnce) {
    const some = Array.from({ length: Math.min(atOnce, events - count) }, () => event(stream))
    await write(stream, some, count - 1)
  }
  const { capabilities } = client as unknown as { capabilities: Promise<{ serverVersion: string }> }
  return { version: (await capabilities).serverVersion }
}

/** The events of a name, from nothing. */
const catchUp = async (filled: string, events: number): Promise<CaughtUp> => {
  const measured = measure()
  if (way === 'client') {
    const subscription = client.subscribeToAll({ filter: streamNameFilter({ prefixes: [`${filled}.`] }) })
    let seen = 0
    for await (const _ of subscription) if (++seen === events) break
    await subscription.unsubscribe()
    return measured(seen)
  }
  using beside = temporaryFolder()
  const replica = await eventStoreLog({ url, name: filled, path: join(beside.path, 'replica.db'), clock })
  const all = Promise.withResolvers<void>()
  let seen = 0
  const stop = await replica.subscribe(0, (batch) => {
    seen += batch.length
    if (seen === events) all.resolve()
  })
  await all.promise
  const result = measured(seen)
  await stop()
  await replica.close()
  return result
}

serveParent(async (asked: Asked): Promise<object> => {
  // What the turn before left behind is over.
  await wait(100)
  if (asked.do === 'fill') return fill(asked.name, asked.events)
  if (asked.do === 'append') return appendFor(asked.writers, asked.seconds)
  return catchUp(asked.name, asked.events)
})
