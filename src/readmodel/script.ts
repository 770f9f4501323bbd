import type { State } from '../../projections/projection.ts'

/** Writes the states of one entity as JSON. */
export type Script = {
  /** Its text, as `JSON.stringify` gives it. What the state written before has in common with it is not written again. */
  textOf(state: State): string
}

/** So many texts are remembered. */
const most = 32

/** A field as it is written, and what its items are where it is a list. */
type Part = { name: string; value: unknown; text: string; items: readonly string[] | null }

export const createScript = (): Script => {
  let parts: readonly Part[] = []
  const written = new Map<State, string>()

  const write = (state: State): string => {
    const next: Part[] = []
    const texts: string[] = []
    for (const name in state) {
      const value = state[name]
      const before = parts[next.length]
      const part = before?.name === name && before.value === value ? before : partOf(name, value, before)
      next.push(part)
      if (part.text !== '') texts.push(part.text)
    }
    parts = next
    if (texts.length === 0) return '{}'
    // In one piece, as it is compared, and written as bytes: a text that is put together is copied once more for that.
    texts[0] = `{${texts[0]}`
    texts[texts.length - 1] += '}'
    return texts.join(',')
  }

  return {
    textOf: (state) => {
      const known = written.get(state)
      if (known !== undefined) return known
      const text = write(state)
      if (written.size === most) written.clear()
      written.set(state, text)
      return text
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
