import type { Entity } from '../answer/entity.ts'
import type { Event } from '../vocabulary/envelope.ts'
import type { View } from './draft.ts'

/** A view in which some entities are further than recorded: what is supposed of them is in. */
export const supposing = (view: View) => {
  const entities = new Map<string, Entity>()
  const events = new Map<string, Event>()
  const entity = (stream: string) => entities.get(stream) ?? view.entity(stream)
  const event = (name: string) => {
    const known = events.get(name)
    if (known) return known
    const at = name.indexOf('#')
    const supposed = at < 0 ? undefined : entities.get(name.slice(0, at))
    return supposed?.events.find(({ key }) => key === name.slice(at + 1)) ?? view.event(name)
  }
  const add = (after: Entity) => {
    const newest = after.events.at(-1)!
    entities.set(after.stream, after)
    events.set(newest.id, newest)
  }
  return { view: { entity, event }, add }
}
