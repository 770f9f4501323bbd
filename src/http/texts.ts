import type { Context } from 'hono'
import { type Bytes, joined } from '../readmodel/bytes.ts'
import { connectionOf } from './connection.ts'

/**
 * Writes an answer as JSON: what comes before its rows, they, and what comes after, which whoever writes them gives. `name`: what
 * the rows are called.
 */
export const writeAnswer = (into: Bytes, before: object, rows: () => object, name = 'rows'): void => {
  into.text(`${JSON.stringify(before).slice(0, -1)},"${name}":[`)
  const after = rows()
  into.text(`],${JSON.stringify(after).slice(1)}`)
}

/** Writes what is long with commas between, each by itself: all of a page may be longer than a text can be. */
export const writeEach = (into: Bytes, items: readonly object[]): void => {
  for (const [index, item] of items.entries())
    into.copy(Buffer.from(`${index > 0 ? ',' : ''}${JSON.stringify(item)}`))
}

const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' }

/** The answer of a question about states, which grows old by itself. A large one is sent from where it was written. */
export const jsonBytes = (c: Context, bytes: Bytes): Response => {
  const { closed } = connectionOf(c)
  const pieces = bytes.pieces()
  if (pieces.length === 1 || !closed) return c.body(joined(bytes), 200, headers)
  closed(() => bytes.release())
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
  return c.body(ReadableStream.from(pieces), 200, { ...headers, 'content-length': String(length) })
}
