import type { Context } from 'hono'

/** What the server hands to the application with each request. */
export type Bindings = {
  outgoing?: {
    destroy(): unknown
    /** Null while answers to requests before it on the same connection are still to be sent. */
    socket?: unknown
    once?(event: 'close' | 'socket', listener: () => void): unknown
  }
  stopping?: AbortSignal
}

/** What a long answer must know of its connection. Where there is no server, nothing stops it and nothing is cut. */
export type Connection = {
  /** Aborted when the server begins to stop: what is under way should end. */
  stopping: AbortSignal | null
  /** Cuts it off, whatever is still to be read. */
  cut: () => void
  /** Has something done once the answer is sent, or cut off. Null: nobody knows when that is. */
  closed: ((listener: () => void) => void) | null
  /** Resolves once the answers to all requests before it on the same connection are sent: until then a large one can wait. */
  isNext: () => Promise<void>
}

export const connectionOf = (c: Context): Connection => {
  const { outgoing, stopping } = (c.env ?? {}) as Bindings
  return {
    stopping: stopping ?? null,
    cut: () => void outgoing?.destroy(),
    closed: outgoing?.once ? (listener) => void outgoing.once!('close', listener) : null,
    isNext: async () => {
      if (outgoing?.once && outgoing.socket === null)
        await new Promise<void>((resolve) => void outgoing.once!('socket', resolve))
    },
  }
}
