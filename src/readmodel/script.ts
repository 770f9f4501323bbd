import type { State } from '../../projections/projection.ts'

/** Writes the states of one entity as JSON. */
export type Script = {
  /** Its text, as `JSON.stringify` gives it. What the state written before has in common with it is not written again. */
  textOf(state: State): string
  /** What was not asked for since this was called last is forgotten. */
  turn(): void
}

/** A field as it is written, and what its items are where it is a list. */
type Part = { value: unknown; text: string; items: readonly string[] | null }

export const createScript = (): Script => {
  let parts: readonly Part[] = []
  let before = new Map<State, string>()
  let written = new Map<State, string>()

  const write = (state: State): string => {
    const next: Part[] = []
    let text = ''
    for (const name in state) {
      const part = partOf(name, state[name], parts[next.length])
      next.push(part)
      if (part.text !== '') text += text === '' ? part.text : `,${part.text}`
    }
    parts = next
    return `{${text}}`
  }

  return {
    textOf: (state) => {
      const known = written.get(state)
      if (known !== undefined) return known
      const text = before.get(state) ?? write(state)
      written.set(state, text)
      return text
    },
    turn: () => {
      before = written
      written = new Map()
    },
  }
}

/** All states of a kind have the same fields in the same order, and most of them are empty. */
const empty = new Map<string, Part>()
const emptyOf = (name: string): Part => {
  const known = empty.get(name)
  if (known) return known
  const part = { value: null, text: `"${name}":null`, items: null }
  empty.set(name, part)
  return part
}

const partOf = (name: string, value: unknown, before: Part | undefined): Part => {
  if (value === null) return emptyOf(name)
  if (before && before.value === value) return before
  if (Array.isArray(value)) {
    const items = itemsOf(value, before)
    return { value, text: `"${name}":[${items.join(',')}]`, items }
  }
  const text = JSON.stringify(value) as string | undefined
  return { value, text: text === undefined ? '' : `"${name}":${text}`, items: null }
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
