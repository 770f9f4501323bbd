import type { Instant } from '../time/instant.ts'
import type { Entity } from './entity.ts'
import type { Filter } from './filter.ts'
import { knownAt } from './known.ts'
import { look } from './row.ts'
import type { EntityName } from './sequence.ts'
import { type Version, versionsOf } from './versions.ts'

/** A version, and whose it is. It has a beginning. */
export type FoundVersion = EntityName & Version & { from: Instant }

/**
 * The versions, as known at a position, that a filter finds and that overlap a window of valid time; both its ends are
 * in it, and null is no bound. Entities come in the order given, the versions of each along time.
 */
export function* overlapping(
  entities: Iterable<Entity>,
  position: number,
  filter: Filter,
  window: { from: Instant | null; to: Instant | null },
): Generator<FoundVersion> {
  for (const entity of entities) {
    if (entity.events[0]!.position > position) continue
    const known = knownAt(entity, position)
    for (const { from, to, candidates } of versionsOf(known)) {
      if (from === null || (to !== null && window.from !== null && to <= window.from)) continue
      if (window.to !== null && from > window.to) break
      if (look(known, from, filter).row) yield { kind: entity.kind, id: entity.id, from, to, candidates }
    }
  }
}
