import { invalidAt } from '../errors.ts'

/**
 * A frozen copy of a value that reads back from JSON as the very same value. Throws `invalid` with a pointer to the
 * first thing that would not: undefined, bigint, a function, NaN, a Date or any other object with a class, a value
 * inside itself, half a surrogate pair; also NUL, which databases cut texts at, and `__proto__`.
 */
export const frozenJson = (value: unknown, pointer: string): unknown => copy(value, pointer, 0)

// No event is this deep, but what contains itself is.
const deepest = 100

const copy = (value: unknown, pointer: string, depth: number): unknown => {
  switch (typeof value) {
    case 'string':
      return text(value, pointer)
    case 'number':
      if (!Number.isFinite(value)) throw invalidAt(pointer, `JSON has no ${value}.`)
      // JSON has no -0 either.
      return value === 0 ? 0 : value
    case 'boolean':
      return value
    case 'object':
      break
    default:
      throw invalidAt(pointer, `JSON has no ${typeof value}.`)
  }
  if (value === null) return null
  if (depth === deepest) throw invalidAt(pointer.slice(0, 200), `It is more than ${deepest} levels deep.`)
  if (Array.isArray(value))
    return Object.freeze(Array.from(value, (item, index) => copy(item, `${pointer}/${index}`, depth + 1)))
  const prototype = Object.getPrototypeOf(value) as unknown
  if (prototype !== Object.prototype && prototype !== null)
    throw invalidAt(pointer, 'Only plain objects and lists can be stored.')
  const object: Record<string, unknown> = {}
  for (const [name, item] of Object.entries(value)) {
    if (name === '__proto__') throw invalidAt(pointer, 'No field can be called __proto__.')
    object[text(name, pointer)] = copy(item, `${pointer}/${name}`, depth + 1)
  }
  return Object.freeze(object)
}

const text = (value: string, pointer: string): string => {
  if (!value.isWellFormed()) throw invalidAt(pointer, 'Half a surrogate pair is no text.')
  if (value.includes('\0')) throw invalidAt(pointer, 'A text cannot hold NUL.')
  return value
}
