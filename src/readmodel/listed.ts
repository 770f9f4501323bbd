import type { Projection } from '../../projections/projection.ts'
import { type Filter, statusesOf } from '../answer/filter.ts'
import { type Coordinate, type Counts, countedStatuses, type Page } from '../answer/list.ts'
import { type Bytes, createBytes, joined } from './bytes.ts'
import { createLens, placeOf, type Sighting, writeRow } from './lens.ts'
import type { Ids } from './ids.ts'
import type { Tables } from './tables.ts'

/** A list as `list` of the definition gives it, each row as its JSON text. */
export type Listed = { rows: string[]; counts: Counts; next: string | null }

/** The first so many by id, in their order, of what may be far more. */
const firstById = (found: Sighting[], limit: number, ids: Ids): Sighting[] => {
  if (found.length <= limit * 4) return ids.sort(found).slice(0, limit)
  let first: Sighting[] = []
  for (const one of found) {
    if (first.length >= limit * 2) first = ids.sort(first).slice(0, limit)
    first.push(one)
  }
  return ids.sort(first).slice(0, limit)
}

/** A list of which a number of rows were written. */
export type Written = Omit<Listed, 'rows'> & { rows: number }

/** What is asked of a kind: where, by which filter, and which page. `ended`: the statuses that ended are counted too. */
export type Asked = [coordinate: Coordinate, filter: Filter, page: Page, ended?: boolean]

/** What is on a page, and all that is counted. */
const sightedOn = (
  tables: Tables,
  projection: Projection,
  [coordinate, filter, { after, limit }, ended = false]: Asked,
) => {
  const counted = countedStatuses(projection, filter, ended)
  const counts: Counts = Object.fromEntries(counted.map((status) => [status, { certain: 0, possible: 0 }]))
  const asked = statusesOf(filter, projection)
  const activeOnly = [...counted, ...(asked ?? projection.statuses)].every((status) =>
    projection.active.includes(status),
  )
  const { window, count } = placeOf(tables, coordinate)
  const { ids } = tables.registry
  const found: Sighting[] = []
  createLens(tables, projection, filter, activeOnly).see(window, count, (entity, rectangle, verdict) => {
    for (const [status, certainty] of verdict.statuses) {
      const counting = counts[status]
      if (counting) counting[certainty]++
    }
    if (verdict.speaks >= 0 && (after === null || ids.isAfter(entity, after)))
      found.push({ entity, rectangle, verdict })
  })
  const total = found.length
  const shown = firstById(found, limit, ids)
  const next = total > limit ? tables.registry.name(shown.at(-1)!.entity).id : null
  return { shown, count, counts, next }
}

/** The entities that are asked for, ordered by id, and how many there are of each status. */
export const listed = (tables: Tables, projection: Projection, asked: Asked): Listed => {
  const { shown, count, counts, next } = sightedOn(tables, projection, asked)
  const rows = shown.map((sighting) => {
    const row = createBytes()
    writeRow(row, tables, projection.kind.name, sighting, count)
    return joined(row).toString()
  })
  return { rows, counts, next }
}

/** As `listed`, its rows written with commas between them. */
export const writeListed = (into: Bytes, tables: Tables, projection: Projection, asked: Asked): Written => {
  const { shown, count, counts, next } = sightedOn(tables, projection, asked)
  for (let index = 0; index < shown.length; index++) {
    if (index > 0) into.text(',')
    writeRow(into, tables, projection.kind.name, shown[index]!, count)
  }
  return { rows: shown.length, counts, next }
}
