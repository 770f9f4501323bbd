import type { Instant } from '../time/instant.ts'
import type { Entity } from './entity.ts'
import type { Filter } from './filter.ts'
import { growing, knownAt } from './known.ts'
import { look, type Row } from './row.ts'
import { turns } from './stretches.ts'

/** How a row differs between two coordinates, and the events or the lapse that did it. */
export type Change = {
  kind: string
  id: string
  change: 'added' | 'changed' | 'removed'
  before: Row | null
  after: Row | null
  because: readonly (string | { lapse: string })[]
}

/** A moment at which a row changed in anything. `position` is what was known then. */
export type ReplayMoment = { at: Instant; asOf: Instant; position: number; changes: Change[] }

/** The change between two rows of an entity; null if they are the same. */
export const changeOf = (
  { kind, id }: Entity,
  before: Row | null,
  after: Row | null,
  because: Change['because'],
): Change | null => {
  // Every event gives a revision of its own: only what time brings has to be looked at whole.
  if (before?.revision === after?.revision && JSON.stringify(before) === JSON.stringify(after)) return null
  const change = before === null ? 'added' : after === null ? 'removed' : 'changed'
  return { kind, id, change, before, after, because }
}

/** History along valid time, as known at one position: every moment within [from, to]. Null: no bound. */
export const replayValid = (
  entities: Iterable<Entity>,
  position: number,
  filter: Filter,
  from: Instant | null,
  to: Instant | null,
): ReplayMoment[] => {
  const moments = new Map<Instant, Change[]>()
  for (const entity of entities) {
    if (entity.events[0]!.position > position) continue
    const known = knownAt(entity, position)
    let before: Row | null = null
    for (const stretch of turns(known)) {
      if (stretch.from === null) continue
      if (to !== null && stretch.from > to) break
      const after = look(known, stretch.from, filter).row
      const because = [...stretch.events, ...(stretch.lapse ? [{ lapse: stretch.lapse.status }] : [])]
      const change = changeOf(entity, before, after, because)
      before = after
      if (!change || (from !== null && stretch.from < from)) continue
      const changes = moments.get(stretch.from)
      if (changes) changes.push(change)
      else moments.set(stretch.from, [change])
    }
  }
  return [...moments]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([at, changes]) => ({ at, asOf: at, position, changes: changes.toSorted(byName) }))
}

const byName = (a: Change, b: Change): number =>
  a.kind === b.kind ? (a.id < b.id ? -1 : 1) : a.kind < b.kind ? -1 : 1

/** How knowledge of one moment grew: every position within (from, to] at which a row changed. */
export const replayKnown = (
  entities: Iterable<Entity>,
  asOf: Instant,
  filter: Filter,
  from: number,
  to: number,
): ReplayMoment[] => {
  const moments: ReplayMoment[] = []
  for (const entity of entities) {
    let before: Row | null = null
    for (const grownSoFar of growing(entity, from, to)) {
      const { id, position, recordedAt } = grownSoFar.events.at(-1)!
      const after = look(knownAt(grownSoFar, position), asOf, filter).row
      if (position <= from) {
        before = after
        continue
      }
      const change = changeOf(entity, before, after, [id])
      if (change) moments.push({ at: recordedAt, asOf, position, changes: [change] })
      before = after
    }
  }
  return moments.toSorted((a, b) => a.position - b.position)
}
