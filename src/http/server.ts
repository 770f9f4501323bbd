import { once, setMaxListeners } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'
import type { Bindings } from './connection.ts'
import { refuseWhatIsNoRequest, unreadable } from './unreadable.ts'

/** A listening server: its address, and how to stop it. */
export type Listening = { url: string; stop: () => Promise<void> }

/** How long, in milliseconds, requests under way may take to end once the server stops, and whoever is refused to read why. */
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
  const take = (request: IncomingMessage, response: ServerResponse) => {
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
  }
  const server = createServer(options, take)
  // What nobody here can meet is not refused for that: Node would, before anything is looked at (RFC 9110, 10.1.1 leaves it open).
  server.on('checkExpectation', take)
  refuseWhatIsNoRequest(server, answering, grace)
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
