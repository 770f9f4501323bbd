import type { Context } from 'hono'

/** An answer as JSON, its rows given as they are written: what comes before them, they, and what comes after. */
export const answerText = (before: object, rows: readonly string[], after: object): string =>
  `${JSON.stringify(before).slice(0, -1)},"rows":[${rows.join(',')}],${JSON.stringify(after).slice(1)}`

/** The answer of a question about states, which grows old by itself. */
export const jsonText = (c: Context, text: string): Response =>
  c.body(text, 200, { 'content-type': 'application/json', 'cache-control': 'no-store' })
