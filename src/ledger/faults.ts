import { z } from 'zod'
import { type Fault, invalid } from '../errors.ts'

const escape = (part: PropertyKey): string => String(part).replaceAll('~', '~0').replaceAll('/', '~1')

/** So many faults of one body are named. */
const faultLimit = 100

/** A JSON Pointer (RFC 6901). */
export const pointerTo = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${escape(part)}`).join('')

const faultsOf = (issue: z.core.$ZodIssue, base: string): Fault[] => {
  const at = base + pointerTo(issue.path)
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((name) => ({
      pointer: `${at}/${escape(name)}`,
      detail: `unknown field "${name}": remove it`,
    }))
  if (issue.code === 'invalid_union') {
    const nested = issue.errors.toSorted((a, b) => (b[0]?.path.length ?? 0) - (a[0]?.path.length ?? 0))[0]
    if (nested?.length) return nested.flatMap((inner) => faultsOf(inner, at))
  }
  const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined')
  const isNull = issue.code === 'invalid_type' && issue.message.endsWith('received null')
  if (isNull) return [{ pointer: at, detail: 'must not be null: leave it out if it is not known' }]
  return [{ pointer: at, detail: missing ? 'is required' : issue.message }]
}

const compiled = new WeakMap<z.ZodType, z.ZodType>()

/** The same schema, which takes what fits it in a half of the time. What does not fit it looks at as always. */
const compiledOf = (schema: z.ZodType): z.ZodType => {
  const known = compiled.get(schema)
  if (known) return known
  const made = z.compile(schema)
  compiled.set(schema, made)
  return made
}

/** What a schema makes of a value. Throws `invalid` with a pointer for each fault (the first 100), below `base`. */
export const parsed = <S extends z.ZodType>(schema: S, value: unknown, base = ''): z.output<S> => {
  const result = compiledOf(schema).safeParse(value)
  if (result.success) return result.data as z.output<S>
  throw invalid(result.error.issues.flatMap((issue) => faultsOf(issue, base)).slice(0, faultLimit))
}
