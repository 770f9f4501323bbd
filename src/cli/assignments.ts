import { z } from 'zod'
import { LedgerError } from '../errors.ts'

/** JSON Schema, as much of it as tells the types of a field. */
type Schema = {
  type?: string | string[]
  $ref?: string
  properties?: Record<string, Schema>
  items?: Schema
  anyOf?: Schema[]
  allOf?: Schema[]
  enum?: unknown[]
  $defs?: Record<string, Schema>
}

type Body = { [field: string]: unknown }

const isIndex = (part: string): boolean => /^\d{1,3}$/.test(part)

const branches = (schema: Schema, root: Schema): Schema[] => {
  const target = schema.$ref?.replace('#/$defs/', '')
  const referred = target === undefined ? [] : branches(root.$defs?.[target] ?? {}, root)
  return [
    schema,
    ...referred,
    ...[...(schema.anyOf ?? []), ...(schema.allOf ?? [])].flatMap((one) => branches(one, root)),
  ]
}

const typesAt = (root: Schema, path: readonly string[]): Set<string> => {
  let here: Schema[] = branches(root, root)
  for (const part of path)
    here = here
      .flatMap(({ properties, items }) => (isIndex(part) ? items : properties?.[part]) ?? [])
      .flatMap((schema) => branches(schema, root))
  return new Set(here.flatMap(({ type, enum: values }) => type ?? (values ? 'string' : [])))
}

/** The text itself where a text belongs; else, or where it is written as an object or a list, the JSON it is. */
const valueOf = (text: string, types: ReadonlySet<string>): unknown => {
  const mayBeText = types.has('string')
  const mayBeJson = !mayBeText || /^\s*[[{]/.test(text)
  if (!mayBeJson) return text
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

const setAt = (body: Body, path: readonly string[], value: unknown): void => {
  let here: Body = body
  for (const [index, part] of path.slice(0, -1).entries()) {
    const inner = Object.hasOwn(here, part) ? here[part] : undefined
    if (inner === null || typeof inner !== 'object') here[part] = isIndex(path[index + 1]!) ? [] : {}
    here = here[part] as Body
  }
  here[path.at(-1)!] = value
}

/**
 * Sets fields of a body by `path=value`, such as `data.value.best=139`: read as the schema of the body has them, so that
 * a number in a field of text stays text. Throws `invalid` for what is no such assignment.
 */
export const assign = (body: Body, assignments: readonly string[], schema: z.ZodType): Body => {
  const root = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema
  for (const assignment of assignments) {
    const end = assignment.indexOf('=')
    const path = assignment.slice(0, Math.max(0, end)).split('.')
    if (path.some((part) => part === '' || part === '__proto__'))
      throw new LedgerError(
        'invalid',
        `--set ${assignment}: write a field and its value, such as --set data.title="Curfew".`,
      )
    setAt(body, path, valueOf(assignment.slice(end + 1), typesAt(root, path)))
  }
  return body
}
