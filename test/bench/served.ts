import { createAdaptorServer } from '@hono/node-server'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
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

const ledgerAt = async (path: string): Promise<string> => {
  const settings = readSettings({ LEDGER_LOG: `sqlite:${path}`, LEDGER_PORT: '0' })
  const ledger = await open(settings, pino({ level: 'warn' }))
  await ledger.service.model.reached(ledger.service.table.head())
  return (await ledger.serve()).url
}

const storeBehind = async (name: string, at: string): Promise<string> => {
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
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const takenOf = (parsed: ReturnType<typeof parseCommand>): Taken =>
  parsed.meta === null
    ? { stream: parsed.stream, type: parsed.command.event, body: parsed.body }
    : { stream: parsed.event.split('#')[0]!, type: parsed.meta, body: parsed.body }

const [kind = 'ledger', at = ''] = process.argv.slice(2)
const url = await (kind === 'ledger' ? ledgerAt(at) : storeBehind(kind, at))

/**
 * Its address, and what it has used up: microseconds of all cores, and resident bytes; of them its own, which are no file's
 * that it has mapped, and of these what objects take.
 */
export type Usage = { url: string; cpu: number; resident: number; own: number; objects: number }

/** `collected`: once what nothing holds any more is gone; the process must be started with `--expose-gc`. */
export type Asked = 'usage' | 'collected'

serveParent((asked: Asked): Usage => {
  if (asked === 'collected') globalThis.gc!()
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed } = process.memoryUsage()
  return { url, cpu: user + system, resident: rss, own: ownBytes(), objects: heapUsed }
})

/** As Linux tells it. */
const ownBytes = (): number =>
  Number(/RssAnon:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024
