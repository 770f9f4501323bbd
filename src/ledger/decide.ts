import type { State } from '../../projections/projection.ts'
import type { Entity } from '../answer/entity.ts'
import { grown, type Known, knownAt } from '../answer/known.ts'
import type { Event, NewEvent } from '../vocabulary/envelope.ts'

/** An event that its lifecycle does not allow where it stands, and the status it stands in; null: none. */
export type Flag = { eventId: string; type: string; status: string | null }

/**
 * What a lifecycle says against an event: the state it meets, the commands allowed there, who gave that state, and the
 * event that stands already where the same step is told again.
 */
export type Violation = {
  state: State | null
  allowed: string[]
  decidedBy: string[]
  standing: string | null
}

/** What recording an event would do among all that is known now. */
export type Verdict = { after: Entity; flags: Flag[]; violation: Violation | null }

const head = Number.MAX_SAFE_INTEGER

const flagsOf = ({ steps }: Known): Flag[] => {
  // Whether any is flagged is known where all have come to.
  if (!steps.at(-1)?.line.flagged) return []
  return steps
    .filter(({ flagged }) => flagged)
    .map(({ entry: { event }, met }) => ({
      eventId: event.id,
      type: event.type,
      status: met?.state?.status ?? null,
    }))
}

/** The events that one position more newly flags, in the order's order. `before` is asked only where any is flagged. */
export const newFlags = (before: () => Known | null, after: Known): Flag[] => {
  const flags = flagsOf(after)
  if (flags.length === 0) return flags
  const earlier = before()
  const known = new Set(earlier ? flagsOf(earlier).map(({ eventId }) => eventId) : [])
  return flags.filter(({ eventId }) => !known.has(eventId))
}

/** A drafted event as if it were recorded at the end of an entity. */
export const asRecorded = (entity: Entity | undefined, draft: NewEvent): Event => {
  const last = entity?.events.at(-1)
  return {
    ...draft,
    revision: (last?.revision ?? -1) + 1,
    position: (last?.position ?? 0) + 1,
    recordedAt: draft.recordedAt ?? last?.recordedAt ?? '',
  }
}

/** The entity as it would be with a drafted event at its end. */
export const supposed = (entity: Entity | undefined, draft: NewEvent): Entity =>
  grown(entity, asRecorded(entity, draft))

/**
 * Judges an event among all events known now. Pure. An event about another is never itself against the lifecycle, but
 * may bring others into conflict with it.
 */
export const decide = (entity: Entity | undefined, draft: NewEvent): Verdict => {
  const after = supposed(entity, draft)
  const known = knownAt(after, head)
  const flags = newFlags(() => (entity ? knownAt(entity, head) : null), known)
  const place = known.steps.findLastIndex(({ entry }) => entry.event.id === draft.id)
  const own = known.steps[place]
  if (!own?.met) return { after, flags, violation: null }
  const { state, givenBy } = own.met
  const isTold = state !== null && known.projection.gives(state, own.entry.event) === state.status
  const same = known.steps.findLast(({ entry }, index) => index < place && entry.event.type === draft.type)
  return {
    after,
    flags,
    violation: {
      state,
      allowed: known.projection.allowed(state?.status ?? null),
      decidedBy: givenBy === null ? [] : [givenBy],
      standing: isTold ? (same?.entry.event.id ?? givenBy) : null,
    },
  }
}
