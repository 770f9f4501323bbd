import type { State } from '../../projections/projection.ts'
import { isRead, textsIn } from '../answer/words.ts'
import { itemsOf } from './items.ts'
import type { Stored } from './stored.ts'
import { mark } from './wordings.ts'

/** Tells what the states of one entity say. */
export type Speech = {
  /**
   * The wording of a state. What the state told before has in common with it is not read again; of states of several lines,
   * that of the same line.
   */
  wordingOf(state: State, line?: number): number
}

/**
 * A field of a state of which something is read: where the words that it says are among those of the entity, as bits, and where
 * it is a list those of each of its items.
 */
type Field = { name: string; value: unknown; bits: readonly number[]; items: readonly Said[] }
type Said = readonly number[]

/** What was read of a state, and its wording. */
type Read = { fields: readonly Field[]; told: number }
const unread: Read = { fields: [], told: 0 }
const nothing: readonly never[] = []

export const createSpeech = (
  { lexicon, vocables, wordings }: Pick<Stored, 'lexicon' | 'vocables' | 'wordings'>,
  entity: number,
): Speech => {
  /** Where each word is among those of the entity. */
  const places = new Map(vocables.of(entity).map((word, place) => [word, place]))
  const lines: Read[] = []

  const placeOf = (word: number): number => {
    const known = places.get(word)
    if (known !== undefined) return known
    const place = places.size
    places.set(word, place)
    vocables.add(word, entity)
    return place
  }
  const saidIn = (name: string, value: unknown): Said => {
    const texts = textsIn(name, value)
    if (texts.length === 0) return nothing
    const said: number[] = []
    for (const text of texts) for (const word of lexicon.numbersIn(text)) said.push(placeOf(word))
    return said
  }
  const marked = (said: readonly Said[], known: readonly number[] = nothing): readonly number[] => {
    if (said.every((places) => places.length === 0)) return known
    const bits = [...known]
    for (const places of said) for (const place of places) mark(bits, place)
    return bits
  }
  const read = (name: string, value: unknown, known: Field | undefined): Field => {
    if (!Array.isArray(value)) return { name, value, bits: marked([saidIn(name, value)]), items: nothing }
    const others = known && Array.isArray(known.value) ? known.value : null
    const items = itemsOf(value, others, others && known!.items, (item) => saidIn(name, item))
    // Most lists only grow.
    const isGrown = others?.every((item, place) => value[place] === item) === true
    const bits = isGrown ? marked(items.slice(others.length), known!.bits) : marked(items)
    return { name, value, bits, items }
  }

  return {
    wordingOf: (state, line = 0) => {
      const { fields, told } = lines[line] ?? unread
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
      const all: number[] = []
      for (const { bits } of now)
        for (let number = 0; number < bits.length; number++) all[number] = (all[number] ?? 0) | bits[number]!
      const wording = wordings.of(all, told)
      lines[line] = { fields: now, told: wording }
      return wording
    },
  }
}
