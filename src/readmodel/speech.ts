import type { State } from '../../projections/projection.ts'
import { isRead, textsIn } from '../answer/words.ts'
import { itemsOf } from './items.ts'
import type { Tables } from './tables.ts'
import { shortBits } from './wordings.ts'

/** Tells what the states of one entity say. */
export type Speech = {
  /** The wording of a state. What the state told before has in common with it is not read again. */
  wordingOf(state: State): number
}

/**
 * A field of a state: where the words that it says, or those of each of its items where it is a list, are among those of
 * the entity. `short`: the first of these places as bits; `most`: the last of them.
 */
type Field = { name: string; value: unknown; said: readonly Said[]; short: number; most: number }
type Said = readonly number[]
const nothing: Said = []

export const createSpeech = (
  { lexicon, vocables, wordings }: Pick<Tables, 'lexicon' | 'vocables' | 'wordings'>,
  entity: number,
): Speech => {
  /** Where each word is among those of the entity, and those of each text. */
  const places = new Map(vocables.of(entity).map((word, place) => [word, place]))
  const saidBy = new Map<string, Said>()
  let fields: Field[] = []
  let told = 0

  const placeOf = (word: number): number => {
    const known = places.get(word)
    if (known !== undefined) return known
    const place = places.size
    places.set(word, place)
    vocables.add(word, entity)
    return place
  }
  const saidByText = (text: string): Said => {
    const known = saidBy.get(text)
    if (known) return known
    const said = lexicon.numbersIn(text).map(placeOf)
    saidBy.set(text, said)
    return said
  }
  const saidIn = (name: string, value: unknown): Said => {
    if (!isRead(name, value)) return nothing
    const texts = textsIn(name, value)
    if (texts.length === 0) return nothing
    return texts.length === 1 ? saidByText(texts[0]!) : texts.flatMap(saidByText)
  }
  const read = (name: string, value: unknown, known: Field | undefined): Field => {
    const others = known && Array.isArray(known.value) ? known.value : null
    const said = Array.isArray(value)
      ? itemsOf(value, others, others && known!.said, (item) => saidIn(name, item))
      : [saidIn(name, value)]
    let short = 0
    let most = -1
    for (const places of said)
      for (let index = 0; index < places.length; index++) {
        const place = places[index]!
        short |= 1 << place
        if (place > most) most = place
      }
    return { name, value, said, short, most }
  }

  return {
    wordingOf: (state) => {
      const now: Field[] = []
      let isSame = true
      for (const name in state) {
        const value = state[name]
        if (!isRead(name, value)) continue
        const next = fields[now.length]
        const known = next?.name === name ? next : fields.find((field) => field.name === name)
        if (known?.value === value) now.push(known!)
        else {
          now.push(read(name, value, known))
          isSame = false
        }
      }
      if (isSame && now.length === fields.length) return told
      fields = now
      let short = 0
      let most = -1
      for (const field of fields) {
        short |= field.short
        if (field.most > most) most = field.most
      }
      if (most < shortBits) told = short
      else {
        const said = fields.flatMap((field) => field.said)
        told = wordings.long(said, told)
      }
      return told
    },
  }
}
