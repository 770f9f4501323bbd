import type { State } from '../../projections/projection.ts'
import type { Instant } from '../time/instant.ts'
import { type Candidate, candidatesAt } from './candidates.ts'
import { type Certainty, concerns, type Filter, fits, isBare, statusesOf } from './filter.ts'
import type { Known } from './known.ts'
import { hasBeginning } from './versions.ts'

/** One entity at one coordinate: the state asked for, what else may be the case, and how sure it is. */
export type Row = {
  kind: string
  id: string
  revision: number
  crisis: readonly string[]
  certainty: Certainty
  state: State | null
  otherwise: readonly (State | null)[]
  /** A source says otherwise about what gave a candidate its status, or about something later. */
  disputed: boolean
  /** A candidate rests on an event that its lifecycle does not allow where it stands. */
  flagged: boolean
}

const rowOf = (
  { entity, revision, crisis }: Known,
  candidates: readonly Candidate[],
  chosen: Candidate,
  certain: boolean,
): Row => ({
  kind: entity.kind,
  id: entity.id,
  revision,
  crisis,
  certainty: certain ? 'certain' : 'possible',
  state: chosen.state,
  otherwise: candidates.filter((candidate) => candidate !== chosen).map(({ state }) => state),
  disputed: candidates.some(({ state, disputed }) => state !== null && disputed),
  flagged: candidates.some(({ flagged }) => flagged),
})

const sameStatus = (candidates: readonly Candidate[]): boolean =>
  candidates.every(({ state }) => state?.status === candidates[0]!.state?.status)

/** The candidate that speaks for an entity: the first that is not null, if there is one. */
export const speaker = (candidates: readonly Candidate[]): Candidate =>
  candidates.find(({ state }) => state !== null) ?? candidates[0]!

/** The row of an entity as such: as under any status, and there even where nothing holds. */
export const entityRow = (known: Known, asOf: Instant): Row => {
  const candidates = candidatesAt(known, asOf)
  return rowOf(known, candidates, speaker(candidates), sameStatus(candidates))
}

/** What a filter finds of an entity: its row if a candidate satisfies all, and the certainty of each status. */
export type Finding = { row: Row | null; statuses: ReadonlyMap<string, Certainty> }

const nothing: Finding = { row: null, statuses: new Map() }

/** Looks at an entity through a filter. One without a beginning at the moment is not found. */
export const look = (known: Known, asOf: Instant, filter: Filter): Finding => {
  if (known.revision < 0 || !concerns(known, filter)) return nothing
  const candidates = candidatesAt(known, asOf)
  const fitting = candidates.filter(({ state }) => state !== null && fits(state, filter))
  if (fitting.length === 0 || !hasBeginning(known, asOf)) return nothing

  const statuses = new Map<string, Certainty>()
  for (const { state } of fitting) {
    const of = fitting.filter((other) => other.state!.status === state!.status)
    statuses.set(state!.status, of.length === candidates.length ? 'certain' : 'possible')
  }

  const asked = statusesOf(filter, known.projection)
  const hits = asked === null ? fitting : fitting.filter(({ state }) => asked.includes(state!.status))
  if (hits.length === 0) return { row: null, statuses }
  const certain = hits.length === candidates.length && (!isBare(filter) || sameStatus(candidates))
  const row = rowOf(known, candidates, hits[0]!, certain)
  const wanted = filter.certainty === undefined || filter.certainty === row.certainty
  return { row: wanted ? row : null, statuses }
}
