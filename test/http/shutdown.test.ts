import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, expect, test } from 'vitest'
import { testSettings } from '../engine.ts'
import { source } from '../service.ts'
import { replyOf } from './wire.ts'

const bin = join(import.meta.dirname, '../../src/cli/bin.js')
const running: { process: ChildProcess; folder: string; close: () => Promise<void> }[] = []

afterEach(async () => {
  for (const { process, folder, close } of running.splice(0)) {
    if (process.exitCode === null && process.signalCode === null) {
      process.kill('SIGKILL')
      await once(process, 'exit')
    }
    await close()
    rmSync(folder, { recursive: true, force: true })
  }
})

/** A service in a process of its own, and the lines of its log as they come. */
const started = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'crisis-ledger-'))
  const { env, events, close } = await testSettings(folder)
  const child = spawn(process.execPath, [bin, 'serve'], {
    env: { ...process.env, ...env, LEDGER_PORT: '0', LEDGER_HOST: '127.0.0.1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.push({ process: child, folder, close })
  let errors = ''
  child.stderr.on('data', (chunk) => (errors += String(chunk)))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const logged = async (message: string): Promise<Record<string, unknown>> => {
    for (;;) {
      const { value, done } = await lines.next()
      if (done) throw new Error(`It ended before it said "${message}": ${errors}`)
      if (value.startsWith('{') && JSON.parse(value).msg === message) return JSON.parse(value)
    }
  }
  const { url } = await logged('listening')
  return { child, events, logged, url: new URL(String(url)), exited: once(child, 'exit') }
}

/** What a connection has to say until it says this, or until it ends. */
const readUntil = async (socket: Socket, wanted?: string): Promise<string> => {
  let text = ''
  const ended = once(socket, 'end').then(() => [null])
  for (;;) {
    const [chunk] = await Promise.race([once(socket, 'data'), ended])
    if (chunk === null) return text
    text += String(chunk)
    if (wanted !== undefined && text.includes(wanted)) return text
  }
}

/** Resolves once nobody listens any more. */
const untilRefused = async ({ port, hostname }: URL): Promise<void> => {
  for (;;) {
    const late = connect(Number(port), hostname)
    try {
      await once(late, 'connect')
      late.on('error', () => undefined)
      late.destroy()
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toMatch(/^ECONN/)
      if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return
    }
  }
}

test('told to stop, it takes no new requests, answers the one under way, and ends well', async () => {
  const { child, events, logged, url, exited } = await started()
  const body = JSON.stringify({ source, data: { type: 'curfew' } })
  const half = Math.floor(body.length / 2)
  const socket = connect(Number(url.port), url.hostname)
  socket.write(
    'POST /v1/emergencies/e-1/declare HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n' +
      `content-length: ${body.length}\r\nexpect: 100-continue\r\n\r\n`,
  )
  // It has the request, and waits for its body.
  await readUntil(socket, '100 Continue\r\n\r\n')
  socket.write(body.slice(0, half))

  child.kill('SIGTERM')
  await logged('stopping')
  await untilRefused(url)

  socket.write(body.slice(half))
  const reply = replyOf(await readUntil(socket))
  expect(reply.status).toBe(201)
  expect(await exited).toStrictEqual([0, null])

  const table = events()
  expect([...table.from(0)]).toStrictEqual([reply.body.event])
  table.close()
})

test('told to stop, it cuts off after a while what would go on for ever', async () => {
  const { child, url, exited } = await started()
  const post = (command: string, when: string, data: object) =>
    fetch(new URL(`/v1/emergencies/e-1/${command}`, url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ source, when, data }),
    })
  expect((await post('declare', '2024-01-08T00:00:00Z', { type: 'curfew' })).status).toBe(201)
  expect((await post('lift', '2024-01-09T00:00:00Z', {})).status).toBe(201)
  const replay = await fetch(new URL('/v1/replay?speed=0.001', url))
  const reader = replay.body!.getReader()
  await reader.read()
  child.kill('SIGTERM')
  await expect(reader.read()).rejects.toThrow('terminated')
  expect(await exited).toStrictEqual([0, null])
})
