import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLexicon } from '../../src/readmodel/lexicon.ts'

const namesOf = ({ texts }: ReturnType<typeof createLexicon>, numbers: readonly number[]): string[] =>
  numbers.map((number) => texts.word[number]!)

test('the words of a text are numbered as they come, each once', () => {
  const lexicon = createLexicon()
  expect(lexicon.numbersIn('Łódź, Straße: łódź')).toStrictEqual([0, 1, 0])
  expect(lexicon.numbersIn('strasse 12')).toStrictEqual([1, 2])
  expect(lexicon.texts.word).toStrictEqual(['lodz', 'strasse', '12'])
})

test('a sigma is the same at the end of a word', () => {
  const lexicon = createLexicon()
  expect(lexicon.numbersIn('νόμος ΝΟΜΟΣ νομοσ')).toStrictEqual([0, 0, 0])
  expect(lexicon.numbersIn('ΝΟΜΟΣΧΕΔΙΟ')).toStrictEqual([1])
  expect(lexicon.beginning(lexicon.texts.word[0]!)).toStrictEqual([0, 1])
})

test('it finds every word that begins so, of those in order and of the newest', () => {
  const word = fc.stringMatching(/^[abz]{1,4}$/)
  fc.assert(
    fc.property(fc.array(word), word, fc.boolean(), (words, prefix, isKept) => {
      let lexicon = createLexicon()
      lexicon.numbersIn(Array.from({ length: 1500 }, (_, number) => `word${number}`).join(' '))
      lexicon.prepare()
      for (const one of words) lexicon.numbersIn(one)
      if (isKept) {
        const { word: kept } = lexicon.texts
        lexicon = createLexicon()
        for (const one of kept) lexicon.texts.word.push(one)
        lexicon.restore()
      }
      const found = namesOf(lexicon, lexicon.beginning(prefix))
      const expected = new Set(words.filter((one) => one.startsWith(prefix)))
      expect(found.toSorted()).toStrictEqual([...expected].toSorted())
      expect(lexicon.beginning('word14')).toHaveLength(111)
      expect(lexicon.numbersIn(words.join(' '))).toStrictEqual(
        words.map((one) => lexicon.texts.word.indexOf(one)),
      )
    }),
    { numRuns: 50 },
  )
})
