import type { State } from '../../projections/projection.ts'
import { itemsOf } from './items.ts'

/** Writes the states of one entity as JSON. */
export type Script = {
  /**
   * Its text, as `JSON.stringify` gives it. What the state written before has in common with it is not written again; of states
   * of several lines, that of the same line.
   */
  textOf(state: State, line?: number): string
}

export const createScript = (): Script => {
  const hands: Hand[] = []
  return { textOf: (state, line = 0) => (hands[line] ??= createHand())(state) }
}

type Hand = (state: State) => string

const createHand = (): Hand => {
  // Of each field of the state written last, in their order; side by side, for they are far from all else when they are
  // asked for: its name, its value, how it is written, and how its items are where it is a list.
  const names: string[] = []
  const values: unknown[] = []
  const texts: string[] = []
  const items: (readonly string[] | null)[] = []

  const write = (place: number, name: string, value: unknown) => {
    const known = names[place] === name ? items[place]! : null
    const written = Array.isArray(value)
      ? itemsOf(value, known && (values[place] as unknown[]), known, (item) => JSON.stringify(item) ?? 'null')
      : null
    texts[place] = written ? `"${name}":[${written.join(',')}]` : fieldOf(name, value)
    items[place] = written
    names[place] = name
    values[place] = value
  }

  return (state) => {
    let place = 0
    let all = ''
    for (const name in state) {
      const value = state[name]
      if (names[place] !== name || values[place] !== value) write(place, name, value)
      const text = texts[place++]!
      if (text !== '') all += all === '' ? `{${text}` : `,${text}`
    }
    return all === '' ? '{}' : `${all}}`
  }
}

/** All states of a kind have the same fields, and most of them are empty. */
const empty = new Map<string, string>()

const fieldOf = (name: string, value: unknown): string => {
  if (value !== null) {
    const text = JSON.stringify(value) as string | undefined
    return text === undefined ? '' : `"${name}":${text}`
  }
  const known = empty.get(name) ?? `"${name}":null`
  empty.set(name, known)
  return known
}
