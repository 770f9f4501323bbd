import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { Hono } from 'hono'
import { requestId } from 'hono/request-id'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { requestLog } from '../../src/http/log-line.ts'
import { lines } from '../../src/http/ndjson.ts'
import { listen } from '../../src/http/server.ts'

const answerOf = async (url: string): Promise<string> => {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
  let answer = ''
  socket.on('data', (data) => (answer += String(data)))
  await once(socket, 'close')
  return answer
}

test('an answer that breaks off in the middle does not look like a whole one, and the log says why', async () => {
  const logged: Record<string, unknown>[] = []
  const logger = pino({}, { write: (line: string) => void logged.push(JSON.parse(line)) })
  const app = new Hono()
  app.use(requestId())
  app.use(requestLog(logger, () => 0))
  const texts = function* () {
    for (let index = 0; index < 1000; index++) yield `{"line":${index}}`
    throw new Error('The disk cannot be read.')
  }
  app.get('/', (c) => lines(c, texts()))
  const { url, stop } = await listen(app, '127.0.0.1', 0)
  try {
    const answer = await answerOf(url)
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(answer).toContain('{"line":0}')
    // A chunked body ends with an empty chunk.
    expect(answer).not.toMatch(/\r\n0\r\n\r\n$/)
    expect(answer).not.toContain('The disk')
    expect(logged.find(({ level }) => level === 50)).toMatchObject({
      msg: 'an answer broke off',
      requestId: expect.any(String) as string,
      err: { message: 'The disk cannot be read.' },
    })
  } finally {
    await stop()
  }
})

test.runIf(process.platform === 'linux')(
  'a request whose sender is silent is kept for as long as its system answers for it',
  async () => {
    const app = new Hono()
    app.post('/', async (c) => c.text(await c.req.text()))
    const { url, stop } = await listen(app, '127.0.0.1', 0)
    const port = Number(new URL(url).port)
    const socket = connect(port, '127.0.0.1')
    try {
      socket.write('POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4\r\n\r\na')
      await expect.poll(() => timersOf(port, socket.localPort!)).toStrictEqual([keepalive])
      socket.write('bcd')
      const [answer] = (await once(socket, 'data')) as [Buffer]
      expect(String(answer)).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    } finally {
      socket.destroy()
      await stop()
    }
  },
)

/** The timer of TCP that is set for a connection that is idle: https://docs.kernel.org/networking/proc_net_tcp.html */
const keepalive = '02'

/** The timers of the connections between two ports of this machine. */
const timersOf = (own: number, other: number): string[] => {
  const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, '0')
  const connections = readFileSync('/proc/net/tcp', 'utf8').trim().split('\n').slice(1)
  return connections
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, remote]) => local!.endsWith(`:${hex(own)}`) && remote!.endsWith(`:${hex(other)}`))
    .map((fields) => fields[5]!.slice(0, 2))
}
