import type { Projection } from '../../projections/projection.ts'
import { type Filter, statusesOf } from '../answer/filter.ts'
import { type Coordinate, type Counts, countedStatuses, type Page } from '../answer/list.ts'
import { createLens, placeOf, rowText, type Sighting } from './lens.ts'
import type { Tables } from './tables.ts'

/** A list as `list` of the definition gives it, each row as its JSON text. */
export type Listed = { rows: string[]; counts: Counts; next: string | null }

const byId = (one: Sighting, other: Sighting): number => (one.registered.id < other.registered.id ? -1 : 1)

/** The first so many by id, in their order, of what may be far more. */
const firstById = (found: Sighting[], limit: number): Sighting[] => {
  if (found.length <= limit * 4) return found.sort(byId).slice(0, limit)
  const first: Sighting[] = []
  for (const one of found) {
    if (first.length >= limit * 2) {
      first.sort(byId).length = limit
      const last = first[limit - 1]!
      if (byId(last, one) < 0) continue
    }
    first.push(one)
  }
  return first.sort(byId).slice(0, limit)
}

/** The entities of a kind that a filter finds at a coordinate, ordered by id, and how many there are of each status. */
export const listed = (
  tables: Tables,
  projection: Projection,
  coordinate: Coordinate,
  filter: Filter,
  { after, limit }: Page,
  ended = false,
): Listed => {
  const counted = countedStatuses(projection, filter, ended)
  const counts: Counts = Object.fromEntries(counted.map((status) => [status, { certain: 0, possible: 0 }]))
  const asked = statusesOf(filter, projection)
  const activeOnly = [...counted, ...(asked ?? projection.statuses)].every((status) =>
    projection.active.includes(status),
  )
  const { window, count } = placeOf(tables, coordinate)
  const found: Sighting[] = []
  createLens(tables, projection, filter, activeOnly).see(window, count, (registered, rectangle, verdict) => {
    for (const [status, certainty] of verdict.statuses) {
      const counting = counts[status]
      if (counting) counting[certainty]++
    }
    if (verdict.speaks >= 0 && (after === null || registered.id > after))
      found.push({ registered, rectangle, verdict })
  })
  const total = found.length
  const shown = firstById(found, limit)
  const { contents, rectangles, states } = tables
  const withContents = shown.map((sighting) => ({
    sighting,
    content: contents.of(rectangles.columns.content.values[sighting.rectangle]!),
  }))
  const texts = states.texts(withContents.flatMap(({ content }) => content.states))
  return {
    rows: withContents.map(({ sighting, content }) => rowText(sighting, count, content, texts)),
    counts,
    next: total > limit ? shown.at(-1)!.registered.id : null,
  }
}
