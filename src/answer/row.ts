import type { Projection, State } from '../../projections/projection.ts'
import type { Instant } from '../time/instant.ts'
import { type Candidate, candidatesAt } from './candidates.ts'
import { type Certainty, concerns, type Filter, fits, isBare, type Shape, statusesOf } from './filter.ts'
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

/** As `Finding`, of the candidate states alone: which of them speaks, or -1 where there is no row. */
export type Verdict = { speaks: number; certainty: Certainty; statuses: ReadonlyMap<string, Certainty> }

const nothing: Finding = { row: null, statuses: new Map() }

/** Judges candidate states, null where nothing holds, by a filter. `isFitting`: what satisfies it, for who knows otherwise. */
export const judge = (
  projection: Projection,
  states: readonly (Shape | State | null)[],
  filter: Filter,
  isFitting = (state: Shape | State, _place: number): boolean => fits(state, filter),
): Verdict => {
  const fitting = states.filter((state, place) => state !== null && isFitting(state, place)) as (
    | Shape
    | State
  )[]
  const statuses = new Map<string, Certainty>()
  for (const { status } of fitting) {
    const of = fitting.filter((other) => other.status === status)
    statuses.set(status, of.length === states.length ? 'certain' : 'possible')
  }
  const asked = statusesOf(filter, projection)
  const hits = asked === null ? fitting : fitting.filter(({ status }) => asked.includes(status))
  const isCertain =
    hits.length === states.length &&
    (!isBare(filter) || states.every((state) => state?.status === states[0]?.status))
  const certainty = isCertain ? 'certain' : 'possible'
  const isWanted = hits.length > 0 && (filter.certainty === undefined || filter.certainty === certainty)
  return { speaks: isWanted ? states.indexOf(hits[0]!) : -1, certainty, statuses }
}

/** Looks at an entity through a filter. One without a beginning at the moment is not found. */
export const look = (known: Known, asOf: Instant, filter: Filter): Finding => {
  if (known.revision < 0 || !concerns(known, filter)) return nothing
  const candidates = candidatesAt(known, asOf)
  const { speaks, certainty, statuses } = judge(
    known.projection,
    candidates.map(({ state }) => state),
    filter,
  )
  if (statuses.size === 0 || !hasBeginning(known, asOf)) return nothing
  const row = speaks < 0 ? null : rowOf(known, candidates, candidates[speaks]!, certainty === 'certain')
  return { row, statuses }
}
