import { wordsOf } from '../answer/words.ts'
import type { ReadModelFile } from './file.ts'

/** Which entities a word was ever said of. Whether it is said of a state is for the state itself to tell. */
export type Vocables = {
  /** Texts that are said of an entity. */
  add(entity: number, texts: readonly string[]): void
  /** Whether a word is known to be said of an entity. */
  has(word: string, entity: number): boolean
  /** The entities that each of the words may be said of, as the beginning of a word; null: of too many to look each up. */
  find(words: readonly string[]): ReadonlySet<number> | null
  /** Those that came since this was asked last: whoever asks writes them. */
  take(): (readonly [word: string, entity: number])[]
  /** Those that were taken are in the file. */
  written(): void
}

type Said = Map<string, Set<number>>

/** Where a word is said of more entities, looking at what holds is faster. */
const most = 4000

export const createVocables = (file: ReadModelFile): Vocables => {
  let fresh: Said = new Map()
  let taken: Said = new Map()
  const findOne = (word: string): Set<number> | null => {
    const saved = file.entitiesWith(word, most)
    if (saved === null) return null
    const found = new Set(saved)
    for (const [said, entities] of [...fresh, ...taken])
      if (said.startsWith(word)) for (const one of entities) found.add(one)
    return found
  }
  return {
    add: (entity, texts) => {
      for (const word of texts.flatMap(wordsOf)) {
        const entities = fresh.get(word)
        if (entities) entities.add(entity)
        else fresh.set(word, new Set([entity]))
      }
    },
    has: (word, entity) =>
      fresh.get(word)?.has(entity) || taken.get(word)?.has(entity) || file.hasWord(word, entity),
    find: (words) => {
      const [fewest] = words
        .flatMap((word) => findOne(word) ?? [])
        .toSorted((one, other) => one.size - other.size)
      return fewest ?? null
    },
    take: () => {
      taken = fresh
      fresh = new Map()
      // In the order of the index, so that what lies together is written together.
      return [...taken.keys()]
        .sort()
        .flatMap((word) => [...taken.get(word)!].map((one) => [word, one] as const))
    },
    written: () => (taken = new Map()),
  }
}
