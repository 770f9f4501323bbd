import type { State } from '../../projections/projection.ts'

/** Writes the states of one entity as JSON. */
export type Script = {
  /** Its text, as `JSON.stringify` gives it. What the state written before has in common with it is not written again. */
  textOf(state: State): string
}

/** A field as it is written, and what its items are where it is a list. */
type Part = { name: string; value: unknown; text: string; items: readonly string[] | null }

export const createScript = (): Script => {
  const parts: Part[] = []
  return {
    textOf: (state) => {
      let place = 0
      let all = ''
      for (const name in state) {
        const value = state[name]
        const before = parts[place]
        if (before?.name !== name || before.value !== value) parts[place] = partOf(name, value, before)
        const { text } = parts[place++]!
        if (text !== '') all += all === '' ? `{${text}` : `,${text}`
      }
      return all === '' ? '{}' : `${all}}`
    },
  }
}
/** All states of a kind have the same fields in the same order, and most of them are empty. */
const empty = new Map<string, Part>()
const emptyOf = (name: string): Part => {
  const known = empty.get(name)
  if (known) return known
  const part = { name, value: null, text: `"${name}":null`, items: null }
  empty.set(name, part)
  return part
}

const partOf = (name: string, value: unknown, before: Part | undefined): Part => {
  if (value === null) return emptyOf(name)
  if (Array.isArray(value)) {
    const items = itemsOf(value, before)
    return { name, value, text: `"${name}":[${items.join(',')}]`, items }
  }
  const text = JSON.stringify(value) as string | undefined
  return { name, value, text: text === undefined ? '' : `"${name}":${text}`, items: null }
}

const itemsOf = (values: readonly unknown[], before: Part | undefined): string[] => {
  const known = before?.items ? (before.value as readonly unknown[]) : []
  let next = 0
  return values.map((value) => {
    const place = known.indexOf(value, next)
    if (place < 0) return JSON.stringify(value) ?? 'null'
    next = place + 1
    return before!.items![place]!
  })
}
