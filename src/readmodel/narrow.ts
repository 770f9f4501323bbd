import { projectionOf } from '../../projections/index.ts'
import type { Filter } from '../answer/filter.ts'
import type { Coordinate } from '../answer/list.ts'
import type { EntityName } from '../answer/sequence.ts'
import { type Instant, instantOf, millisecondsOf } from '../time/instant.ts'
import { createLens } from './lens.ts'
import type { Tables } from './tables.ts'

/** A window of valid time, both ends in it; null: no bound. */
export type Window = { from: Instant | null; to: Instant | null }

/**
 * Which entities a question can be about at all: those that are given need to be looked at by the definition, others
 * have nothing to tell. In no order, each once.
 */
export type Narrow = {
  /** Those of which an event was recorded after a position and up to another. */
  recorded(after: number, upTo: number): Iterable<EntityName>
  /** Those of a kind that a filter finds, as known at a position, at some moment of a window. */
  found(kind: string, filter: Filter, window: Window, position: number): Iterable<EntityName>
  /** Those of a kind of which something changes by time alone within a window, as known at a position. */
  turning(kind: string, window: { after: Instant; upTo: Instant }, position: number): Iterable<EntityName>
  /** The position of the event that comes so many after a position; the newest's if there are not so many. */
  positionAfter(position: number, events: number): number
  /** The first and the last moment, in milliseconds since 1970, at which anything ever changed; null: none is recorded. */
  extent(): { from: number; to: number } | null
  /** When something next changes by time alone, of each entity of a kind of which something does. */
  upcoming(kind: string, coordinate: Coordinate): Iterable<readonly [stream: string, at: Instant]>
}

export const createNarrow = (tables: Tables): Narrow => {
  const { timeline, registry, rectangles, index } = tables

  /** Every bound within (after, upTo], with the rectangle it is of. */
  const bounds = (
    kind: string,
    after: number,
    upTo: number,
    count: number,
    visit: (rectangle: number, at: number) => void,
  ) =>
    index.find(kind, false, { from: after, to: upTo }, count, (rectangle) => {
      const from = rectangles.from(rectangle)
      const to = rectangles.to(rectangle)
      if (from > after) visit(rectangle, from)
      else if (to <= upTo && to < Infinity) visit(rectangle, to)
    })

  return {
    recorded: (after, upTo) => {
      const numbers = new Set(
        timeline.columns.entity.values.subarray(timeline.countAt(after), timeline.countAt(upTo)),
      )
      return [...numbers].map((entity) => registry.name(entity))
    },
    found: (kind, filter, { from, to }, position) => {
      const seen = new Set<number>()
      const window = {
        from: from === null ? -Infinity : millisecondsOf(from),
        to: to === null ? Infinity : millisecondsOf(to),
      }
      createLens(tables, projectionOf(kind), filter, false).see(
        window,
        timeline.countAt(position),
        (entity, _rectangle, { speaks }) => {
          if (speaks >= 0) seen.add(entity)
        },
      )
      return [...seen].map((entity) => registry.name(entity))
    },
    turning: (kind, { after, upTo }, position) => {
      const seen = new Set<number>()
      bounds(kind, millisecondsOf(after), millisecondsOf(upTo), timeline.countAt(position), (rectangle) =>
        seen.add(rectangles.entity(rectangle)),
      )
      return [...seen].map((entity) => registry.name(entity))
    },
    positionAfter: (position, events) => {
      const { values, length } = timeline.columns.position
      return values[Math.min(timeline.countAt(position) + events, length) - 1] ?? 0
    },
    extent: () => {
      let [first, last] = [Infinity, -Infinity]
      const length = rectangles.length()
      for (let rectangle = 0; rectangle < length; rectangle++) {
        const from = rectangles.from(rectangle)
        const to = rectangles.to(rectangle)
        if (from < first) first = from
        if (from > last) last = from
        if (to > last && to < Infinity) last = to
      }
      return length === 0 ? null : { from: first, to: last }
    },
    upcoming: (kind, { asOf, position }) => {
      const soonest = new Map<number, number>()
      bounds(kind, millisecondsOf(asOf), Infinity, timeline.countAt(position), (rectangle, at) => {
        const entity = rectangles.entity(rectangle)
        const known = soonest.get(entity)
        if (known === undefined || at < known) soonest.set(entity, at)
      })
      return [...soonest].map(([entity, at]) => [registry.stream(entity), instantOf(at)] as const)
    },
  }
}
