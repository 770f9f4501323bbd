import type { Projection } from '../../projections/projection.ts'
import { projectionOf } from '../../projections/index.ts'
import type { Told } from '../../projections/told.ts'
import type { Event } from '../vocabulary/envelope.ts'
import { counted, type Entry, entryOf, isCounted } from './counted.ts'
import { countAt, type Entity, withEvent } from './entity.ts'
import { type Line, marksWithin } from './line.ts'
import { dawns, followed, type Order, order, type Step } from './order.ts'

/** An entity as the ledger knew it at a position: its events as counted, in their order. */
export type Known = {
  entity: Entity
  projection: Projection
  /** Of the newest event known, be it one about another event; -1 where none was known. */
  revision: number
  crisis: readonly string[]
  entries: readonly Entry[]
  retracted: readonly Entry[]
  order: Order
  steps: readonly Step[]
  /** Per step the greatest `latest` up to it, and the least `earliest` from it on. */
  reach: readonly string[]
  dawn: readonly string[]
  /** Every sixty-fourth state of the order, made when asked for: any other is few steps from one. */
  marks: Line[]
  /** The two lines that were asked for last, and of how many steps each is: the next one asked for is near them. */
  recent: readonly { count: number; line: Line }[]
}

const reaches = (steps: readonly Step[]): string[] => {
  const reach: string[] = []
  for (const { entry } of steps) {
    const before = reach.at(-1)
    reach.push(before !== undefined && before > entry.latest ? before : entry.latest)
  }
  return reach
}

const know = (entity: Entity, count: number): Known => {
  const projection = projectionOf(entity.kind)
  const events = count === entity.events.length ? entity.events : entity.events.slice(0, count)
  const { entries, retracted } = counted(events, (type) => projection.rank(type) !== undefined)
  const ordered = order(projection, entries)
  return {
    entity,
    projection,
    revision: count - 1,
    crisis: [...new Set(entries.flatMap(({ event }) => event.crisis ?? []))].toSorted(),
    entries,
    retracted,
    order: ordered,
    steps: ordered.steps,
    reach: reaches(ordered.steps),
    dawn: dawns(ordered.steps.map(({ entry }) => entry)),
    marks: [],
    recent: [],
  }
}

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

/** What is known with one event more, whose window begins after everything: nothing that was known changes. */
const followedBy = (known: Known, entity: Entity, event: Event): Known | null => {
  const { projection, reach, crisis } = known
  if (!isCounted(event, (type) => projection.rank(type) !== undefined)) return null
  const entry = entryOf(event)
  if (entry.earliest <= (reach.at(-1) ?? '')) return null
  const ordered = followed(projection, known.order, entry)
  const isNamed = event.crisis === undefined || crisis.includes(event.crisis)
  return {
    ...known,
    entity,
    revision: known.revision + 1,
    crisis: isNamed ? crisis : [...crisis, event.crisis!].toSorted(),
    entries: [...known.entries, entry],
    order: ordered,
    steps: ordered.steps,
    reach: [...reach, entry.latest],
    dawn: [...known.dawn, entry.earliest],
    marks: [...known.marks],
  }
}

/** The entity with one event more. An event after everything costs no new fold. */
export const grown = (entity: Entity | undefined, event: Event): Entity => {
  const next = withEvent(entity, event)
  const known = entity && headOf(entity)
  const follows = known && followedBy(known, next, event)
  if (follows) setHead(next, follows)
  return next
}

/**
 * A supposed entity as it was recorded: `before`, which is what is recorded of it but the newest event, and that event. The
 * two have the same ids as what was supposed, so nothing is folded: only positions and times of recording are put in.
 */
export const recordedAs = (supposed: Entity, before: Entity | undefined, event: Event): Entity => {
  const entity = withEvent(before, event)
  const known = headOf(supposed)
  if (known) setHead(entity, recordedIn(known, entity))
  return entity
}

const recordedIn = (known: Known, entity: Entity): Known => {
  const entries = [...known.entries]
  const retracted = [...known.retracted]
  const steps = [...known.steps]
  let unchanged = steps.length
  for (let index = entity.events.length - 1; index >= 0; index--) {
    const event = entity.events[index]!
    const was = known.entity.events[index]!
    if (event === was) break
    const asRecorded = (entry: Entry): Entry => ({
      ...entry,
      event: recordedTelling(entry.event, was, event),
    })
    for (const list of [entries, retracted]) {
      const place = list.findLastIndex((entry) => entry.event.id === event.id)
      if (place >= 0) list[place] = asRecorded(list[place]!)
    }
    const place = steps.findLastIndex(({ entry }) => entry.event.id === event.id)
    if (place < 0) continue
    steps[place] = { ...steps[place]!, entry: asRecorded(steps[place]!.entry) }
    unchanged = Math.min(unchanged, place)
  }
  const marks = marksWithin(known.marks, unchanged)
  return {
    ...known,
    entity,
    entries,
    retracted,
    order: { ...known.order, steps },
    steps,
    marks,
    recent: recentWithin(known.recent, steps, unchanged),
  }
}

/** The lines that hold none but the first `count` steps, and the one that ends with the next: it ends with that as recorded. */
const recentWithin = (recent: Known['recent'], steps: readonly Step[], count: number): Known['recent'] =>
  recent.flatMap((one) => {
    if (one.count <= count) return [one]
    const { last } = one.line
    if (one.count > count + 1 || !last) return []
    return [{ ...one, line: { ...one.line, last: { before: last.before, what: steps[count]! } } }]
  })

/** An event as counted: itself, or a copy with its corrections, which stay. */
const recordedTelling = (told: Told, was: Event, event: Event): Told => {
  if (told === was) return event as Told
  const { position, recordedAt } = event
  return { ...told, position, recordedAt }
}
