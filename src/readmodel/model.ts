import type { Entity } from '../answer/entity.ts'
import { grown, recordedAs } from '../answer/known.ts'
import type { Instant } from '../time/instant.ts'
import type { Event } from '../vocabulary/envelope.ts'

/** Every entity with its events, in memory: made from the log, disposable, and never ahead of it. */
export type Model = {
  /** Takes events in the order of their positions; those it has are passed over. */
  apply(events: readonly Event[]): void
  /**
   * What an entity will be with one event more, told by whoever folded that to decide: on what there is now, or on what was
   * supposed last. Should that event come next, nothing is folded again.
   */
  suppose(after: Entity): void
  entity(stream: string): Entity | undefined
  ofKind(kind: string): Iterable<Entity>
  /** The position up to which every event is in the answers; 0 before the first. */
  position(): number
  /** The newest `recordedAt`; null before the first event. */
  newest(): Instant | null
  /** Resolves when the answers have reached a position; rejects with the signal's reason. */
  reached(position: number, signal?: AbortSignal): Promise<void>
  /** Calls a handler with events once they are in the answers, until what it gives is called. A handler never throws. */
  subscribe(handler: (events: readonly Event[]) => void): () => void
}

/** Entities one event apart, of which the first follows on `on`, an entity as it is recorded. */
type Supposition = { on: Entity | undefined; next: Entity[] }

const supposedAtMost = 10_000

export const createModel = (): Model => {
  const entities = new Map<string, Map<string, Entity>>()
  const byStream = new Map<string, Entity>()
  const waiting = new Set<{ position: number; resolve: () => void }>()
  const handlers = new Set<(events: readonly Event[]) => void>()
  const suppositions = new Map<string, Supposition>()
  let position = 0
  let newest: Instant | null = null

  /** The entity with its next event as it was supposed, if that is the one that came. */
  const adopted = (before: Entity | undefined, event: Event): Entity | undefined => {
    const supposition = suppositions.get(event.stream)
    if (!supposition) return undefined
    const next = supposition.on === before ? supposition.next.shift() : undefined
    if (next?.events.at(-1)!.id !== event.id) {
      suppositions.delete(event.stream)
      return undefined
    }
    const entity = recordedAs(next, before, event)
    if (supposition.next.length === 0) suppositions.delete(event.stream)
    else supposition.on = entity
    return entity
  }

  const take = (event: Event) => {
    const before = byStream.get(event.stream)
    const entity = adopted(before, event) ?? grown(before, event)
    byStream.set(event.stream, entity)
    const ofKind = entities.get(event.kind)
    if (ofKind) ofKind.set(event.stream, entity)
    else entities.set(event.kind, new Map([[event.stream, entity]]))
    position = event.position
    newest = event.recordedAt
  }

  return {
    apply(events) {
      const taken = events.filter((event) => event.position > position)
      for (const event of taken) take(event)
      for (const waiter of waiting)
        if (waiter.position <= position) {
          waiting.delete(waiter)
          waiter.resolve()
        }
      if (taken.length > 0) for (const handler of handlers) handler(taken)
    },
    suppose(after) {
      const { stream } = after
      const supposition = suppositions.get(stream)
      const last = supposition?.next.at(-1)
      if (last && after.events.length > 1 && after.events.at(-2) === last.events.at(-1))
        supposition!.next.push(after)
      else {
        // What was supposed and never came is not kept for ever.
        if (suppositions.size >= supposedAtMost) suppositions.clear()
        suppositions.set(stream, { on: byStream.get(stream), next: [after] })
      }
    },
    entity: (stream) => byStream.get(stream),
    ofKind: (kind) => entities.get(kind)?.values() ?? [],
    position: () => position,
    newest: () => newest,
    reached(wanted, signal) {
      if (wanted <= position) return Promise.resolve()
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const waiter = { position: wanted, resolve }
      waiting.add(waiter)
      signal?.addEventListener('abort', () => {
        waiting.delete(waiter)
        reject(signal.reason as Error)
      })
      return promise
    },
    subscribe(handler) {
      handlers.add(handler)
      return () => void handlers.delete(handler)
    },
  }
}
