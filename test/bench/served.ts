import { createAdaptorServer } from '@hono/node-server'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { Hono } from 'hono'
import { pino } from 'pino'
import { readSettings } from '../../src/config.ts'
import { jsonBody } from '../../src/http/body.ts'
import { parseCommand } from '../../src/ledger/command.ts'
import { open } from '../../src/main.ts'
import { kindOfPlural } from '../../src/vocabulary/index.ts'
import { serveParent } from './child.ts'
import { stores, type Taken } from './stores.ts'

// Serves a ledger in a file, or the same route and schemas with another store behind: its arguments are `ledger` or the
// name of the store, and where it is.

type Served = { url: string; position: () => number }

const ledgerAt = async (path: string): Promise<Served> => {
  const settings = readSettings({ LEDGER_LOG: `sqlite:${path}`, LEDGER_PORT: '0' })
  const ledger = await open(settings, pino({ level: 'warn' }))
  await ledger.settled
  await ledger.service.model.reached(ledger.service.table.head())
  return { url: (await ledger.serve()).url, position: () => ledger.service.model.position() }
}

const storeBehind = async (name: string, at: string): Promise<Served> => {
  const keep = await stores[name]!(at)
  const app = new Hono()
  app.post('/v1/:plural/:id/:command', async (c) => {
    const { plural, id, command } = c.req.param()
    const about = plural === 'events' ? { event: id } : { kind: kindOfPlural(plural)!.name, id }
    const key = c.req.header('idempotency-key')
    await keep(takenOf(parseCommand({ command, about, key, body: await jsonBody(c), recordedBy: 'desk' })))
    return c.json({ position: 1 }, 201)
  })
  const server = createAdaptorServer({ fetch: app.fetch })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, position: () => 0 }
}

const takenOf = (parsed: ReturnType<typeof parseCommand>): Taken =>
  parsed.meta === null
    ? { stream: parsed.stream, type: parsed.command.event, body: parsed.body }
    : { stream: parsed.event.split('#')[0]!, type: parsed.meta, body: parsed.body }

const [kind = 'ledger', at = ''] = process.argv.slice(2)
const { url, position } = await (kind === 'ledger' ? ledgerAt(at) : storeBehind(kind, at))

/**
 * Its address, the newest position of a ledger, and what it has used up: microseconds of all cores, and resident bytes; of
 * them its own, which are no file's that it has mapped, and of these what objects take.
 */
export type Usage = {
  url: string
  position: number
  cpu: number
  resident: number
  own: number
  objects: number
}

/**
 * `collected`: once what nothing holds any more is gone, and what is left was moved together; the process must be started
 * with `--expose-gc`.
 */
export type Asked = 'usage' | 'collected'

serveParent(async (asked: Asked): Promise<Usage> => {
  if (asked === 'collected') await collect()
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed } = process.memoryUsage()
  return { url, position: position(), cpu: user + system, resident: rss, own: ownBytes(), objects: heapUsed }
})

/** Twice, with a pause: the memory of what was collected is given back by another thread. */
const collect = async (): Promise<void> => {
  for (let times = 0; times < 2; times++) {
    globalThis.gc!({ type: 'major', execution: 'sync', flavor: 'last-resort' })
    await pause(1000)
  }
}

/** As Linux tells it. */
const ownBytes = (): number =>
  Number(/RssAnon:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024
