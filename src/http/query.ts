import type { Context } from 'hono'
import { z } from 'zod'
import type { Filter } from '../answer/filter.ts'
import { invalidAt, LedgerError } from '../errors.ts'
import { parsed, pointerTo } from '../ledger/faults.ts'
import { parseInstant } from '../time/instant.ts'
import { isZone } from '../time/zone.ts'
import { wordsOf } from '../answer/words.ts'
import { realities } from '../vocabulary/envelope.ts'
import { clean, id } from '../vocabulary/text.ts'

const digits = z.string().regex(/^\d{1,16}$/, 'must be a whole number')
const whole = digits
  .transform(Number)
  .refine((value) => Number.isSafeInteger(value), 'must be a whole number below 2^53')

const names = z
  .string()
  .regex(/^[A-Za-z_-]+(,[A-Za-z_-]+)*$/, 'must be one value, or several joined by commas')
  .transform((value) => value.split(','))

const text = clean(z.string().min(1, 'must not be empty').max(300))

/** Parameters that name a coordinate. */
export const coordinateQuery = {
  asOf: text
    .optional()
    .describe('What held in the world then: an instant, or a date (its last millisecond). Default: now'),
  knownAt: text
    .optional()
    .describe(
      'As far as the ledger knew then: an instant, a date, or a position. Default: all that is known',
    ),
  zone: text.optional().describe('IANA time zone in which dates are read'),
  minPosition: whole.optional().describe('Wait until the answers have reached this position'),
}

/** Parameters that page. */
export const pageQuery = {
  limit: digits
    .transform(Number)
    .refine((value) => value >= 1 && value <= 1000, 'must be from 1 to 1000')
    .optional()
    .describe('At most so many, 1 to 1000. Default: 100'),
  cursor: z.string().max(4000).optional().describe('Where the page before ended: its `next`'),
}

/** Parameters that filter states, of whatever kind. */
export const placeQuery = {
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, 'must be an ISO 3166-1 alpha-2 code, such as EC')
    .optional()
    .describe('ISO 3166-1 alpha-2 code of a country it covers'),
  subdivision: z
    .string()
    .regex(/^[A-Z]{2}-[A-Z0-9]{1,3}$/, 'must be an ISO 3166-2 code, such as EC-G')
    .optional()
    .describe('ISO 3166-2 code. Matches also what is known for its country only'),
  crisis: id.optional().describe('The crisis that one of its events names'),
  certainty: z
    .enum(['certain', 'possible'])
    .optional()
    .describe('Only what is certain, or only what is possible'),
  reality: z.enum(realities).optional().describe('Default: actual'),
  q: text.optional().describe('Each word begins a word of the state'),
}

/** Parameters of a list. */
export const listQuery = {
  status: names.optional().describe('Statuses joined by commas, `active` (default) or `any`'),
  type: names.optional().describe('Types joined by commas'),
  ...placeQuery,
}

export const filterSchema = z.strictObject(listQuery)
export type FilterQuery = z.output<typeof filterSchema>

/** The filter part of a query. */
export const filterPart = (query: Record<string, unknown>): Partial<FilterQuery> =>
  Object.fromEntries(
    Object.keys(filterSchema.shape).flatMap((name) =>
      query[name] === undefined ? [] : [[name, query[name]]],
    ),
  )

/** Whether all bytes that are percent-encoded in a text are UTF-8. A % that encodes nothing stands for itself (WHATWG URL, 1.3). */
const isUtf8 = (encoded: string): boolean => {
  try {
    for (const [bytes] of encoded.matchAll(/(%[\dA-Fa-f]{2})+/g)) decodeURIComponent(bytes)
    return true
  } catch {
    return false
  }
}

/** The parameters of a request as they are written, each once. Throws `invalid` for one given twice, and for what is no UTF-8. */
const writtenQuery = (c: Context): Record<string, string> => {
  if (!c.req.url.includes('?')) return {}
  const { search, searchParams } = new URL(c.req.url)
  const given = new Map<string, string>()
  if (!isUtf8(search))
    throw new LedgerError(
      'invalid',
      'The query is no UTF-8: write what is not ASCII as the percent-encoded bytes of UTF-8.',
    )
  for (const [name, value] of searchParams) {
    if (given.has(name)) throw invalidAt(pointerTo(['query', name]), 'is given twice: give it once')
    given.set(name, value)
  }
  return Object.fromEntries(given)
}

/** The parameters of a request, each once. Throws `invalid` for one unknown, doubled or out of range. */
export const queryOf = <S extends z.ZodType>(c: Context, schema: S): z.output<S> =>
  parsed(schema, writtenQuery(c), '/query')

const statusOf = (status: readonly string[] | undefined, known: readonly string[]): Filter['status'] => {
  if (!status) return 'active'
  if (status.includes('any')) return 'any'
  for (const one of status)
    if (one !== 'active' && !known.includes(one))
      throw invalidAt(
        '/query/status',
        `"${one}" is no status here: write active, any, or some of ${known.join(', ')}`,
      )
  return status
}

/** The filter that parameters make, for kinds with these statuses and types. Throws `invalid`. */
export const filterOf = (
  { status, type, q, reality = 'actual', ...rest }: Partial<FilterQuery>,
  statuses: readonly string[],
  types: readonly string[],
  question?: readonly string[],
): Filter => {
  for (const one of type ?? [])
    if (!types.includes(one))
      throw invalidAt(
        '/query/type',
        types.length > 0
          ? `"${one}" is no type here: write some of ${types.join(', ')}`
          : 'this kind has no types',
      )
  const words = q === undefined ? undefined : wordsOf(q)
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
  return {
    ...given,
    status: statusOf(status, statuses),
    reality,
    ...(type && { type }),
    ...(words && { words }),
    ...(question && { question }),
  }
}

const instant = z.string().refine((value) => parseInstant(value) === value)

const at = z.strictObject({
  asOf: instant,
  knownAt: instant.nullable(),
  zone: z.string().refine(isZone),
  position: z.int().min(0),
})

const cursorSchema = z.strictObject({
  path: z.string(),
  query: z.record(z.string(), z.string()),
  at,
  from: at.optional(),
  after: z.string(),
})

/**
 * A cursor: the address and the query it goes on with, the coordinate it pins (or the two, if what is asked is how they
 * differ), and where the page before ended.
 */
export type Cursor = z.output<typeof cursorSchema>

/** What a cursor goes on with does not depend on how long the pages are, or on how far the answers had come. */
const ofOnePage: ReadonlySet<string> = new Set(['cursor', 'limit', 'minPosition'])

/** What the pages of an answer share of a query, as it is written. */
export const lastingQuery = (c: Context): Record<string, string> =>
  Object.fromEntries(Object.entries(writtenQuery(c)).filter(([name]) => !ofOnePage.has(name)))

export const cursorText = (cursor: Cursor): string =>
  Buffer.from(JSON.stringify(cursor)).toString('base64url')

const cursorFrom = (text: string): Cursor => {
  try {
    return cursorSchema.parse(JSON.parse(Buffer.from(text, 'base64url').toString()))
  } catch {
    throw invalidAt('/query/cursor', 'is no cursor: take `next` of the page before, unchanged')
  }
}

/** Reads a cursor for a request. Throws `invalid` for what is none, is another's, or was made for other parameters. */
export const cursorOf = (c: Context, text: string): Cursor => {
  const cursor = cursorFrom(text)
  const { pathname } = new URL(c.req.url)
  if (cursor.path !== pathname)
    throw invalidAt('/query/cursor', `belongs to ${cursor.path}: take \`next\` of the page before, unchanged`)
  for (const [name, value] of Object.entries(lastingQuery(c)))
    if (cursor.query[name] !== value)
      throw new LedgerError(
        'invalid',
        `The cursor was made for another ${name}: leave ${name} out, or start anew.`,
        { errors: [{ pointer: pointerTo(['query', name]), detail: 'differs from that of the cursor' }] },
      )
  return cursor
}
