import type { Projection, State } from '../../projections/projection.ts'
import type { Filter } from '../answer/filter.ts'
import { judge, type Verdict } from '../answer/row.ts'
import type { Coordinate } from '../answer/list.ts'
import { millisecondsOf } from '../time/instant.ts'
import type { Bytes } from './bytes.ts'
import { countOf, crisesOf, type Registered } from './registry.ts'
import type { Tables } from './tables.ts'

/** What a filter sees of an entity: its rectangle, and the verdict on the candidates in it. */
export type Sighting = { registered: Registered; rectangle: number; verdict: Verdict }

/** Sees the rectangles of a kind through a filter. */
export type Lens = {
  /** Calls with each that is found in a window of valid time (both ends are in it) when the log had so many events. */
  see(
    window: { from: number; to: number },
    count: number,
    found: (registered: Registered, rectangle: number, verdict: Verdict) => void,
  ): void
}

/** `activeOnly`: no other rectangle is asked for or counted. */
export const createLens = (
  tables: Tables,
  projection: Projection,
  filter: Filter,
  activeOnly: boolean,
): Lens => {
  const { rectangles, contents, registry, index, states, vocables } = tables
  const { entity, content } = rectangles.columns
  const { words, ...wordless } = filter
  const verdicts: Verdict[] = []
  const named = words && vocables.find(words)

  const verdictOn = (shape: number): Verdict =>
    (verdicts[shape] ??= judge(projection, contents.shape(shape), wordless))
  type Found = Parameters<Lens['see']>[2]

  /** Judges what was found by its texts as well, which are read at once. */
  const readThrough = (sighted: readonly { registered: Registered; rectangle: number }[], found: Found) => {
    const read = sighted.map((one) => ({
      ...one,
      states: contents.of(content.values[one.rectangle]!).states,
    }))
    const texts = states.texts(read.flatMap((one) => one.states))
    for (const { registered, rectangle, states: numbers } of read) {
      const candidates = numbers.map((number) => JSON.parse(texts.get(number)!) as State | null)
      found(registered, rectangle, judge(projection, candidates, filter))
    }
  }

  return {
    see: (window, count, found) => {
      const sighted: { registered: Registered; rectangle: number }[] = []
      index.find(projection.kind.name, activeOnly, window, count, (rectangle) => {
        const registered = registry.all[entity.values[rectangle]!]!
        if (registered.reality !== filter.reality) return
        if (named && !named.has(registered.number)) return
        if (filter.crisis !== undefined && !crisesOf(registered, count).names.includes(filter.crisis)) return
        const verdict = verdictOn(contents.shapeOf(content.values[rectangle]!))
        if (verdict.statuses.size === 0) return
        if (words) sighted.push({ registered, rectangle })
        else found(registered, rectangle, verdict)
      })
      if (words) readThrough(sighted, found)
    },
  }
}

/** Where a coordinate is in the tables: its moment in milliseconds, and how many events were known. */
export const placeOf = ({ timeline }: Tables, { asOf, position }: Coordinate) => {
  const at = millisecondsOf(asOf)
  return { window: { from: at, to: at }, count: timeline.countAt(position) }
}

/** Writes a row as its JSON text. */
export const writeRow = (
  into: Bytes,
  { rectangles, contents, states }: Pick<Tables, 'rectangles' | 'contents' | 'states'>,
  { registered, rectangle, verdict }: Sighting,
  count: number,
): void => {
  const { kind, id } = registered
  const { certainty, speaks } = verdict
  const content = rectangles.columns.content.values[rectangle]!
  into.text(
    `{"kind":"${kind}","id":"${id}","revision":${countOf(registered, count) - 1},` +
      `"crisis":${crisesOf(registered, count).text},"certainty":"${certainty}","state":`,
  )
  states.write(contents.state(content, speaks), into)
  into.text(',"otherwise":[')
  let written = 0
  for (let place = 0; place < contents.count(content); place++) {
    if (place === speaks) continue
    if (written++ > 0) into.text(',')
    states.write(contents.state(content, place), into)
  }
  into.text(`],"disputed":${contents.isDisputed(content)},"flagged":${contents.isFlagged(content)}}`)
}
