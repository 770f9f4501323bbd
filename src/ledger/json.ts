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
  const errors: Fault[] = []
  findFaults(value, [], errors)
  const [first] = errors
  if (first) throw new LedgerError('invalid', `${first.pointer || what}: ${first.detail}`, { errors })
  return value
}

/** No record nests anywhere near as deep: what does would exhaust the stack of whatever walks through it. */
const depthLimit = 64
const faultLimit = 100

/** `path` is where the value stands: it grows and shrinks with the walk. */
const findFaults = (value: unknown, path: string[], faults: Fault[]): void => {
  const fault = (detail: string, at: readonly string[] = path) => {
    if (faults.length < faultLimit) faults.push({ pointer: pointerTo(at), detail })
  }
  if (typeof value === 'string') {
    if (!value.isWellFormed()) fault('must be well-formed Unicode: it holds a lone surrogate')
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) fault('must be a number that can be kept: this one is too large')
  } else if (value !== null && typeof value === 'object') {
    if (path.length >= depthLimit)
      return fault(`must not be nested deeper than ${depthLimit} levels`, path.slice(0, 1))
    for (const name of Object.keys(value)) {
      path.push(name)
      // Whoever copies an object loses this field without a word.
      if (name === '__proto__') fault('unknown field "__proto__": remove it')
      else if (!name.isWellFormed()) fault('must have a well-formed name: it holds a lone surrogate')
      else findFaults((value as Record<string, unknown>)[name], path, faults)
      path.pop()
    }
  }
}
