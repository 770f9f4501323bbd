import type { Instant } from '../time/instant.ts'
import type { Event } from '../vocabulary/envelope.ts'
import { createAgenda } from './agenda.ts'
import type { Entity } from './entity.ts'
import { concerns, type Filter } from './filter.ts'
import { type Known, knownAt } from './known.ts'
import type { Coordinate } from './list.ts'
import { justBefore, nextMoment, turningAt } from './moments.ts'
import { type Change, changeOf } from './replay.ts'
import { look } from './row.ts'
import { createTrail } from './trail.ts'

/** An event is recorded: what was known of its entity before, and what is known after it, at a moment. */
export type Recording = { event: Event; asOf: Instant; before: () => Known | null; after: Known }

/** Time reaches a moment at which something may change by itself, and of what. */
export type Passing = { at: Instant; reached: readonly Known[] }

/** How things go on from a coordinate: what is recorded, and between that what time alone brings. */
export type Course = {
  /** How far it has come. `asOf` is that of the last event or moment. */
  coordinate(): Coordinate
  /** The next moment at which time alone may change something; null: there is none. */
  next: () => Instant | null
  /** Every moment up to one, and that one. */
  pass(until: Instant): Generator<Passing>
  /** An event, after the moments up to when it was recorded. Events come in the order of their positions. */
  record(event: Event): Generator<Passing | Recording>
}

type Entities = { entity: (stream: string) => Entity | undefined }

/**
 * The course from a coordinate on. `upcoming`: when time alone may next change something, of each entity of which it
 * does; those of which an event will be recorded come to it.
 */
export const createCourse = (
  { entity }: Entities,
  upcoming: Iterable<readonly [stream: string, at: Instant]>,
  { asOf, position }: Coordinate,
): Course => {
  const agenda = createAgenda(upcoming)
  // Where much was recorded meanwhile, more is known of an entity than is to be told yet.
  const trail = createTrail()

  function* pass(until: Instant): Generator<Passing> {
    for (let at = agenda.next(); at !== null && at <= until; at = agenda.next()) {
      const reached = agenda.take().map((stream) => knownAt(trail.get(stream) ?? entity(stream)!, position))
      for (const known of reached) agenda.set(known.entity.stream, nextMoment(known, at))
      asOf = at
      yield { at, reached }
    }
  }

  function* record(event: Event): Generator<Passing | Recording> {
    yield* pass(event.recordedAt)
    // Time may have come further than the clock that recorded it.
    if (event.recordedAt > asOf) asOf = event.recordedAt
    position = event.position
    const { before, after: withIt } = trail.pass(entity(event.stream)!, event.revision)
    const after = knownAt(withIt, position)
    agenda.set(event.stream, nextMoment(after, asOf))
    yield { event, asOf, before: () => before && knownAt(before, position), after }
  }

  return { coordinate: () => ({ asOf, position }), next: agenda.next, pass, record }
}

/** The changes of rows under a filter that a recording brought: one at most. Null: the filter does not mean its entity. */
export const recordedChanges = (
  { event, asOf, before: knownBefore, after }: Recording,
  filter: Filter,
): Change[] | null => {
  if (after.entity.reality !== filter.reality) return null
  const before = knownBefore()
  if (!concerns(after, filter) && !(before && concerns(before, filter))) return null
  const rowBefore = before && look(before, asOf, filter).row
  const change = changeOf(after.entity, rowBefore, look(after, asOf, filter).row, [event.id])
  return change ? [change] : []
}

/** The changes of rows under a filter that time alone brought, of kinds in their order, and by id. */
export const passedChanges = (
  { at, reached }: Passing,
  kinds: readonly string[],
  filter: Filter,
): Change[] => {
  const then = justBefore(at)
  return reached
    .flatMap((known) => {
      if (!kinds.includes(known.entity.kind)) return []
      const [before, after] = [look(known, then, filter).row, look(known, at, filter).row]
      return changeOf(known.entity, before, after, turningAt(known, at)) ?? []
    })
    .sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind) || (a.id < b.id ? -1 : 1))
}
