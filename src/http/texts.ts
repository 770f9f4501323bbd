import type { Context } from 'hono'
import { type Bytes, joined } from '../readmodel/bytes.ts'
import type { Pace } from '../readmodel/in-turns.ts'
import { connectionOf } from './connection.ts'
import type { Service } from './service.ts'

/** Writes an answer as JSON: what comes before its rows, they, and what comes after, which whoever writes them gives. */
export const writeAnswer = (into: Bytes, before: object, rows: () => object): void => {
  into.text(`${JSON.stringify(before).slice(0, -1)},"rows":[`)
  const after = rows()
  into.text(`],${JSON.stringify(after).slice(1)}`)
}

/** How long others wait for a turn while a page is made. */
export const pagePace = ({ ticks }: Pick<Service, 'ticks'>): Pace => ({ ticks, every: 10 })

/** So many bytes of what is long are written in a step. */
const stepLength = 256 * 1024

/**
 * Writes an answer as JSON, in steps: what comes before its lists, they, by their names, and what comes after. Each of their items
 * by itself: all of a page may be longer than a text can be.
 */
export function* writeLists(
  into: Bytes,
  before: object,
  lists: Readonly<Record<string, readonly object[]>>,
  after: object,
): Generator<void> {
  into.text(JSON.stringify(before).slice(0, -1))
  let length = 0
  for (const [name, items] of Object.entries(lists)) {
    into.text(`,"${name}":[`)
    for (const [index, item] of items.entries()) {
      const bytes = Buffer.from(`${index > 0 ? ',' : ''}${JSON.stringify(item)}`)
      into.copy(bytes)
      length += bytes.length
      if (length < stepLength) continue
      yield
      length = 0
    }
    into.text(']')
  }
  into.text(`,${JSON.stringify(after).slice(1)}`)
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
