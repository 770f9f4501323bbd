import { type Entity, entityOf } from '../answer/entity.ts'
import { openScratch } from '../log/scratch.ts'
import type { Event } from '../vocabulary/envelope.ts'
import type { View } from './draft.ts'

/** A view in which events are supposed beside those that are recorded, any number of them. None of them is found by its id. */
export type Trial = {
  view: View
  /** Supposes the newest event of an entity. */
  add(after: Entity): void
  /**
   * Lets go of entities in memory, which are made again from their events when they are asked for. Throws `unavailable` where
   * there is no space for these: it is at its end then.
   */
  rest(): void
  close(): void
}

export const createTrial = (recorded: View): Trial => {
  const scratch = openScratch()
  const entities = new Map<string, Entity | undefined>()
  let fresh: Event[] = []

  const made = (stream: string): Entity | undefined => {
    const known = recorded.entity(stream)
    const supposed = scratch.stream(stream)
    if (supposed.length === 0) return known
    const before = known?.events ?? []
    const position = before.at(-1)?.position ?? 0
    // Others may have recorded more of it meanwhile, and even the same.
    const keys = new Set(before.map(({ key }) => key))
    const still = supposed.filter(({ key }) => key === undefined || !keys.has(key))
    const behind = still.map((event, index) => ({
      ...event,
      revision: before.length + index,
      position: position + 1 + index,
    }))
    return entityOf([...before, ...behind])
  }
  const entity = (stream: string): Entity | undefined => {
    if (!entities.has(stream)) entities.set(stream, made(stream))
    return entities.get(stream)
  }
  const event = (name: string): Event | undefined => {
    const at = name.indexOf('#')
    if (at < 0) return recorded.event(name)
    return entity(name.slice(0, at))?.events.find(({ key }) => key === name.slice(at + 1))
  }
  return {
    view: { entity, event },
    add: (after) => {
      entities.set(after.stream, after)
      fresh.push(after.events.at(-1)!)
    },
    rest: () => {
      scratch.add(fresh)
      fresh = []
      entities.clear()
    },
    close: () => scratch.close(),
  }
}
