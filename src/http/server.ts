import { once, setMaxListeners } from 'node:events'
import { createServer, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'
import { LedgerError } from '../errors.ts'
import type { Bindings } from './connection.ts'
import { problemOf, problemResponse } from './problem.ts'

/** A listening server: its address, and how to stop it. */
export type Listening = { url: string; stop: () => Promise<void> }

/** How long requests under way may take to end, in milliseconds, once the server stops. */
const grace = 5_000

/**
 * A file to import may take as long as it takes, but whether its sender is still there is asked after a minute of silence. A
 * request without a host is refused as others are.
 */
const options = {
  requestTimeout: 0,
  keepAlive: true,
  keepAliveInitialDelay: 60_000,
  requireHostHeader: false,
}

/**
 * Listens. Stopping takes no new requests, ends what streams, lets other requests under way end, and cuts off what is
 * left after a grace.
 */
export const listen = async (app: Hono, host: string, port: number): Promise<Listening> => {
  const stopping = new AbortController()
  // Each stream listens to it for as long as it is open.
  setMaxListeners(0, stopping.signal)
  const fetch = (request: Request, bindings: Bindings) =>
    app.fetch(request, { ...bindings, stopping: stopping.signal })
  const answer = getRequestListener(fetch, { errorHandler: unreadable })
  const answering = new Map<Socket, Set<ServerResponse>>()
  const server = createServer(options, (request, response) => {
    const { socket } = request
    // What came with a request for another protocol was not read: whoever sent it is not to wait for an answer.
    if (request.headers.upgrade !== undefined) response.shouldKeepAlive = false
    const answers = answering.get(socket) ?? new Set()
    answering.set(socket, answers.add(response))
    response.once('close', () => {
      answers.delete(response)
      if (answers.size === 0) answering.delete(socket)
      // A connection that is answered is kept for a next request, which will not be taken.
      if (stopping.signal.aborted) setImmediate(() => server.closeIdleConnections())
    })
    void answer(request, response)
  })
  refuseWhatIsNoRequest(server, answering)
  server.listen(port, host)
  await once(server, 'listening')
  const address = server.address() as AddressInfo
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address
  const stop = async () => {
    const closed = once(server, 'close')
    stopping.abort()
    server.close()
    server.closeIdleConnections()
    const cut = setTimeout(() => server.closeAllConnections(), grace)
    await closed
    clearTimeout(cut)
  }
  return { url: `http://${name}:${address.port}`, stop }
}

/** The answer to a request whose address or host cannot be read, before it reaches the application. */
const unreadable = (error: unknown): Response => {
  if (!(error instanceof Error) || error.name !== 'RequestError') return problemResponse(error)
  return problemResponse(new LedgerError('invalid', `This request cannot be read: ${error.message}.`))
}

/**
 * Answers what is not HTTP with a problem as well, be it the rest of a request whose answer has not begun; one that has is cut off.
 * What came whole before it on the same connection may have done what it asked for, and is answered before.
 */
const refuseWhatIsNoRequest = (
  server: Server,
  answering: ReadonlyMap<Socket, ReadonlySet<ServerResponse>>,
): void => {
  const refused = new WeakSet<Socket>()
  const refuse = (socket: Socket, refusal: LedgerError) => {
    // What is sent after that is no better, and whoever sends it is still to read why.
    if (refused.has(socket)) return
    refused.add(socket)
    const answers = [...(answering.get(socket) ?? [])]
    const broken = answers.find(({ req }) => !req.complete)
    const end = () => {
      if (broken?.headersSent) socket.destroySoon()
      else socket.end(textOf(broken ? unreadableBody : refusal))
      setTimeout(() => socket.destroy(), grace).unref()
    }
    const before = answers.findLast((answer) => answer !== broken && !answer.writableFinished)
    if (before) before.once('finish', end)
    else end()
  }
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (socket.writable && error.code !== 'ECONNRESET') refuse(socket, refusalOf(error))
    else socket.destroy()
  })
  server.on('connect', (_request, socket: Socket) => refuse(socket, noTunnel))
}

/** A problem as an answer that is written by hand. */
const textOf = (error: LedgerError): string => {
  const { status, ...problem } = problemOf(error)
  const body = JSON.stringify({ status, ...problem })
  return (
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/problem+json\r\n` +
    `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`
  )
}

const refusalOf = ({ code }: NodeJS.ErrnoException): LedgerError =>
  code === 'HPE_HEADER_OVERFLOW'
    ? new LedgerError('too_large', 'The address and the headers of a request have at most 16 KiB.')
    : new LedgerError('invalid', 'This is not a request of HTTP/1.1, or it did not come in time.')

const noTunnel = new LedgerError('invalid', 'This service is no proxy: ask it for what it serves itself.')

const unreadableBody = new LedgerError(
  'invalid',
  'The body cannot be read: its chunks are not those of HTTP/1.1, or it broke off before its end. Send it again.',
)
