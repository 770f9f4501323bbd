import type { Column } from './column.ts'
import { createContents, type Contents } from './contents.ts'
import type { Kept, ReadModelFile } from './file.ts'
import { createIndex, type Index } from './index.ts'
import { createRectangles, type Rectangles } from './rectangles.ts'
import { createRegistry, type Registry } from './registry.ts'
import type { History } from './core.ts'
import { madeAgain } from './made-again.ts'
import { createStates, type States } from './states.ts'
import { createTimeline, type Timeline } from './timeline.ts'
import { createVocables, type Vocables } from './vocables.ts'

/** All that the read model knows, in memory but for the texts of states and the words of entities. */
export type Tables = {
  timeline: Timeline
  registry: Registry
  contents: Contents
  rectangles: Rectangles
  index: Index
  states: States
  vocables: Vocables
  /** How many events are of types that no projection knows. */
  unknownTypes: Map<string, number>
  /** What of it is kept as columns and lists of texts. */
  kept: Kept
}

const greatest = ({ values, length }: Column<Uint32Array>): number =>
  values.subarray(0, length).reduce((most, one) => Math.max(most, one), 0)

const named = (prefix: string, columns: Readonly<Record<string, Column>>) =>
  Object.fromEntries(Object.entries(columns).map(([name, column]) => [`${prefix}.${name}`, column]))

/**
 * The tables as a file has them: empty where it is. Throws `unavailable` when it is damaged, as far as that shows
 * already; states that it has lost are made from the events of a history. `waiting`: see `createLevels`.
 */
export const loadTables = (file: ReadModelFile, history: History, waiting: number): Tables => {
  const timeline = createTimeline()
  const registry = createRegistry()
  const contents = createContents()
  const rectangles = createRectangles()
  const index = createIndex(rectangles, contents, waiting)
  const kept: Kept = {
    columns: {
      ...named('event', timeline.columns),
      ...named('entity', registry.columns),
      ...named('content', contents.columns),
      ...named('rectangle', rectangles.columns),
    },
    texts: {
      entity: registry.texts.entity,
      crises: registry.texts.crises,
      shape: contents.texts.shape,
    },
  }
  file.load(kept)
  const { values, length } = timeline.columns.entity
  registry.restore(values.subarray(0, length))
  contents.restore()
  rectangles.restore()
  const { entity } = rectangles.columns
  for (let rectangle = 0; rectangle < entity.length; rectangle++)
    index.add(rectangle, registry.all[entity.values[rectangle]!]!.kind)
  return {
    timeline,
    registry,
    contents,
    rectangles,
    index,
    states: createStates(file, greatest(contents.columns.state), (number) =>
      madeAgain({ timeline, registry, contents, rectangles }, history, number),
    ),
    vocables: createVocables(file),
    unknownTypes: new Map(Object.entries(file.checkpoint()?.unknownTypes ?? {})),
    kept,
  }
}
