import type { Batch } from '../batch.ts'
import { conflict } from '../conflict.ts'

/** An append under way, and the revision that it leaves. */
type Flight = { leaves: number; isRefused: boolean }

/**
 * The appends that are under way at once. One of them that expects what a refused one would have left conflicts without
 * being sent: where another node was faster the server would take it, after an event that it was not meant to follow.
 */
export const createFlights = () => {
  const underWay = new Map<string, Set<Flight>>()
  return {
    /** Notes that an append was called for. What it gives then does it, in its turn. */
    begin: ({ stream, after, events }: Batch, revision: () => number) => {
      const all = underWay.get(stream) ?? new Set()
      underWay.set(stream, all)
      const awaited = [...all].filter(({ leaves }) => leaves === after)
      const flight: Flight = { leaves: after + events.length, isRefused: false }
      all.add(flight)
      return async <T>(append: () => Promise<T>): Promise<T> => {
        try {
          if (awaited.length > 0 && awaited.every(({ isRefused }) => isRefused))
            throw conflict(stream, after, revision())
          return await append()
        } catch (error) {
          flight.isRefused = true
          throw error
        } finally {
          all.delete(flight)
          if (all.size === 0) underWay.delete(stream)
        }
      }
    },
  }
}
