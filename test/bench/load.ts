import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { serveParent } from './child.ts'
import { percentile } from './measure.ts'
import { type Post, postsAfter } from './posts.ts'

// Sends what comes after the first events of a generated ledger over many connections, each request as soon as the one
// before it is answered. What is about one stream goes over one connection, so that it arrives in its order.

export type Load = { url: string; seconds: number }
/** Latencies in milliseconds. `statuses`: how often each was answered. */
export type Loaded = {
  requests: number
  seconds: number
  p50: number
  p99: number
  statuses: Record<string, number>
}

const [events, connections] = process.argv.slice(2).map(Number) as [number, number]
const posts = postsAfter(events)
const queues: Buffer[][] = Array.from({ length: connections }, () => [])

/** More than a service answers in a second. Where it is faster, a round ends when all is sent. */
const atMost = 20_000

/** What a round did not come to send is sent in the next: nothing is left out. */
const prepare = (seconds: number): void => {
  const waiting = queues.reduce((sum, { length }) => sum + length, 0)
  for (let count = waiting; count < atMost * seconds; count++) {
    const post = posts.next().value as Post
    queues[numberOf(post.stream) % connections]!.push(requestOf(post))
  }
}

const numberOf = (stream: string): number => Number(/\d+$/.exec(stream)![0])

const requestOf = ({ path, key, body }: Post): Buffer => {
  const keyed = key === undefined ? '' : `Idempotency-Key: ${key}\r\n`
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n${keyed}` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

type OnAnswer = (status: string, milliseconds: number) => void

/** One connection until the time is over or there is nothing more to send. */
const converse = async (
  socket: Socket,
  queue: Buffer[],
  until: number,
  onAnswer: OnAnswer,
): Promise<void> => {
  await once(socket, 'connect')
  socket.setNoDelay(true)
  let sent = 0
  for (; sent < queue.length; sent++) {
    const start = performance.now()
    if (start > until) break
    socket.write(queue[sent]!)
    onAnswer(await answered(socket), performance.now() - start)
  }
  queue.splice(0, sent)
  socket.destroy()
}

/** The status of the one answer that comes, once it has come whole. */
const answered = (socket: Socket): Promise<string> => {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let received: Buffer = Buffer.alloc(0)
  const take = (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
    const head = received.indexOf('\r\n\r\n')
    if (head < 0) return
    const headers = received.toString('latin1', 0, head)
    const length = /\r\ncontent-length: (\d+)/i.exec(headers)
    if (!length) return settle(() => reject(new Error(`An answer of unknown length: ${headers}`)))
    if (received.length >= head + 4 + Number(length[1])) settle(() => resolve(headers.slice(9, 12)))
  }
  const lost = () => settle(() => reject(new Error('The server hung up')))
  const settle = (how: () => void) => {
    socket.off('data', take).off('close', lost)
    how()
  }
  socket.on('data', take).on('close', lost)
  return promise
}

serveParent(async ({ url, seconds }: Load): Promise<Loaded> => {
  const { hostname, port } = new URL(url)
  prepare(seconds)
  const latencies: number[] = []
  const statuses: Record<string, number> = {}
  const start = performance.now()
  await Promise.all(
    queues.map((queue) =>
      converse(connect(Number(port), hostname), queue, start + seconds * 1000, (status, ms) => {
        statuses[status] = (statuses[status] ?? 0) + 1
        latencies.push(ms)
      }),
    ),
  )
  return {
    requests: latencies.length,
    seconds: (performance.now() - start) / 1000,
    p50: percentile(latencies, 50),
    p99: percentile(latencies, 99),
    statuses,
  }
})
