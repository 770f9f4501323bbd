import type { State } from '../../projections/projection.ts'

/** Letters that have no decomposition, read as what people type. */
const letters: Readonly<Record<string, string>> = {
  ß: 'ss',
  ł: 'l',
  đ: 'd',
  ø: 'o',
  æ: 'ae',
  œ: 'oe',
  ı: 'i',
}

/** Runs of letters and digits, after NFKD without marks, case-folded. */
export const wordsOf = (text: string): string[] =>
  text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[ßłđøæœı]/g, (letter) => letters[letter]!)
    .match(/[\p{L}\p{N}]+/gu) ?? []

/** The names of actors and places, wherever they stand. */
const namesIn = (value: unknown): string[] => {
  if (Array.isArray(value)) return value.flatMap(namesIn)
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([field, inner]) =>
    field === 'name' && typeof inner === 'string' ? [inner] : namesIn(inner),
  )
}

/** What a search reads of a field besides the names in it. */
const reads: Readonly<Record<string, (value: unknown) => (string | undefined)[]>> = {
  title: (title) => [title as string],
  text: (text) => [text as string],
  aliases: (aliases) => aliases as string[],
  legalBasis: (basis) => [(basis as { number?: string }).number],
}

/**
 * What a search reads of a state: title, aliases, text, legal number, names of actors and places; only of the fields
 * that are not those of another state, if one is given.
 */
export const textsOf = (state: State, known: State | null = null): string[] =>
  Object.entries(state).flatMap(([field, value]) => {
    const before = known?.[field]
    if (value === null || value === before) return []
    const read = reads[field]?.(value).filter((text) => text !== undefined) ?? []
    if (typeof value !== 'object') return read
    const added =
      Array.isArray(value) && Array.isArray(before) ? value.filter((one) => !before.includes(one)) : value
    return [...read, ...namesIn(added)]
  })

const remembered = new WeakMap<State, readonly string[]>()

/** Whether each of the words begins a word of the state's text. */
export const speaksOf = (state: State, words: readonly string[]): boolean => {
  const spoken = remembered.get(state) ?? textsOf(state).flatMap(wordsOf)
  remembered.set(state, spoken)
  return words.every((word) => spoken.some((said) => said.startsWith(word)))
}
