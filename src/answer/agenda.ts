import type { Instant } from '../time/instant.ts'
import { firstPlace } from './search.ts'

/** Which streams have something before them, and when; of each only what comes first. */
export type Agenda = {
  /** Puts a stream where it belongs, and takes it from where it was. Null: nothing lies before it. */
  set(stream: string, at: Instant | null): void
  /** The soonest moment; null: there is none. */
  next: () => Instant | null
  /** Takes out the streams of the soonest moment. */
  take(): string[]
}

export const createAgenda = (entries: Iterable<readonly [stream: string, at: Instant]>): Agenda => {
  const moments = new Map<string, Instant>(entries)
  const streams = new Map<Instant, Set<string>>()
  for (const [stream, at] of moments) {
    const there = streams.get(at)
    if (there) there.add(stream)
    else streams.set(at, new Set([stream]))
  }
  const sorted = [...streams.keys()].sort()

  const placeOf = (at: Instant): number => {
    return firstPlace(sorted.length, (place) => sorted[place]! >= at)
  }

  const remove = (stream: string) => {
    const at = moments.get(stream)
    if (at === undefined) return
    moments.delete(stream)
    const there = streams.get(at)!
    there.delete(stream)
    if (there.size > 0) return
    streams.delete(at)
    sorted.splice(placeOf(at), 1)
  }

  return {
    set: (stream, at) => {
      if (moments.get(stream) === at) return
      remove(stream)
      if (at === null) return
      moments.set(stream, at)
      const there = streams.get(at)
      if (there) there.add(stream)
      else {
        streams.set(at, new Set([stream]))
        sorted.splice(placeOf(at), 0, at)
      }
    },
    next: () => sorted[0] ?? null,
    take: () => {
      const taken = [...(streams.get(sorted[0] ?? '') ?? [])]
      for (const stream of taken) remove(stream)
      return taken
    },
  }
}
