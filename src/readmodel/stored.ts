import type { Column } from './column.ts'
import { type Contents, createContents } from './contents.ts'
import type { Kept } from './file.ts'
import { createLexicon, type Lexicon } from './lexicon.ts'
import { createRectangles, type Rectangles } from './rectangles.ts'
import { createRegistry, type Registry } from './registry.ts'
import { createTimeline, type Timeline } from './timeline.ts'
import { createVocables, type Vocables } from './vocables.ts'
import { createWordings, type Wordings } from './wordings.ts'

/** What the read model keeps in a file, or says where it is. */
export type Stored = {
  timeline: Timeline
  registry: Registry
  contents: Contents
  rectangles: Rectangles
  lexicon: Lexicon
  vocables: Vocables
  wordings: Wordings
  /** All of it as columns and lists of texts. */
  kept: Kept
}

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
