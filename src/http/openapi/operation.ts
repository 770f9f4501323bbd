import { z } from 'zod'
import type { ErrorCode } from '../../errors.ts'
import type { Role } from '../../keys/role.ts'
import { ndjson } from '../ndjson.ts'
import type { ExampleLedger, Sent } from './example-ledger.ts'

/** A media type of a request or an answer: its schema, and an example, or several by name. */
export type Content = { schema: z.ZodType; of?: z.ZodType } & (
  | { example: unknown }
  | { examples: Readonly<Record<string, { summary: string; value: unknown }>> }
)

export type Answer = {
  /** Under this name the document says it once, for every operation that gives it. */
  shared?: string
  description: string
  content: Readonly<Record<string, Content>>
  headers?: z.ZodObject
}

/** One thing the service does at one address, as a document tells it. Paths are written with `{name}`. */
export type Operation = {
  id: string
  tag: string
  summary: string
  description?: string
  method: 'get' | 'post'
  /** What the key of whoever asks must allow; null: it takes no key. Default: by its method. */
  role?: Role | null
  path: string
  params?: z.ZodObject
  query?: z.ZodObject
  headers?: z.ZodObject
  body?: { description: string; content: Readonly<Record<string, Content>> }
  answers: Readonly<Record<number, Answer>>
  /** The codes of the problems it can answer with. */
  problems: readonly ErrorCode[]
}

/** What every route can answer with, also one that takes no key. */
export const anyway = ['forbidden', 'internal'] as const satisfies readonly ErrorCode[]

/** What every route can answer with that takes a key. */
export const always = ['unauthorized', ...anyway] as const satisfies readonly ErrorCode[]

/** What a question about a coordinate can answer with. */
export const asking = ['invalid', ...always, 'unavailable'] as const satisfies readonly ErrorCode[]

/** What an example ledger answers: a value where that is one JSON value, else a text. Throws unless the status is as told. */
export const answered = async (
  { ask }: ExampleLedger,
  sent: string | Sent,
  status = 200,
): Promise<unknown> => {
  const response = await ask(sent)
  if (response.status !== status)
    throw new Error(`${JSON.stringify(sent)} is answered with ${response.status}: ${await response.text()}`)
  return /\bjson$/.test(mediaType(response)) && mediaType(response) !== ndjson
    ? response.json()
    : response.text()
}

const mediaType = (response: Response): string => response.headers.get('content-type')?.split(';')[0] ?? ''

export const json = (schema: z.ZodType, example: unknown): Record<string, Content> => ({
  'application/json': { schema, example },
})

/** Lines of JSON, each of one shape. */
export const linesOf = (of: z.ZodType, about: string, example: unknown): Record<string, Content> => ({
  [ndjson]: { schema: z.string().describe(about), of, example },
})
