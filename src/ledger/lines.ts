import { setImmediate as nextTurn } from 'node:timers/promises'
import { LedgerError } from '../errors.ts'

/** The longest line of a file, in bytes. An event may have 256 KiB. */
export const lineLimit = 1024 * 1024

/** A line of a file by its number, from 1: its text, or why it could not be read. */
export type Line = { number: number; text: string } | { number: number; fault: LedgerError }

const strict = new TextDecoder('utf-8', { fatal: true })
const newline = 0x0a

const lineOf = (number: number, parts: readonly Uint8Array[], size: number): Line => {
  if (size > lineLimit)
    return {
      number,
      fault: new LedgerError('too_large', `A line has at most ${lineLimit} bytes; this one has ${size}.`),
    }
  try {
    return { number, text: strict.decode(parts.length === 1 ? parts[0] : Buffer.concat(parts)) }
  } catch {
    return {
      number,
      fault: new LedgerError('invalid', 'The line is not well-formed UTF-8: write it as UTF-8.'),
    }
  }
}

/** The lines of a file that comes in pieces. Blank lines are passed over; memory holds what a piece holds at the most. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  for await (const lines of lineGroupsOf(chunks)) yield* lines
}

/** The same lines, those together that end in one piece. */
export async function* lineGroupsOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Line[]> {
  let parts: Uint8Array[] = []
  let size = 0
  let number = 0
  const add = (part: Uint8Array) => {
    size += part.byteLength
    if (size > lineLimit) parts = []
    else parts.push(part)
  }
  const isBlank = (line: Line) => 'text' in line && line.text.trim() === ''
  for await (const chunk of chunks) {
    const lines: Line[] = []
    let start = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      add(chunk.subarray(start, end))
      const line = lineOf(++number, parts, size)
      if (!isBlank(line)) lines.push(line)
      parts = []
      size = 0
      start = end + 1
    }
    // A chunk may be reused by its source once it is given back. A Buffer's own slice is no copy.
    if (start < chunk.byteLength) add(Uint8Array.prototype.slice.call(chunk, start))
    if (lines.length > 0) yield lines
  }
  if (size === 0) return
  const line = lineOf(++number, parts, size)
  if (!isBlank(line)) yield [line]
}

/**
 * The same groups, larger where they come fast: those that come within a turn of the event loop after each other are
 * given together, until there are so many lines. What has come is given before what comes next is waited for.
 */
export async function* gathered(
  groups: AsyncIterable<readonly Line[]>,
  enough: number,
): AsyncGenerator<readonly Line[]> {
  const iterator = groups[Symbol.asyncIterator]()
  const advance = () => {
    const next = iterator.next()
    // Whoever waits for it is told as well.
    next.catch(() => undefined)
    return next
  }
  for (let next = advance(); ;) {
    const first = await next
    if (first.done) return
    const lines = [...first.value]
    next = advance()
    while (lines.length < enough) {
      const more = await Promise.race([next.catch(() => null), nextTurn(null)])
      if (more === null || more.done) break
      lines.push(...more.value)
      next = advance()
    }
    yield lines
  }
}
