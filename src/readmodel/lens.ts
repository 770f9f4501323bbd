import type { Projection } from '../../projections/projection.ts'
import { type Filter, fits } from '../answer/filter.ts'
import { judge, type Verdict } from '../answer/row.ts'
import type { Coordinate } from '../answer/list.ts'
import { millisecondsOf } from '../time/instant.ts'
import type { Bytes } from './bytes.ts'
import { createColumn } from './column.ts'
import { createInquiry, type Inquiry } from './inquiry.ts'
import { keep } from './near.ts'
import type { Tables } from './tables.ts'

/** What a filter sees of an entity: its rectangle, and the verdict on the candidates in it. */
export type Sighting = { entity: number; rectangle: number; verdict: Verdict }

/** Sees the rectangles of a kind through a filter. */
export type Lens = {
  /** Calls with each that is found in a window of valid time (both ends are in it) when the log had so many events. */
  see(
    window: { from: number; to: number },
    count: number,
    found: (entity: number, rectangle: number, verdict: Verdict) => void,
  ): void
}

/** What a question is about to look at: one is asked at a time. */
const near = createColumn('whole')

const unseen: Verdict = { speaks: -1, certainty: 'possible', statuses: new Map() }

/** `activeOnly`: no other rectangle is asked for or counted. */
export const createLens = (
  tables: Tables,
  projection: Projection,
  filter: Filter,
  activeOnly: boolean,
): Lens => {
  const { rectangles, contents, registry, index } = tables
  const { words, ...wordless } = filter
  const verdicts: Verdict[] = []
  const inquiry = words && createInquiry(tables, words)

  /** The verdict on candidates of a shape of which each says what is asked for. */
  const verdictOn = (shape: number): Verdict =>
    (verdicts[shape] ??= judge(projection, contents.shape(shape), filter, (one) => fits(one, wordless)))

  /** The verdict on candidates, some of which may not say what is asked for. */
  const verdictBy = (inquiry: Inquiry, entity: number, content: number): Verdict => {
    const says = (place: number) => inquiry.isSaid(entity, contents.wording(content, place))
    const count = contents.count(content)
    let saying = 0
    for (let place = 0; place < count; place++) if (says(place)) saying++
    const shape = contents.shapeOf(content)
    if (saying === 0) return unseen
    if (saying === count) return verdictOn(shape)
    return judge(
      projection,
      contents.shape(shape),
      filter,
      (one, place) => fits(one, wordless) && says(place),
    )
  }

  return {
    see: (window, count, found) => {
      near.length = 0
      index.find(projection.kind.name, activeOnly, window, count, (rectangle) => near.push(rectangle))
      let sum = 0
      for (let index = 0; index < near.length; index++) {
        const rectangle = near.values[index]!
        sum ^= registry.touch(rectangles.entity(rectangle)) ^ contents.touch(rectangles.content(rectangle))
      }
      keep(sum)
      for (let index = 0; index < near.length; index++) {
        const rectangle = near.values[index]!
        const entity = rectangles.entity(rectangle)
        if (registry.reality(entity) !== filter.reality) continue
        if (inquiry?.entities && !inquiry.entities.has(entity)) continue
        if (filter.crisis !== undefined && !registry.crisesOf(entity, count).names.includes(filter.crisis))
          continue
        const content = rectangles.content(rectangle)
        const ofAll = verdictOn(contents.shapeOf(content))
        if (ofAll.statuses.size === 0) continue
        const verdict = inquiry ? verdictBy(inquiry, entity, content) : ofAll
        if (verdict.statuses.size > 0) found(entity, rectangle, verdict)
      }
    },
  }
}

/** Where a coordinate is in the tables: its moment in milliseconds, and how many events were known. */
export const placeOf = ({ timeline }: Tables, { asOf, position }: Coordinate) => {
  const at = millisecondsOf(asOf)
  return { window: { from: at, to: at }, count: timeline.countAt(position) }
}

/** Writes a row of a kind as its JSON text. */
export const writeRow = (
  into: Bytes,
  { registry, rectangles, contents, states }: Tables,
  kind: string,
  { entity, rectangle, verdict }: Sighting,
  count: number,
): void => {
  const { certainty, speaks } = verdict
  const content = rectangles.content(rectangle)
  // Texts that are put together first would have to be copied into one before they are written.
  into.text('{"kind":"')
  into.text(kind)
  into.text('","id":"')
  registry.ids.write(entity, into)
  into.text('","revision":')
  into.text(String(registry.countOf(entity, count) - 1))
  into.text(',"crisis":')
  into.text(registry.crisesOf(entity, count).text)
  into.text(',"certainty":"')
  into.text(certainty)
  into.text('","state":')
  states.write(contents.state(content, speaks), into)
  into.text(',"otherwise":[')
  let written = 0
  for (let place = 0; place < contents.count(content); place++) {
    if (place === speaks) continue
    if (written++ > 0) into.text(',')
    states.write(contents.state(content, place), into)
  }
  into.text(contents.isDisputed(content) ? '],"disputed":true,"flagged":' : '],"disputed":false,"flagged":')
  into.text(contents.isFlagged(content) ? 'true}' : 'false}')
}
