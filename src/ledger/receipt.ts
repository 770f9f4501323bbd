import { type Entity, entityOf } from '../answer/entity.ts'
import { grown, knownAt } from '../answer/known.ts'
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

/**
 * `flagsBy` of many events: one that follows in its stream on the one that was asked for before is folded on that; for any other
 * all before it are folded.
 */
export const createFlagging = (): typeof flagsBy => {
  let soFar: Entity | undefined
  return ({ stream, events }, { revision }) => {
    const follows = soFar?.stream === stream && soFar.events.length === revision
    const before = follows ? soFar : revision === 0 ? undefined : entityOf(events.slice(0, revision))
    soFar = grown(before, events[revision]!)
    return newFlags(() => (before ? knownAt(before, head) : null), knownAt(soFar, head))
  }
}

const head = Number.MAX_SAFE_INTEGER
