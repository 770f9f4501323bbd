import { createChains } from './chains.ts'
import { type Column, createColumn } from './column.ts'

/** Which words were ever said of which entity. Which of them a state says is told by its wording. */
export type Vocables = {
  /** What is kept: that a word, by its number, is said of an entity, each once. */
  columns: { word: Column<Uint32Array>; entity: Column<Uint32Array> }
  /** A word is said of an entity of which it never was. */
  add(word: number, entity: number): void
  /** The words that are said of an entity, in the order in which they first were. */
  of(entity: number): number[]
  /** Calls with the place of each of some words among those of an entity. */
  places(entity: number, words: ReadonlySet<number>, found: (place: number) => void): void
  /** Of how many entities a word is said, and of which. */
  count(word: number): number
  entities(word: number): Iterable<number>
  /** Makes what is not kept from what is. */
  restore(): void
}

export const createVocables = (): Vocables => {
  const columns = { word: createColumn('whole'), entity: createColumn('whole') }
  const { word: words, entity: entities } = columns
  const ofEntity = createChains()
  const ofWord = createChains()
  /** How many words each entity has, and how many entities each word. */
  const counts = { words: createColumn('whole'), entities: createColumn('whole') }

  const count = (word: number, entity: number) => {
    counts.words.fill(0, entity + 1)
    counts.words.values[entity]!++
    counts.entities.fill(0, word + 1)
    counts.entities.values[word]!++
  }

  return {
    columns,
    add: (word, entity) => {
      words.push(word)
      entities.push(entity)
      ofEntity.add(entity)
      ofWord.add(word)
      count(word, entity)
    },
    of: (entity) => Array.from(ofEntity.of(entity), (place) => words.values[place]!).reverse(),
    places: (entity, wanted, found) => {
      let place = counts.words.values[entity]!
      for (let at = ofEntity.newest(entity); at >= 0; at = ofEntity.before(at)) {
        place--
        if (wanted.has(words.values[at]!)) found(place)
      }
    },
    count: (word) => (word < counts.entities.length ? counts.entities.values[word]! : 0),
    *entities(word) {
      for (const place of ofWord.of(word)) yield entities.values[place]!
    },
    restore: () => {
      const { length } = words
      ofWord.addAll(words.values.subarray(0, length))
      ofEntity.addAll(entities.values.subarray(0, length))
      for (let place = 0; place < length; place++) count(words.values[place]!, entities.values[place]!)
    },
  }
}
