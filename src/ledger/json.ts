import { type Fault, LedgerError } from '../errors.ts'
import { pointerTo } from './faults.ts'

/** A JSON value from its text. Throws `invalid` for what is not JSON, and for what JSON can say but no record can hold. */
export const parsedJson = (text: string, what = 'This'): unknown => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new LedgerError('invalid', `${what} is not JSON: ${(error as Error).message}.`)
  }
  // To look at each text is seldom needed: what has no half of a pair, and names none, holds none.
  const found: Found = {
    errors: [],
    hasMinusZero: false,
    mayBeHalved: text.includes('\\u') || !text.isWellFormed(),
  }
  look(value, [], found)
  const { errors, hasMinusZero } = found
  const [first] = errors
  if (first) throw new LedgerError('invalid', `${first.pointer || what}: ${first.detail}`, { errors })
  // JSON writes -0 as 0: what is decided on is to be what is recorded.
  return hasMinusZero ? JSON.parse(JSON.stringify(value)) : value
}

/** No record nests anywhere near as deep: what does would exhaust the stack of whatever walks through it. */
const depthLimit = 64
const faultLimit = 100

type Found = { errors: Fault[]; hasMinusZero: boolean; mayBeHalved: boolean }

/** `path` is where the value stands: it grows and shrinks with the walk. */
const look = (value: unknown, path: string[], found: Found): void => {
  if (typeof value === 'string') {
    if (found.mayBeHalved && !value.isWellFormed())
      note('must be well-formed Unicode: it holds a lone surrogate', path, found)
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) note('must be a number that can be kept: this one is too large', path, found)
    found.hasMinusZero ||= Object.is(value, -0)
  } else if (value !== null && typeof value === 'object') {
    if (path.length >= depthLimit)
      return note(`must not be nested deeper than ${depthLimit} levels`, path.slice(0, 1), found)
    for (const name of Object.keys(value)) {
      path.push(name)
      // Whoever copies an object loses this field without a word.
      if (name === '__proto__') note('unknown field "__proto__": remove it', path, found)
      else if (found.mayBeHalved && !name.isWellFormed())
        note('must have a well-formed name: it holds a lone surrogate', path, found)
      else look((value as Record<string, unknown>)[name], path, found)
      path.pop()
    }
  }
}

const note = (detail: string, at: readonly string[], { errors }: Found): void => {
  if (errors.length < faultLimit) errors.push({ pointer: pointerTo(at), detail })
}
