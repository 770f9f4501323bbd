import { invalidAt } from '../errors.ts'

/**
 * The JSON text of a value, and the value, all of it frozen so that it stays what the text says. Throws `invalid` with a
 * pointer to the first thing that would not read back as it is: undefined, bigint, a function, NaN, a Date or any other
 * object with a class, a value inside itself, half a surrogate pair; also NUL, which databases cut texts at, and
 * `__proto__`. Only -0 is let pass: it becomes 0, as in JSON.
 */
export const frozenJson = <T extends object>(value: T, pointer: string): { text: string; value: T } => {
  const walk: Walk = { path: [pointer], found: [], hasMinusZero: false }
  look(value, walk, 1)
  // Before anything is frozen: V8 writes frozen objects at a quarter of the speed.
  const text = JSON.stringify(value)
  // JSON writes what is no text, and little else, as \uXXXX: to look at each text is seldom needed.
  if (text.includes('\\u')) requireTexts(value, walk, 1)
  if (walk.hasMinusZero) return frozenJson(JSON.parse(text) as T, pointer)
  for (const object of walk.found) Object.freeze(object)
  return { text, value }
}

/** The names on the way to where a walk is, of which `depth` count, and what it found so far. */
type Walk = { path: (string | number)[]; found: object[]; hasMinusZero: boolean }

const invalid = ({ path }: Walk, depth: number, detail: string) =>
  invalidAt(path.slice(0, depth).join('/'), detail)

// No event is this deep, but what contains itself is.
const deepest = 100
const shown = 6

const look = (value: unknown, walk: Walk, depth: number): void => {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw invalid(walk, depth, `JSON has no ${value}.`)
    walk.hasMinusZero ||= Object.is(value, -0)
    return
  }
  if (typeof value !== 'object') throw invalid(walk, depth, `JSON has no ${typeof value}.`)
  if (depth > deepest) throw invalid(walk, shown, `It is more than ${deepest} levels deep.`)
  walk.found.push(value)
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      walk.path[depth] = index
      look(value[index], walk, depth + 1)
    }
    return
  }
  const prototype = Object.getPrototypeOf(value) as unknown
  if (prototype !== Object.prototype && prototype !== null)
    throw invalid(walk, depth, 'Only plain objects and lists can be stored.')
  // Three times as fast as a list of the names; a plain object inherits none.
  for (const name in value) {
    walk.path[depth] = name
    if (name === '__proto__') throw invalid(walk, depth, 'No field can be called __proto__.')
    look((value as Record<string, unknown>)[name], walk, depth + 1)
  }
}

const requireTexts = (value: unknown, walk: Walk, depth: number): void => {
  if (typeof value === 'string') requireText(value, walk, depth)
  if (typeof value !== 'object' || value === null) return
  for (const [name, item] of Object.entries(value)) {
    requireText(name, walk, depth)
    walk.path[depth] = name
    requireTexts(item, walk, depth + 1)
  }
}

const requireText = (text: string, walk: Walk, depth: number): void => {
  if (!text.isWellFormed()) throw invalid(walk, depth, 'Half a surrogate pair is no text.')
  if (text.includes('\0')) throw invalid(walk, depth, 'A text cannot hold NUL.')
}
