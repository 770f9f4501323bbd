import type { Projection } from '../../projections/projection.ts'
import { projectionOf } from '../../projections/index.ts'
import { counted, type Entry } from './counted.ts'
import { countAt, type Entity } from './entity.ts'
import type { Line } from './line.ts'
import { order, type Step } from './order.ts'

/** An entity as the ledger knew it at a position: its events as counted, in their order. */
export type Known = {
  entity: Entity
  projection: Projection
  /** Of the newest event known, be it one about another event; -1 where none was known. */
  revision: number
  crisis: readonly string[]
  entries: readonly Entry[]
  retracted: readonly Entry[]
  steps: readonly Step[]
  /** Per step the greatest `latest` up to it, and the least `earliest` from it on. */
  reach: readonly string[]
  dawn: readonly string[]
  /** Every sixty-fourth state of the order, made when asked for: any other is few steps from one. */
  marks: Line[]
}

const know = (entity: Entity, count: number): Known => {
  const projection = projectionOf(entity.kind)
  const events = entity.events.slice(0, count)
  const { entries, retracted } = counted(events, (type) => projection.rank(type) !== undefined)
  const steps = order(projection, entries)
  const crisis = [...new Set(entries.flatMap(({ event }) => event.crisis ?? []))].toSorted()
  const reach: string[] = []
  for (const { entry } of steps) {
    const before = reach.at(-1)
    reach.push(before !== undefined && before > entry.latest ? before : entry.latest)
  }
  const dawn: string[] = []
  for (const { entry } of steps.toReversed()) {
    const after = dawn.at(-1)
    dawn.push(after !== undefined && after < entry.earliest ? after : entry.earliest)
  }
  return {
    entity,
    projection,
    revision: count - 1,
    crisis,
    entries,
    retracted,
    steps,
    reach,
    dawn: dawn.reverse(),
    marks: [],
  }
}

const heads = new WeakMap<Entity, Known>()

/** What was known of an entity at a position. What is known at its head is remembered with it. */
export const knownAt = (entity: Entity, position: number): Known => {
  const count = countAt(entity, position)
  if (count < entity.events.length) return know(entity, count)
  const head = heads.get(entity) ?? know(entity, count)
  heads.set(entity, head)
  return head
}
