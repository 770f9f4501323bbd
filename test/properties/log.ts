import * as fc from 'fast-check'
import { projections } from '../../projections/index.ts'
import { type Entity, entityOf } from '../../src/answer/entity.ts'
import type { Filter } from '../../src/answer/filter.ts'
import { knownAt } from '../../src/answer/known.ts'
import type { Coordinate } from '../../src/answer/list.ts'
import type { Change } from '../../src/answer/replay.ts'
import { look, type Row } from '../../src/answer/row.ts'
import { type Instant, instantOf, millisecondsOf } from '../../src/time/instant.ts'
import { type Event, realities } from '../../src/vocabulary/envelope.ts'
import { boundsOf } from '../oracle.ts'
import { history } from './history.ts'

const crises = [undefined, 'a', 'b'] as const

/** Random logs of a few streams: their entities, and all events by position. */
export const log = (size: { maxLength: number }): fc.Arbitrary<{ entities: Entity[]; events: Event[] }> =>
  fc
    .array(
      fc.record({
        events: history(size),
        reality: fc.oneof(fc.constant('actual' as const), fc.constantFrom(...realities)),
        crises: fc.array(fc.constantFrom(...crises), { minLength: 1, maxLength: 3 }),
      }),
      { minLength: 1, maxLength: 4 },
    )
    .map((streams) => {
      const events = streams
        .flatMap((stream, number) =>
          stream.events.map((event, index): Event => {
            const crisis = stream.crises[index % stream.crises.length]
            return { ...renamed(event, number), reality: stream.reality, ...(crisis && { crisis }) }
          }),
        )
        .toSorted((a, b) => (a.recordedAt < b.recordedAt ? -1 : a.recordedAt > b.recordedAt ? 1 : 0))
        .map((event, index) => ({ ...event, position: 2 * index + 1 }))
      const entities = [...Map.groupBy(events, ({ stream }) => stream).values()].map(entityOf)
      return { entities, events }
    })

/** The same event in another stream, about another event if it is about one. */
const renamed = (event: Event, number: number): Event => {
  const { eventId } = event.data as { eventId?: string }
  return {
    ...event,
    id: `${event.id}-${number}`,
    stream: `${event.kind}-a-${number}`,
    data: eventId === undefined ? event.data : { ...event.data, eventId: `${eventId}-${number}` },
  }
}

/** Beginnings of words that occur in the logs, of several, of none, and what is no word at all. */
const asked = fc.oneof(
  fc.constantFrom(['one'], ['lodz'], ['strasse', 'lod'], ['w33'], [], ['other']),
  fc.uniqueArray(fc.constantFrom('o', 'on', 't', 'tu', 'ecuador', 'fito', 'jose', 'w3', 'w40', '110', 'a'), {
    minLength: 1,
    maxLength: 3,
  }),
)

/** Random filters, made of what occurs in the logs. */
export const filter: fc.Arbitrary<Filter> = fc
  .record({
    status: fc.oneof(
      fc.constantFrom('any' as const, 'active' as const),
      fc.constantFrom(...projections).chain(({ statuses }) => fc.subarray([...statuses], { minLength: 1 })),
    ),
    reality: fc.oneof(fc.constant('actual' as const), fc.constantFrom(...realities)),
    country: fc.constantFrom(undefined, undefined, 'PE', 'EC'),
    crisis: fc.constantFrom(...crises),
    certainty: fc.constantFrom(undefined, undefined, 'certain' as const, 'possible' as const),
    words: fc.option(asked, { nil: undefined }),
  })
  .map(({ status, reality, ...rest }) => ({
    status,
    reality,
    ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
  }))

/** A coordinate of a log: at or beside a moment or a position at which something changes, by two drawn numbers. */
export const coordinateOf = (
  { entities, events }: { entities: readonly Entity[]; events: readonly Event[] },
  [time, place]: readonly [number, number],
): Coordinate => {
  const bounds = entities.flatMap((entity) => boundsOf(entity.events, entity.events.at(-1)!.position))
  const bound: Instant = bounds[time % Math.max(1, bounds.length)] ?? events[0]!.recordedAt
  const position = events[place % events.length]!.position - (place % 2)
  return { asOf: instantOf(millisecondsOf(bound) + (time % 3) - 1), position }
}

const nameOf = ({ kind, id }: { kind: string; id: string }): string => `${kind} ${id}`

/** The rows that a filter finds at a coordinate, by name. */
export const rowsAt = (
  entities: readonly Entity[],
  { asOf, position }: Coordinate,
  filter: Filter,
): Map<string, Row> =>
  new Map(
    entities.flatMap((entity): [string, Row][] => {
      if (entity.events[0]!.position > position) return []
      const { row } = look(knownAt(entity, position), asOf, filter)
      return row ? [[nameOf(row), row]] : []
    }),
  )

/** The rows after changes, each of which must fit them. Throws an Error for one that does not. */
export const changed = (rows: ReadonlyMap<string, Row>, changes: readonly Change[]): Map<string, Row> => {
  const after = new Map(rows)
  for (const change of changes) {
    const name = nameOf(change)
    const there = after.get(name) ?? null
    if (JSON.stringify(there) !== JSON.stringify(change.before))
      throw new Error(
        `${name} is ${JSON.stringify(there)}, and a change says it was ${JSON.stringify(change.before)}`,
      )
    const expected = change.before === null ? 'added' : change.after === null ? 'removed' : 'changed'
    if (change.change !== expected) throw new Error(`${name} is ${expected}, not ${change.change}`)
    if (change.after) after.set(name, change.after)
    else after.delete(name)
  }
  return after
}
