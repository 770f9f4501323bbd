import type { Projection } from '../../projections/projection.ts'
import { projections } from '../../projections/index.ts'
import type { Coordinate } from '../answer/list.ts'
import { instantOf } from '../time/instant.ts'
import type { Core } from './core.ts'
import { examination, listsOfKind } from './examination.ts'
import type { Events } from './store.ts'
import { createVerification, type Difference } from './verification.ts'

/** So many entities of what was made anew are compared with the definition, and lists at as many coordinates. */
const samples = 60
/** So many where nothing answers yet, and as many in each of many lists. */
const samplesAlone = 20
const page = 100

/** About so many steps it has; fewer where there is little to compare. */
export const stepsOfComparison = (isAlone: boolean): number =>
  isAlone ? samplesAlone + listsOfKind * projections.length : samples * (1 + projections.length)

/**
 * Compares what was made anew with the definition, and with what answers: a step at a time, each giving what is wrong with
 * the new one. Where the two answer differently, the definition decides; where nothing answers yet, it alone is asked.
 * `below` draws a whole number from 0 up to another.
 */
export function* comparison(
  next: Core,
  live: Core,
  events: Events,
  below: (most: number) => number,
): Generator<Difference[]> {
  if (live.position() === 0) {
    const random = () => below(2 ** 32) / 2 ** 32
    for (const { found } of examination(next, events, { sample: samplesAlone }, random)) yield found
    return
  }
  const { registry, timeline, rectangles, states } = next.tables
  const verification = createVerification(next, events)
  const { values: positions } = timeline.columns.position
  const places = Math.min(live.tables.timeline.length(), timeline.length())
  if (places === 0) return
  for (let sample = 0; sample < samples; sample++) {
    const entity = below(registry.length())
    const events = registry.events(entity)
    const own = events[below(events.length)]!
    yield verification.entity(entity, [positions[own]!, next.position()])
    const length = rectangles.length()
    const coordinate: Coordinate = {
      asOf: instantOf(length === 0 ? 0 : rectangles.from(below(length))),
      position: positions[below(places)]!,
    }
    const after = below(2) === 0 ? null : registry.name(entity).id
    for (const projection of projections) {
      for (const id of differing(projection, coordinate, after, next, live))
        yield verification.list(projection, [id], coordinate)
      yield []
    }
  }
  if (states.lost() > 0) yield [{ about: 'the file', position: next.position(), finding: 'has lost states' }]
}

const asked = { status: 'any', reality: 'actual' } as const

/** The entities of a kind about which two answer differently, if they do on the page after an id. */
const differing = (
  projection: Projection,
  coordinate: Coordinate,
  after: string | null,
  next: Core,
  live: Core,
): string[] => {
  const [one, other] = [next, live].map((core) =>
    JSON.stringify(core.list(projection, coordinate, asked, { after, limit: page })),
  )
  if (one === other) return []
  const [rows, before] = [next, live].map((core) => allRows(core, projection, coordinate)) as [Rows, Rows]
  return [...new Set([...rows.keys(), ...before.keys()])].filter((id) => rows.get(id) !== before.get(id))
}

type Rows = ReadonlyMap<string, string>

const allRows = (core: Core, projection: Projection, coordinate: Coordinate): Rows => {
  const found = new Map<string, string>()
  for (let after: string | null = null; ;) {
    const { rows, next } = core.list(projection, coordinate, asked, { after, limit: 1000 })
    for (const row of rows) found.set((JSON.parse(row) as { id: string }).id, row)
    if (next === null) return found
    after = next
  }
}
