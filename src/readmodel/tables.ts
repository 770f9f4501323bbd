import type { Column } from './column.ts'
import { createContents, type Contents } from './contents.ts'
import type { Kept, ReadModelFile } from './file.ts'
import { createIndex, type Index } from './index.ts'
import { createRectangles, type Rectangles } from './rectangles.ts'
import { createRegistry, type Registry } from './registry.ts'
import type { History } from './core.ts'
import { createLexicon, type Lexicon } from './lexicon.ts'
import { madeAgain } from './made-again.ts'
import { createStates, type States } from './states.ts'
import { createTimeline, type Timeline } from './timeline.ts'
import { createVocables, type Vocables } from './vocables.ts'
import { createWordings, type Wordings } from './wordings.ts'

/** All that the read model knows, in memory but for the texts of states. */
export type Tables = {
  timeline: Timeline
  registry: Registry
  contents: Contents
  rectangles: Rectangles
  index: Index
  states: States
  lexicon: Lexicon
  vocables: Vocables
  wordings: Wordings
  /** How many events are of types that no projection knows. */
  unknownTypes: Map<string, number>
  /** What of it is kept as columns and lists of texts. */
  kept: Kept
}

/** What of it is kept in a file, or says where it is. */
export type Stored = Omit<Tables, 'index' | 'states' | 'unknownTypes'>

const named = (prefix: string, columns: Readonly<Record<string, Column>>) =>
  Object.fromEntries(Object.entries(columns).map(([name, column]) => [`${prefix}.${name}`, column]))

/** All that is kept, empty. */
export const createStored = (): Stored => {
  const timeline = createTimeline()
  const registry = createRegistry()
  const contents = createContents()
  const rectangles = createRectangles()
  const lexicon = createLexicon()
  const vocables = createVocables()
  const wordings = createWordings()
  const kept: Kept = {
    columns: {
      ...named('event', timeline.columns),
      ...named('entity', registry.columns),
      ...named('content', contents.columns),
      ...named('rectangle', rectangles.columns),
      ...named('said', vocables.columns),
      ...named('wording', wordings.columns),
    },
    texts: {
      entity: registry.texts.entity,
      crises: registry.texts.crises,
      shape: contents.texts.shape,
      word: lexicon.texts.word,
    },
  }
  return { timeline, registry, contents, rectangles, lexicon, vocables, wordings, kept }
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
