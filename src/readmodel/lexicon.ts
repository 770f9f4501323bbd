import { firstPlace } from '../answer/search.ts'
import { wordsOf } from '../answer/words.ts'

/** Every word that was ever said, by its number. */
export type Lexicon = {
  /** What is kept. */
  texts: { word: string[] }
  /** The numbers of the words of a text, in their order. */
  numbersIn(text: string): readonly number[]
  /** The numbers of the words that begin so. */
  beginning(prefix: string): readonly number[]
  /** Sorts in what would take the next who asks long, and says whether it did. */
  prepare(): boolean
  /** Makes what is not kept from what is. */
  restore(): void
}

/** The words of so many texts, and no longer ones, are remembered: names are told again and again. */
const mostTexts = 20_000
const longest = 100
/** So many new words may wait to be sorted in among the others. */
const waiting = 1000

export const createLexicon = (): Lexicon => {
  const words: string[] = []
  const numbers = new Map<string, number>()
  const remembered = new Map<string, readonly number[]>()
  /** The words in their order but for the newest, and their numbers. */
  let sorted: string[] = []
  let inOrder = new Uint32Array()

  const numberOf = (word: string): number => {
    const known = numbers.get(word)
    if (known !== undefined) return known
    numbers.set(word, words.length)
    return words.push(word) - 1
  }
  const prepare = (): boolean => {
    if (words.length - sorted.length <= waiting) return false
    // What is in order already is passed over fast.
    sorted = [...sorted, ...words.slice(sorted.length).sort()].sort()
    inOrder = Uint32Array.from(sorted, (word) => numbers.get(word)!)
    return true
  }

  return {
    texts: { word: words },
    numbersIn: (text) => {
      if (text.length > longest) return wordsOf(text).map(numberOf)
      const known = remembered.get(text)
      if (known) return known
      const found = wordsOf(text).map(numberOf)
      if (remembered.size >= mostTexts) remembered.clear()
      remembered.set(text, found)
      return found
    },
    beginning: (prefix) => {
      prepare()
      const found: number[] = []
      for (
        let place = firstPlace(sorted.length, (place) => sorted[place]! >= prefix);
        place < sorted.length && sorted[place]!.startsWith(prefix);
        place++
      )
        found.push(inOrder[place]!)
      for (let number = sorted.length; number < words.length; number++)
        if (words[number]!.startsWith(prefix)) found.push(number)
      return found
    },
    prepare,
    restore: () => {
      for (const [number, word] of words.entries()) numbers.set(word, number)
    },
  }
}
