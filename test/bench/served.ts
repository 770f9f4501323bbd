import { createAdaptorServer } from '@hono/node-server'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Hono } from 'hono'
import { pino } from 'pino'
import { readSettings } from '../../src/config.ts'
import { jsonBody } from '../../src/http/body.ts'
import { parseCommand } from '../../src/ledger/command.ts'
import { open } from '../../src/main.ts'
import { kindOfPlural } from '../../src/vocabulary/index.ts'
import { serveParent } from './child.ts'

// Serves a ledger in the file that its argument names; without one, the same route and schemas with nothing behind.

const ledgerAt = async (path: string): Promise<string> => {
  const settings = readSettings({ LEDGER_LOG: `sqlite:${path}`, LEDGER_PORT: '0' })
  const ledger = await open(settings, pino())
  return (await ledger.serve()).url
}

const nothingBehind = async (): Promise<string> => {
  const app = new Hono()
  app.post('/v1/:plural/:id/:command', async (c) => {
    const { plural, id, command } = c.req.param()
    const about = plural === 'events' ? { event: id } : { kind: kindOfPlural(plural)!.name, id }
    const key = c.req.header('idempotency-key')
    parseCommand({ command, about, key, body: await jsonBody(c), recordedBy: 'desk' })
    return c.json({ position: 1 }, 201)
  })
  const server = createAdaptorServer({ fetch: app.fetch })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const [path] = process.argv.slice(2)
const url = await (path === undefined ? nothingBehind() : ledgerAt(path))

/** Its address, and what it has used up: microseconds of all cores, and resident bytes. */
export type Usage = { url: string; cpu: number; resident: number }

serveParent((): Usage => {
  const { user, system } = process.cpuUsage()
  return { url, cpu: user + system, resident: process.memoryUsage.rss() }
})
