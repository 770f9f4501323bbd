import type { Stored } from './stored.ts'
import { mark } from './wordings.ts'

/** What is asked for by words: that each of these texts begins a word of a state. */
export type Inquiry = {
  /** The entities that can be meant at all; null: too many to look each up. */
  entities: ReadonlySet<number> | null
  /** Whether a wording of an entity says all that is asked for. */
  isSaid(entity: number, wording: number): boolean
}

/** Where more entities can be meant, looking at what holds is faster. */
const most = 4000

export const createInquiry = (
  { lexicon, vocables, wordings }: Pick<Stored, 'lexicon' | 'vocables' | 'wordings'>,
  prefixes: readonly string[],
): Inquiry => {
  const inOrder = [...new Set(prefixes)].toSorted()
  /** Of each text which words begin with it, and how often one is said; what is rare first. */
  const asked = inOrder
    // Whoever says a word that begins with a longer one says it for the shorter one too.
    .filter((prefix, place) => !inOrder[place + 1]?.startsWith(prefix))
    .map((prefix) => {
      const words = new Set(lexicon.beginning(prefix))
      return { words, count: words.values().reduce((sum, word) => sum + vocables.count(word), 0) }
    })
    .toSorted((one, other) => one.count - other.count)
  const [rarest] = asked

  /** Of each text where its words are among those of the entity that was asked about last; of so many that is known. */
  const places = asked.map((): number[] => [])
  let about = -1
  let known = 0

  return {
    entities:
      rarest && rarest.count <= most
        ? new Set(rarest.words.values().flatMap((word) => vocables.entities(word)))
        : null,
    isSaid: (entity, wording) => {
      if (entity !== about) {
        about = entity
        known = 0
      }
      for (let index = 0; index < asked.length; index++) {
        const bits = places[index]!
        if (index === known) {
          known++
          bits.length = 0
          vocables.places(entity, asked[index]!.words, (place) => mark(bits, place))
        }
        if (!wordings.hasAny(wording, bits)) return false
      }
      return true
    },
  }
}
