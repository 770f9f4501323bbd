import { randomUUIDv7 } from 'node:crypto'
import { fdatasync, openSync, write } from 'node:fs'
import { promisify } from 'node:util'
import pg from 'pg'
import { sqliteLog } from '../../src/log/sqlite.ts'
import type { NewEvent } from '../../src/vocabulary/envelope.ts'
import { openEmmett } from './emmett.ts'
import { recorded } from './recorded.ts'

/** An event that passed the schemas of the route: to keep, and no more than that. */
export type Taken = { stream: string; type: string; body: object }

/** Keeps an event. What it promises is kept on the disk, but for `nothing`. */
export type Store = (taken: Taken) => Promise<unknown>

/** What stands behind the route where no ledger does, by its name. `at`: a path or an address. */
export const stores: Readonly<Record<string, (at: string) => Promise<Store>>> = {
  nothing: async () => async () => undefined,

  /** One line an event, and one sync for all that came while the one before ran. */
  file: async (path) => {
    const descriptor = openSync(path, 'a')
    const [append, sync] = [promisify(write), promisify(fdatasync)]
    let waiting: string[] = []
    let group: Promise<void> | null = null
    const flush = async (): Promise<void> => {
      const lines = waiting
      waiting = []
      group = null
      await append(descriptor, lines.join(''))
      await sync(descriptor)
    }
    let last = Promise.resolve()
    return (taken) => {
      waiting.push(`${JSON.stringify({ id: randomUUIDv7(), ...taken })}\n`)
      group ??= last = last.then(flush)
      return group
    }
  },

  /** The ledger's own log alone: one event a request, and one commit for all that came meanwhile. */
  log: async (path) => {
    const log = await sqliteLog({ path, clock: () => new Date().toISOString() })
    return ({ stream, type, body }) => {
      const event = { id: randomUUIDv7(), type, stream, schemaVersion: 1, recordedBy: 'desk', ...body }
      const revision = log.events.headOf(stream)?.revision
      return log.append(stream, [event as unknown as NewEvent], revision ?? 'no_stream')
    }
  },

  /** One INSERT a request, ten connections. */
  postgres: async (url) => {
    const pool = new pg.Pool({ connectionString: url, max: 10 })
    return ({ stream, type, body }) =>
      pool.query({
        name: 'insert',
        text: 'INSERT INTO events (id, stream, type, body) VALUES ($1, $2, $3, $4)',
        values: [randomUUIDv7(), stream, type, JSON.stringify(body)],
      })
  },

  emmett: async (url) => {
    const store = await openEmmett(url)
    return ({ stream, type, body }) => store.appendToStream(stream, [{ type, data: body }])
  },
}

/** Makes the table of the store `postgres`, with the events that the ledger beside it has. */
export const fillPostgres = async (url: string, events: number): Promise<void> => {
  const client = new pg.Client(url)
  await client.connect()
  await client.query(`
    CREATE TABLE events (
      position   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      id         uuid NOT NULL UNIQUE,
      stream     text NOT NULL,
      type       text NOT NULL,
      recordedAt timestamptz NOT NULL DEFAULT now(),
      body       text NOT NULL
    )`)
  for (const batch of inBatches(recorded(events), 1000)) {
    const columns = [
      batch.map(({ id }) => id),
      batch.map(({ stream }) => stream),
      batch.map(({ event }) => event.type),
      batch.map(({ text }) => text),
    ]
    await client.query(
      `INSERT INTO events (id, stream, type, body)
         SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[])`,
      columns,
    )
  }
  await client.query('ANALYZE events')
  await client.end()
}

/** Puts the same events into Emmett, each stream at once, over ten connections. Gives the seconds of that alone. */
export const fillEmmett = async (url: string, events: number): Promise<number> => {
  const store = await openEmmett(url)
  const streams = Map.groupBy(recorded(events), ({ stream }) => stream).entries()
  const take = async (): Promise<void> => {
    for (const [name, stored] of streams)
      await store.appendToStream(
        name,
        stored.map(({ event }) => ({ type: event.type, data: event })),
      )
  }
  const start = performance.now()
  await Promise.all(Array.from({ length: 10 }, take))
  const seconds = (performance.now() - start) / 1000
  await store.close()
  return seconds
}

function* inBatches<T>(items: Iterable<T>, size: number): Generator<T[]> {
  let batch: T[] = []
  for (const item of items) {
    if (batch.push(item) < size) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}
