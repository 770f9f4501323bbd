import type { State } from '../../projections/projection.ts'
import type { Instant } from '../time/instant.ts'
import { candidatesAt } from './candidates.ts'
import type { Entity } from './entity.ts'
import { growing, knownAt } from './known.ts'

/** A stretch of positions, half-open, in which what was known of one moment did not change. Null: open. */
export type Knowledge = {
  fromPosition: number
  toPosition: number | null
  fromRecordedAt: Instant
  /** The event at `fromPosition`. */
  because: readonly string[]
  candidates: readonly (State | null)[]
}

/** How knowledge of one moment changed, from the stream's first event up to a position. */
export const knowledgeOf = (entity: Entity, asOf: Instant, position: number): Knowledge[] => {
  const stretches: Knowledge[] = []
  let written: string | null = null
  for (const grownSoFar of growing(entity, 0, position)) {
    const event = grownSoFar.events.at(-1)!
    const candidates = candidatesAt(knownAt(grownSoFar, position), asOf).map(({ state }) => state)
    const text = JSON.stringify(candidates)
    if (text === written) continue
    written = text
    const last = stretches.at(-1)
    if (last) last.toPosition = event.position
    stretches.push({
      fromPosition: event.position,
      toPosition: null,
      fromRecordedAt: event.recordedAt,
      because: [event.id],
      candidates,
    })
  }
  return stretches
}
