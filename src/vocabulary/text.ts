import { z } from 'zod'

const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/

/** Well-formed Unicode, no control characters but tab and line breaks. */
export const clean = <Schema extends z.ZodType<string>>(schema: Schema) =>
  schema
    .refine((value) => value.isWellFormed(), 'must be well-formed Unicode: it holds a lone surrogate')
    .refine((value) => !controls.test(value), 'must not hold control characters')

/** Not empty, and clean. */
export const text = clean(z.string().min(1, 'must not be empty'))

/** The id of an entity: lower-case words joined by hyphens, at most 80 characters. `constructor` is a word of JavaScript. */
export const idPattern = /^[a-z0-9]+(-[a-z0-9]+)*$/
export const isId = (value: string): boolean =>
  value.length <= 80 && idPattern.test(value) && value !== 'constructor'

export const id = z
  .string()
  .regex(idPattern, 'must be lower-case letters and digits joined by single hyphens')
  .max(80, 'must have at most 80 characters')
  .refine((value) => value !== 'constructor', 'must not be the word "constructor"')

/** The name of an entity's stream, `<kind>-<id>`. It need not exist yet. */
export const streamName = z
  .string()
  .max(100)
  .regex(/^[a-z]+-[a-z0-9]+(-[a-z0-9]+)*$/, 'must be <kind>-<id>, such as fugitive-fito-2024')

const dateShape = /^(?!0000)\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$/

/** A date, month or year as printed: shown, never computed with. */
export const printedDate = z.string().regex(dateShape, 'must be a date, month or year, such as 2024-01-08')
