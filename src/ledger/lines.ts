import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises'
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

/** How far a file was read: the lines that ended, and what there is of the next, which may have grown too long to keep. */
export type Place = { number: number; parts: Uint8Array[]; size: number }

/** Cuts a file that comes in pieces into lines, passing over blank ones. Memory holds what a piece holds at the most. */
export type Cutter = {
  /** The lines that end in the next piece. */
  take(chunk: Uint8Array): Line[]
  /** The line that ends with the file. */
  rest(): Line[]
  /** Where it is, for another that goes on. */
  place(): Place
}

const isBlank = (line: Line) => 'text' in line && line.text.trim() === ''

export const createCutter = (from: Place = { number: 0, parts: [], size: 0 }): Cutter => {
  let { number, parts, size } = from
  const add = (part: Uint8Array) => {
    size += part.byteLength
    if (size > lineLimit) parts = []
    else parts.push(part)
  }
  const ended = (): Line => {
    const line = lineOf(++number, parts, size)
    parts = []
    size = 0
    return line
  }
  return {
    take(chunk) {
      const lines: Line[] = []
      let start = 0
      for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
        add(chunk.subarray(start, end))
        const line = ended()
        if (!isBlank(line)) lines.push(line)
        start = end + 1
      }
      // A chunk may be reused by its source once it is given back. A Buffer's own slice is no copy.
      if (start < chunk.byteLength) add(Uint8Array.prototype.slice.call(chunk, start))
      return lines
    },
    rest: () => (size === 0 ? [] : [ended()].filter((line) => !isBlank(line))),
    place: () => ({ number, parts, size }),
  }
}

/** The lines of a file that comes in pieces. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  for await (const lines of lineGroupsOf(chunks)) yield* lines
}

/** The same lines, those together that end in one piece. */
export async function* lineGroupsOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Line[]> {
  const cutter = createCutter()
  for await (const chunk of chunks) {
    const lines = cutter.take(chunk)
    if (lines.length > 0) yield lines
  }
  const last = cutter.rest()
  if (last.length > 0) yield last
}

/**
 * The same groups, larger where they come fast: those that come within a turn of the event loop after each other, or within so
 * many milliseconds in all, are given together, until they weigh enough. What has come then is given before what comes next is
 * waited for.
 */
export async function* gathered<Item>(
  groups: AsyncIterable<readonly Item[]>,
  enough: number,
  weightOf: (item: Item) => number = () => 1,
  patience = 0,
): AsyncGenerator<readonly Item[]> {
  const weightOfAll = (items: readonly Item[]) => items.reduce((sum, item) => sum + weightOf(item), 0)
  const iterator = groups[Symbol.asyncIterator]()
  const advance = () => {
    const next = iterator.next()
    // Whoever waits for it is told as well.
    next.catch(() => undefined)
    return next
  }
  try {
    for (let next = advance(); ;) {
      const first = await next
      if (first.done) return
      const items = [...first.value]
      let weight = weightOfAll(items)
      next = advance()
      const isOver = patience > 0 ? wait(patience, null, { ref: false }) : null
      while (weight < enough) {
        const more = await Promise.race([next.catch(() => null), isOver ?? nextTurn(null)])
        if (more === null || more.done) break
        items.push(...more.value)
        weight += weightOfAll(more.value)
        next = advance()
      }
      yield items
    }
  } finally {
    void iterator.return?.().catch(() => undefined)
  }
}
