import { type Event, idOf, type Reality } from '../vocabulary/envelope.ts'
import { firstPlace } from './search.ts'

/** All events of one stream, by position. Its first event fixes its reality. */
export type Entity = { kind: string; id: string; stream: string; reality: Reality; events: readonly Event[] }

/** The entity of one stream's events, of which there is at least one. */
export const entityOf = (events: readonly Event[]): Entity => {
  const { kind, stream, reality } = events[0]!
  return { kind, id: idOf(events[0]!), stream, reality, events }
}

/** The entity with one event more. */
export const withEvent = (entity: Entity | undefined, event: Event): Entity =>
  entity
    ? // Field by field: what is remembered with an entity makes it slow to copy.
      {
        kind: entity.kind,
        id: entity.id,
        stream: entity.stream,
        reality: entity.reality,
        events: [...entity.events, event],
      }
    : entityOf([event])

/** How many of the entity's events the log had at a position. */
export const countAt = ({ events }: Entity, position: number): number => {
  return firstPlace(events.length, (place) => events[place]!.position > position)
}
