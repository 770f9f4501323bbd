import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'

/** The network before a server, on a loopback port that stays the same, and what can happen to it. */
export type Wire = {
  port: number
  /** Bytes no longer pass, in either direction; connections are accepted all the same, as a stopped process' are. */
  freeze(): void
  thaw(): void
  /** Resets every connection. */
  cut(): void
  /** Resets every connection and refuses new ones, as when the process is killed. */
  down(): Promise<void>
  /** Listens again, before the server at a port. */
  up(target: number): Promise<void>
}

/**
 * Of ports that no system gives to whoever asks for any: nobody else may take one while nobody listens there. Each process of tests
 * has a thousand of its own.
 */
let used = Math.floor(Math.random() * 1000)
const nextPort = (): number =>
  20_000 + (Number(process.env['VITEST_POOL_ID'] ?? 0) % 12) * 1000 + (used++ % 1000)

export const createWire = async (first: number, host = '127.0.0.1'): Promise<Wire> => {
  const sockets = new Set<Socket>()
  let target = first
  let isFrozen = false

  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    if (isFrozen) socket.pause()
  }
  const server = createServer((near) => {
    const far = connect(target, host)
    far.setNoDelay(true)
    near.setNoDelay(true)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (bytes) => void to.write(bytes))
      from.on('close', () => to.destroy())
      keep(from)
    }
  })
  const listen = async (port: number) => {
    server.listen(port, host)
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy()
  }

  const listenAnywhere = async (): Promise<number> => {
    for (;;)
      try {
        return await listen(nextPort())
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
      }
  }

  const port = await listenAnywhere()
  return {
    port,
    freeze: () => {
      isFrozen = true
      for (const socket of sockets) socket.pause()
    },
    thaw: () => {
      isFrozen = false
      for (const socket of sockets) socket.resume()
    },
    cut,
    down: async () => {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      cut()
      await closed
    },
    up: async (newTarget) => {
      target = newTarget
      isFrozen = false
      await listen(port)
    },
  }
}
