import type { State } from '../../projections/projection.ts'

/** Letters that have no decomposition, read as what people type; a sigma is one letter wherever it stands. */
const letters: Readonly<Record<string, string>> = {
  ß: 'ss',
  ł: 'l',
  đ: 'd',
  ø: 'o',
  æ: 'ae',
  œ: 'oe',
  ı: 'i',
  ς: 'σ',
}

/** Runs of letters and digits, after NFKD without marks, case-folded. */
export const wordsOf = (text: string): readonly string[] => {
  if (text.length > longest) return wordsIn(text)
  const known = remembered.get(text)
  if (known) return known
  const words = wordsIn(text)
  if (remembered.size >= most) remembered.clear()
  remembered.set(text, words)
  return words
}

const wordsIn = (text: string): readonly string[] =>
  (isPlain.test(text) ? text.toLowerCase().match(/[a-z0-9]+/g) : spelledOut(text)) ?? []

/** All that is written in ASCII is read as it stands. */
const isPlain = /^[\0-\x7f]*$/

const spelledOut = (text: string): readonly string[] | null =>
  text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[ßłđøæœıς]/g, (letter) => letters[letter]!)
    .match(/[\p{L}\p{N}]+/gu)

/** Names are told again and again. To empty a full memory costs less than to find what is oldest in it. */
const remembered = new Map<string, readonly string[]>()
const most = 20_000
const longest = 100

/** The names of actors and places, wherever they stand. */
const namesIn = (value: unknown, names: string[]): void => {
  if (value === null || typeof value !== 'object') return
  if (Array.isArray(value)) for (let place = 0; place < value.length; place++) namesIn(value[place], names)
  else
    for (const field in value) {
      const inner = (value as Record<string, unknown>)[field]
      if (field === 'name' && typeof inner === 'string') names.push(inner)
      else if (typeof inner === 'object') namesIn(inner, names)
    }
}

/** What a search reads of a field, or of an item of it where it is a list, besides the names in it. */
const readOf = (field: string, value: unknown): string | undefined => {
  if (field === 'title' || field === 'text' || field === 'aliases') return value as string
  return field === 'legalBasis' ? (value as { number?: string }).number : undefined
}

/** Whether a search reads anything of a field of a state. */
export const isRead = (field: string, value: unknown): boolean =>
  value !== null && (typeof value === 'object' || (value !== undefined && readOf(field, value) !== undefined))

/** What that is: title, aliases, text, legal number, names of actors and places. */
export const textsIn = (field: string, value: unknown, texts: string[] = []): string[] => {
  if (Array.isArray(value)) for (const item of value) textsIn(field, item, texts)
  else if (isRead(field, value)) {
    const text = readOf(field, value)
    if (text !== undefined) texts.push(text)
    namesIn(value, texts)
  }
  return texts
}

/** What a search reads of a state. */
export const textsOf = (state: State): string[] => {
  const texts: string[] = []
  for (const field in state) textsIn(field, state[field], texts)
  return texts
}

const spokenOf = new WeakMap<State, readonly string[]>()

/** Whether each of the words begins a word of the state's text. */
export const speaksOf = (state: State, words: readonly string[]): boolean => {
  const spoken = spokenOf.get(state) ?? textsOf(state).flatMap(wordsOf)
  spokenOf.set(state, spoken)
  return words.every((word) => spoken.some((said) => said.startsWith(word)))
}
