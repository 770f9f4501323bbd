import type { Projection, State } from '../../projections/projection.ts'
import type { Filter } from '../answer/filter.ts'
import { judge, type Verdict } from '../answer/row.ts'
import type { Coordinate } from '../answer/list.ts'
import { millisecondsOf } from '../time/instant.ts'
import type { Bytes } from './bytes.ts'
import type { Content } from './contents.ts'
import { countOf, crisesOf, type Registered } from './registry.ts'
import type { States } from './states.ts'
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

/** What a row says before its states, and after them. */
const rowBefore = ({ registered, verdict }: Sighting, count: number): string => {
  const { kind, id } = registered
  return (
    `{"kind":"${kind}","id":"${id}","revision":${countOf(registered, count) - 1},` +
    `"crisis":${crisesOf(registered, count).text},"certainty":"${verdict.certainty}","state":`
  )
}
const rowAfter = ({ disputed, flagged }: Content): string => `],"disputed":${disputed},"flagged":${flagged}}`

/** A row as its JSON text. */
export const rowText = (
  sighting: Sighting,
  count: number,
  content: Content,
  texts: ReadonlyMap<number, string>,
): string => {
  const candidates = content.states.map((number) => texts.get(number)!)
  const [state] = candidates.splice(sighting.verdict.speaks, 1)
  return `${rowBefore(sighting, count)}${state},"otherwise":[${candidates.join(',')}${rowAfter(content)}`
}

/** Writes a row as `rowText` gives it. */
export const writeRow = (
  into: Bytes,
  sighting: Sighting,
  count: number,
  content: Content,
  states: States,
): void => {
  const others = [...content.states]
  const [speaker] = others.splice(sighting.verdict.speaks, 1)
  into.text(rowBefore(sighting, count))
  states.write(speaker!, into)
  into.text(',"otherwise":[')
  for (let place = 0; place < others.length; place++) {
    if (place > 0) into.text(',')
    states.write(others[place]!, into)
  }
  into.text(rowAfter(content))
}
