import type { Entity } from '../answer/entity.ts'
import { knownAt } from '../answer/known.ts'
import { entityRow, type Row } from '../answer/row.ts'
import type { Event } from '../vocabulary/envelope.ts'
import { type Flag, newFlags } from './decide.ts'

/** What the recording of an event did: a function of the log, so that it can be given again for ever. */
export type Receipt = { event: Event; state: Row; position: number; revision: number; flags: Flag[] }

/** The receipt of an event of an entity: the row when it was recorded, and the events it newly flagged. */
export const receiptOf = (entity: Entity, event: Event): Receipt => {
  const known = knownAt(entity, event.position)
  const before = event.revision === 0 ? null : knownAt(entity, entity.events[event.revision - 1]!.position)
  return {
    event,
    state: entityRow(known, event.recordedAt),
    position: event.position,
    revision: event.revision,
    flags: newFlags(before, known),
  }
}
