import type { State } from '../../projections/projection.ts'

/** Writes the states of one entity as JSON. */
export type Script = {
  /** Its text, as `JSON.stringify` gives it. What the state written before has in common with it is not written again. */
  textOf(state: State): string
}

export const createScript = (): Script => {
  // Of each field of the state written last, in their order; side by side, for they are far from all else when they are
  // asked for: its name, its value, how it is written, and how its items are where it is a list.
  const names: string[] = []
  const values: unknown[] = []
  const texts: string[] = []
  const items: (readonly string[] | null)[] = []

  const write = (place: number, name: string, value: unknown) => {
    const known = names[place] === name ? items[place]! : null
    const written = Array.isArray(value) ? itemsOf(value, known && (values[place] as unknown[]), known) : null
    texts[place] = written ? `"${name}":[${written.join(',')}]` : fieldOf(name, value)
    items[place] = written
    names[place] = name
    values[place] = value
  }

  return {
    textOf: (state) => {
      let place = 0
      let all = ''
      for (const name in state) {
        const value = state[name]
        if (names[place] !== name || values[place] !== value) write(place, name, value)
        const text = texts[place++]!
        if (text !== '') all += all === '' ? `{${text}` : `,${text}`
      }
      return all === '' ? '{}' : `${all}}`
    },
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

/** Items as they are written. Those that were among others are not written again. */
const itemsOf = (
  values: readonly unknown[],
  others: readonly unknown[] | null,
  written: readonly string[] | null,
): string[] => {
  let next = 0
  return values.map((value) => {
    const place = others ? others.indexOf(value, next) : -1
    if (place < 0) return JSON.stringify(value) ?? 'null'
    next = place + 1
    return written![place]!
  })
}
