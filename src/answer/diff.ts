import type { Instant } from '../time/instant.ts'
import { countAt, type Entity } from './entity.ts'
import type { Filter } from './filter.ts'
import { type Known, knownAt } from './known.ts'
import type { Coordinate } from './list.ts'
import { type Change, changeOf } from './replay.ts'
import { look, type Row } from './row.ts'
import type { EntityName } from './sequence.ts'
import { turns } from './stretches.ts'

/** What differs between two coordinates. `next`: the last entity told of, if there are more. */
export type Diff = { knowledge: Change[]; world: Change[]; next: EntityName | null }

/**
 * How the rows that a filter finds differ between two coordinates, either of which may be the earlier one. `knowledge`
 * leads from the first to the same `asOf` as known at the second position, because of the events recorded in between;
 * `world` leads on to the second, because of the events and lapses one of whose bounds lies in between. Entities are
 * told of in the order given, and at most `limit` of them. In steps, for to look at many takes long.
 */
export function* diff(
  entities: Iterable<Entity>,
  from: Coordinate,
  to: Coordinate,
  filter: Filter,
  limit: number,
): Generator<void, Diff> {
  const found: Diff = { knowledge: [], world: [], next: null }
  let last: EntityName | null = null
  let count = 0
  for (const entity of entities) {
    yield
    const { knowledge, world } = differenceOf(entity, from, to, filter)
    if (!knowledge && !world) continue
    if (count === limit) return { ...found, next: last }
    if (knowledge) found.knowledge.push(knowledge)
    if (world) found.world.push(world)
    last = { kind: entity.kind, id: entity.id }
    count++
  }
  return found
}

const differenceOf = (
  entity: Entity,
  from: Coordinate,
  to: Coordinate,
  filter: Filter,
): { knowledge: Change | null; world: Change | null } => {
  const [seen, known] = [countAt(entity, from.position), countAt(entity, to.position)]
  if (seen === known && from.asOf === to.asOf) return { knowledge: null, world: null }
  const row = ({ asOf, position }: Coordinate): Row | null =>
    countAt(entity, position) === 0 ? null : look(knownAt(entity, position), asOf, filter).row

  const between = row({ asOf: from.asOf, position: to.position })
  const recorded = entity.events.slice(Math.min(seen, known), Math.max(seen, known)).map(({ id }) => id)
  return {
    knowledge: seen === known ? null : changeOf(entity, row(from), between, recorded),
    world:
      from.asOf === to.asOf
        ? null
        : changeOf(entity, between, row(to), passed(knownAt(entity, to.position), from.asOf, to.asOf)),
  }
}

/** The events and lapses that have a bound after the earlier of two moments and up to the later, in order of time. */
const passed = (known: Known, one: Instant, other: Instant): Change['because'] => {
  const [after, upTo] = one < other ? [one, other] : [other, one]
  const events = new Set<string>()
  const lapses = new Set<string>()
  for (const stretch of turns(known)) {
    if (stretch.from === null || stretch.from <= after) continue
    if (stretch.from > upTo) break
    for (const id of stretch.events) events.add(id)
    if (stretch.lapse) lapses.add(stretch.lapse.status)
  }
  return [...events, ...[...lapses].map((lapse) => ({ lapse }))]
}
