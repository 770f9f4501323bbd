import type { Context } from 'hono'

/** What the server hands to the application with each request. */
export type Bindings = {
  outgoing?: { destroy(): unknown; once?(event: 'close', listener: () => void): unknown }
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
}

export const connectionOf = (c: Context): Connection => {
  const { outgoing, stopping } = (c.env ?? {}) as Bindings
  return {
    stopping: stopping ?? null,
    cut: () => void outgoing?.destroy(),
    closed: outgoing?.once ? (listener) => void outgoing.once!('close', listener) : null,
  }
}
