import type { Entity } from '../answer/entity.ts'
import { recordedAs } from '../answer/known.ts'
import type { Event } from '../vocabulary/envelope.ts'

/** What entities will be with events that are still to come, told by whoever folded them to decide. */
export type Suppositions = {
  /** What an entity will be with one event more: on what it is now, or on what was supposed last. */
  add(after: Entity): void
  /** The entity with the event that came, if it is the one that was supposed on this: nothing is folded again. */
  adopt(before: Entity | undefined, event: Event): Entity | undefined
}

const most = 10_000

export const createSuppositions = (): Suppositions => {
  // Of each stream what was supposed, one on the other. A new map where it is empty: the tables that a map has had hold on to
  // each other until old objects are collected, and to what was in them.
  let byStream = new Map<string, Entity[]>()
  return {
    add: (after) => {
      const { stream, events } = after
      const supposed = byStream.get(stream)
      const last = supposed?.at(-1)?.events
      if (last && events.length > 1 && events.at(-2) === last.at(-1)) supposed.push(after)
      else {
        // What was supposed and never came is not kept for ever.
        if (byStream.size >= most) byStream.clear()
        byStream.set(stream, [after])
      }
    },
    adopt: (before, event) => {
      const { stream } = event
      const supposed = byStream.size > 0 ? byStream.get(stream) : undefined
      const next = supposed?.shift()
      if (!next) return undefined
      if (!isAlike(next.events.at(-1), event) || !isAlike(next.events.at(-2), before?.events.at(-1))) {
        byStream.delete(stream)
        return undefined
      }
      if (supposed!.length === 0) {
        if (byStream.size === 1) byStream = new Map()
        else byStream.delete(stream)
      }
      return recordedAs(next, before, event)
    },
  }
}

/** Whether two are the same event of a stream, be it supposed: what came before it is the same as well. */
const isAlike = (one: Event | undefined, other: Event | undefined): boolean =>
  one?.id === other?.id && one?.revision === other?.revision
