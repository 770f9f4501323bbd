import type { Tables } from '../../src/readmodel/tables.ts'

/** The words that a wording of an entity tells, each once, in their order as texts. */
export const wordsSaid = (
  { lexicon, vocables, wordings }: Pick<Tables, 'lexicon' | 'vocables' | 'wordings'>,
  entity: number,
  wording: number,
): string[] => {
  const words = vocables.of(entity)
  return wordings
    .placesIn(wording)
    .map((place) => lexicon.texts.word[words[place]!]!)
    .toSorted()
}
