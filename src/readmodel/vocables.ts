import { firstPlace } from '../answer/search.ts'
import { wordsOf } from '../answer/words.ts'
import { createChains } from './chains.ts'
import { type Column, createColumn } from './column.ts'

/** Which entities a word was ever said of. Whether it is said of a state is for the state itself to tell. */
export type Vocables = {
  /** What is kept: that a word, by its number, is said of an entity, each once. */
  columns: { word: Column<Uint32Array>; entity: Column<Uint32Array> }
  texts: { word: string[] }
  /** The numbers of the words that are said of an entity. */
  of(entity: number): Set<number>
  /** Texts that are said of an entity. `known`: the words that are said of it already, to which theirs are added. */
  add(entity: number, texts: readonly string[], known: Set<number>): void
  /** Whether a word is known to be said of an entity. */
  has(word: string, entity: number): boolean
  /** The entities that each of the words may be said of, as the beginning of a word; null: of too many to look each up. */
  find(words: readonly string[]): ReadonlySet<number> | null
  /** Makes what is not kept from what is. */
  restore(): void
}

/** Where a word is said of more entities, looking at what holds is faster. */
const most = 4000
/** The words of so many texts, and no longer ones, are remembered: names are told again and again. */
const mostTexts = 20_000
const longest = 100
/** So many new words may wait to be sorted in among the others. */
const waiting = 1000

export const createVocables = (): Vocables => {
  const columns = { word: createColumn('whole'), entity: createColumn('whole') }
  const texts = { word: [] as string[] }
  const numbers = new Map<string, number>()
  const remembered = new Map<string, readonly number[]>()
  const saidOf = createChains()
  const saying = createChains()
  /** Of how many entities each word is said. */
  const counts = createColumn('whole')
  /** The words in their order but for the newest, and how many there are of those. */
  let sorted: string[] = []

  const numberOf = (word: string): number => {
    const known = numbers.get(word)
    if (known !== undefined) return known
    texts.word.push(word)
    return enterWord(word)
  }
  const enterWord = (word: string): number => {
    const number = counts.push(0)
    numbers.set(word, number)
    return number
  }
  const numbersIn = (text: string): readonly number[] => {
    if (text.length > longest) return wordsOf(text).map(numberOf)
    const known = remembered.get(text)
    if (known) return known
    const found = wordsOf(text).map(numberOf)
    if (remembered.size >= mostTexts) remembered.clear()
    remembered.set(text, found)
    return found
  }
  const put = (word: number, entity: number) => {
    columns.word.push(word)
    columns.entity.push(entity)
    saidOf.add(entity)
    saying.add(word)
    counts.values[word]!++
  }

  const beginningWith = (prefix: string): string[] => {
    if (texts.word.length - sorted.length > waiting) sorted = texts.word.toSorted()
    const first = firstPlace(sorted.length, (place) => sorted[place]! >= prefix)
    let end = first
    while (end < sorted.length && sorted[end]!.startsWith(prefix)) end++
    return [
      ...sorted.slice(first, end),
      ...texts.word.slice(sorted.length).filter((word) => word.startsWith(prefix)),
    ]
  }
  const findOne = (prefix: string): Set<number> | null => {
    const words = beginningWith(prefix).map((word) => numbers.get(word)!)
    if (words.reduce((sum, word) => sum + counts.values[word]!, 0) > most) return null
    const found = new Set<number>()
    for (const word of words) for (const place of saying.of(word)) found.add(columns.entity.values[place]!)
    return found
  }

  return {
    columns,
    texts,
    of: (entity) => {
      const found = new Set<number>()
      for (const place of saidOf.of(entity)) found.add(columns.word.values[place]!)
      return found
    },
    add: (entity, said, known) => {
      for (const text of said)
        for (const number of numbersIn(text)) {
          if (known.has(number)) continue
          known.add(number)
          put(number, entity)
        }
    },
    has: (word, entity) => {
      const number = numbers.get(word)
      if (number === undefined) return false
      for (const place of saidOf.of(entity)) if (columns.word.values[place] === number) return true
      return false
    },
    find: (words) => {
      const [fewest] = words
        .flatMap((word) => findOne(word) ?? [])
        .toSorted((one, other) => one.size - other.size)
      return fewest ?? null
    },
    restore: () => {
      for (const word of texts.word) enterWord(word)
      const { word, entity } = columns
      const words = word.values.subarray(0, word.length)
      saying.addAll(words)
      saidOf.addAll(entity.values.subarray(0, entity.length))
      for (let place = 0; place < words.length; place++) counts.values[words[place]!]!++
    },
  }
}
