import type { Entity } from '../answer/entity.ts'
import { knownAt } from '../answer/known.ts'
import { entityRow, type Row } from '../answer/row.ts'
import type { Event } from '../vocabulary/envelope.ts'
import { type Flag, newFlags } from './decide.ts'

/** What the recording of an event did: a function of the log, so that it can be given again for ever. */
export type Receipt = { event: Event; state: Row; position: number; revision: number; flags: Flag[] }

/**
 * The receipt of an event of an entity: the row when it was recorded, and the events it newly flagged, which are given
 * where they are known.
 */
export const receiptOf = (entity: Entity, event: Event, flags = flagsBy(entity, event)): Receipt => ({
  event,
  state: entityRow(knownAt(entity, event.position), event.recordedAt),
  position: event.position,
  revision: event.revision,
  flags,
})

/** The events that an event of an entity newly flagged. */
export const flagsBy = (entity: Entity, { position, revision }: Event): Flag[] => {
  const before = () => (revision === 0 ? null : knownAt(entity, entity.events[revision - 1]!.position))
  return newFlags(before, knownAt(entity, position))
}
