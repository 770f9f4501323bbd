import type { Projection } from '../../projections/projection.ts'
import type { Instant } from '../time/instant.ts'
import type { Entity } from './entity.ts'
import { type Filter, statusesOf } from './filter.ts'
import { knownAt } from './known.ts'
import { look, type Row } from './row.ts'

/** How many have a status: certainly, and possibly but not certainly. */
export type Counts = Record<string, { certain: number; possible: number }>

/** A point on both clocks: what held in the world at `asOf`, as the ledger knew at `position`. */
export type Coordinate = { asOf: Instant; position: number }

/** A stretch of a list: at most `limit` rows whose id comes after `after`. */
export type Page = { after: string | null; limit: number }

export type List = { rows: Row[]; counts: Counts; next: string | null }

const compare = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)

/** The statuses that are counted: every active one and those asked for. */
export const countedStatuses = (projection: Projection, filter: Filter, ended = false): readonly string[] => {
  const asked =
    ended || filter.status === 'any' ? projection.statuses : (statusesOf(filter, projection) ?? [])
  return projection.statuses.filter((status) => projection.active.includes(status) || asked.includes(status))
}

/** The entities of a kind that a filter finds, ordered by id, and how many there are of each status. */
export const list = (
  projection: Projection,
  entities: Iterable<Entity>,
  { asOf, position }: Coordinate,
  filter: Filter,
  { after, limit }: Page,
  ended = false,
): List => {
  const counts: Counts = Object.fromEntries(
    countedStatuses(projection, filter, ended).map((status) => [status, { certain: 0, possible: 0 }]),
  )
  const found: Row[] = []
  for (const entity of entities) {
    if (entity.events[0]!.position > position) continue
    const { row, statuses } = look(knownAt(entity, position), asOf, filter)
    for (const [status, certainty] of statuses) {
      const count = counts[status]
      if (count) count[certainty]++
    }
    if (row && (after === null || row.id > after)) found.push(row)
  }
  const rows = found.toSorted(compare).slice(0, limit)
  return { rows, counts, next: found.length > limit ? rows.at(-1)!.id : null }
}
