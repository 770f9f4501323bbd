import type { Projection } from '../../projections/projection.ts'
import { projectionOf } from '../../projections/index.ts'
import type { Told } from '../../projections/told.ts'
import type { Event } from '../vocabulary/envelope.ts'
import { metaCommandOf } from '../vocabulary/meta.ts'
import { counted, type Entry, type Meta, metasIn, rootOf, weighed } from './counted.ts'
import { countAt, type Entity, withEvent } from './entity.ts'
import { order, type Reordered, reordered } from './order.ts'
import type { Step } from './step.ts'
import type { Trodden } from './trodden.ts'

/** An entity as the ledger knew it at a position: its events as counted, in their order. */
export type Known = {
  entity: Entity
  projection: Projection
  /** Of the newest event known, be it one about another event; -1 where none was known. */
  revision: number
  crisis: readonly string[]
  steps: readonly Step[]
  retracted: readonly Entry[]
  /** The events about other events. */
  metas: readonly Meta[]
  /** How it came from what was known one event before; null: it was folded at once. */
  growth: Growth | null
  /** Remembered by `withoutStep`; undefined: nothing is. */
  trodden?: Trodden | undefined
}

/** What one event more changed: the entry that counts no longer, the one that counts now, and what stays; see `Reordered`. */
export type Growth = { gone: Entry | null; come: Entry | null } & Omit<Reordered, 'steps'>

const crisisOf = (entries: readonly Entry[]): string[] => {
  const found = new Set<string>()
  for (const { event } of entries) if (event.crisis !== undefined) found.add(event.crisis)
  return [...found].sort()
}

const know = (entity: Entity, count: number): Known => {
  const projection = projectionOf(entity.kind)
  const events = count === entity.events.length ? entity.events : entity.events.slice(0, count)
  const { entries, retracted } = counted(events, (type) => projection.rank(type))
  return {
    entity,
    projection,
    revision: count - 1,
    crisis: crisisOf(entries),
    steps: order(projection, entries),
    retracted,
    metas: metasIn(events),
    growth: null,
  }
}

/** The events that count, in the order in which they were recorded. */
export const entriesOf = ({ steps }: Known): Entry[] =>
  steps.map(({ entry }) => entry).sort((a, b) => a.event.revision - b.event.revision)

const head = Symbol('what is known at the head')

/** Kept on the entity itself and unseen there: a weak map of a hundred thousand costs a garbage collector more. */
const headOf = (entity: Entity): Known | undefined => (entity as { [head]?: Known })[head]
const setHead = (entity: Entity, known: Known): void =>
  void Object.defineProperty(entity, head, { value: known, configurable: true })

/** What was known of an entity at a position. What is known at its head is remembered with it. */
export const knownAt = (entity: Entity, position: number): Known => {
  const count = countAt(entity, position)
  if (count < entity.events.length) return know(entity, count)
  const remembered = headOf(entity)
  if (remembered) return remembered
  const known = know(entity, count)
  setHead(entity, known)
  return known
}

const isAboutAnother = (projection: Projection, { type }: Event): boolean =>
  projection.rank(type) === undefined && metaCommandOf(type) !== undefined

/** What an event more changes: its own entry, or that of the event it is about in the end. */
const changeOf = (
  { steps, projection }: Known,
  { events }: Entity,
  metas: readonly Meta[],
  event: Event,
): { gone: Entry | null; come: Entry | null; retracted: Entry | null; root: Event | undefined } => {
  const isMeta = isAboutAnother(projection, event)
  const root = isMeta ? rootOf(event, events) : event
  const now = root && weighed(root, (type) => projection.rank(type), metas)
  return {
    root,
    gone: (isMeta && root && steps.findLast(({ entry }) => entry.event.id === root.id)?.entry) || null,
    come: now?.isRetracted === false ? now.entry : null,
    retracted: now?.isRetracted ? now.entry : null,
  }
}

/** What is known with one event more. */
const followedBy = (known: Known, entity: Entity, event: Event): Known => {
  const { projection } = known
  const metas = isAboutAnother(projection, event) ? [...known.metas, event] : known.metas
  const { root, gone, come, retracted } = changeOf(known, entity, metas, event)
  const { steps, ...stays }: Reordered =
    gone || come
      ? reordered(projection, known.steps, gone, come)
      : { steps: known.steps, settled: known.steps.length, alike: known.steps.length }
  return {
    entity,
    projection,
    revision: known.revision + 1,
    crisis: crisisWith(known.crisis, steps, gone, come),
    steps,
    retracted: root === event ? known.retracted : retractedWith(known.retracted, root, retracted),
    metas,
    growth: { gone, come, ...stays },
    trodden: known.trodden,
  }
}

const retractedWith = (
  others: readonly Entry[],
  root: Event | undefined,
  retracted: Entry | null,
): readonly Entry[] => {
  const stay = others.filter((entry) => entry.event.id !== root?.id)
  return retracted ? [...stay, retracted].sort((a, b) => a.event.revision - b.event.revision) : stay
}

const crisisWith = (
  crisis: readonly string[],
  steps: readonly Step[],
  gone: Entry | null,
  come: Entry | null,
): readonly string[] => {
  const [before, now] = [gone?.event.crisis, come?.event.crisis]
  if (before === now) return crisis
  if (before !== undefined) return crisisOf(steps.map(({ entry }) => entry))
  return crisis.includes(now!) ? crisis : [...crisis, now!].toSorted()
}

/** The entity with one event more: only what that changes is folded. */
export const grown = (entity: Entity | undefined, event: Event): Entity => {
  const next = withEvent(entity, event)
  if (entity) setHead(next, followedBy(knownAt(entity, Number.MAX_SAFE_INTEGER), next, event))
  return next
}

/**
 * A supposed entity as it was recorded: `before`, which is what is recorded of it but the newest event, and that event. The
 * two have the same ids and revisions as what was supposed, and nothing else of what a log gives counts: what is known of
 * it stays, but for the event as it was supposed, which would be there beside the recorded one for as long as the entity is.
 */
export const recordedAs = (supposed: Entity, before: Entity | undefined, event: Event): Entity => {
  const entity = withEvent(before, event)
  const known = headOf(supposed)
  if (!known) return entity
  const { growth, steps, metas } = known
  const draft = supposed.events.at(-1)
  // The first event is folded at once.
  const come = growth ? growth.come : steps[0]?.entry
  if (come && come.event === draft) come.event = event as Told
  setHead(entity, {
    ...known,
    entity,
    metas: metas.at(-1) === draft ? [...metas.slice(0, -1), event] : metas,
  })
  return entity
}

/** The entity as it was at a position, if it was, and then with each event more up to another. */
export function* growing(entity: Entity, from: number, to: number): Generator<Entity> {
  const { events } = entity
  const count = countAt(entity, from)
  let soFar: Entity | undefined
  if (count > 0)
    yield (soFar = count === events.length ? entity : { ...entity, events: events.slice(0, count) })
  for (let index = count; index < events.length && events[index]!.position <= to; index++)
    yield (soFar = grown(soFar, events[index]!))
}
