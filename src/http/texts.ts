import type { Context } from 'hono'
import type { Bytes } from '../readmodel/bytes.ts'

/** Writes an answer as JSON: what comes before its rows, they, and what comes after, which whoever writes them gives. */
export const writeAnswer = (into: Bytes, before: object, rows: () => object): void => {
  into.text(`${JSON.stringify(before).slice(0, -1)},"rows":[`)
  const after = rows()
  into.text(`],${JSON.stringify(after).slice(1)}`)
}

/** The answer of a question about states, which grows old by itself. */
export const jsonBytes = (c: Context, bytes: Bytes): Response =>
  c.body(bytes.taken(), 200, { 'content-type': 'application/json', 'cache-control': 'no-store' })
