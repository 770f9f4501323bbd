import type { Entity } from '../answer/entity.ts'
import { recordedAs } from '../answer/known.ts'
import type { Event } from '../vocabulary/envelope.ts'

/** What entities will be with events that are still to come, told by whoever folded them to decide. */
export type Suppositions = {
  /** What an entity will be with one event more: on what it is now, or on what was supposed last. */
  add(after: Entity, now: Entity | undefined): void
  /** The entity with the event that came, if it is the one that was supposed on this: nothing is folded again. */
  adopt(before: Entity | undefined, event: Event): Entity | undefined
}

/** Entities one event apart, of which the first follows on `on`, an entity as it is recorded. */
type Supposition = { on: Entity | undefined; next: Entity[] }

const most = 10_000

export const createSuppositions = (): Suppositions => {
  const byStream = new Map<string, Supposition>()
  return {
    add: (after, now) => {
      const { stream, events } = after
      const supposition = byStream.get(stream)
      const last = supposition?.next.at(-1)
      if (last && events.length > 1 && events.at(-2) === last.events.at(-1)) supposition!.next.push(after)
      else {
        // What was supposed and never came is not kept for ever.
        if (byStream.size >= most) byStream.clear()
        byStream.set(stream, { on: now, next: [after] })
      }
    },
    adopt: (before, event) => {
      const { stream } = event
      const supposition = byStream.size > 0 ? byStream.get(stream) : undefined
      if (!supposition) return undefined
      const next = supposition.on === before ? supposition.next.shift() : undefined
      if (next?.events.at(-1)!.id !== event.id) {
        byStream.delete(stream)
        return undefined
      }
      const entity = recordedAs(next, before, event)
      if (supposition.next.length === 0) byStream.delete(stream)
      else supposition.on = entity
      return entity
    },
  }
}
