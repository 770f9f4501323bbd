import type { ReadModelFile } from './file.ts'
import type { History } from './history.ts'
import { createIndex, type Index } from './index.ts'
import { madeAgain } from './made-again.ts'
import { createStates, type States } from './states.ts'
import { createStored, type Stored } from './stored.ts'

/** All that the read model knows, in memory but for the texts of states. */
export type Tables = Stored & {
  index: Index
  states: States
  /** How many events are of types that no projection knows. */
  unknownTypes: Map<string, number>
}

/**
 * The tables as a file has them, in steps: empty where it is. Throws `unavailable` when it is damaged, as far as that shows
 * already; states that it has lost are made from the events of a history. `waiting`: see `createLevels`.
 */
export function* loadTables(file: ReadModelFile, history: History, waiting: number): Generator<void, Tables> {
  const stored = createStored()
  const { timeline, registry, contents, rectangles, lexicon, vocables } = stored
  yield* file.load(stored.kept)
  const { values, length } = timeline.columns.entity
  timeline.restore()
  registry.restore(values.subarray(0, length))
  yield
  contents.restore()
  yield
  rectangles.restore()
  yield
  lexicon.restore()
  yield
  vocables.restore()
  yield
  return {
    ...stored,
    index: createIndex({ rectangles, contents, registry }, waiting),
    states: createStates(file.states, file.stateEnds(), (number) =>
      madeAgain({ timeline, registry, contents, rectangles }, history, number),
    ),
    unknownTypes: new Map(Object.entries(file.checkpoint()?.unknownTypes ?? {})),
  }
}
