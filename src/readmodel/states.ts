import { firstPlace } from '../answer/search.ts'
import type { Bytes } from './bytes.ts'
import { LedgerError } from '../errors.ts'
import type { Region } from './file-memory.ts'
import {
  bytesBetween,
  endOfFile,
  mostBytes,
  placesOf,
  type StateFile,
  type Stretch,
  textIn,
  writeState,
} from './state-file.ts'

/** The texts of states, as JSON, by their numbers. 0: nothing holds. */
export type States = {
  add(text: string): number
  /** The texts by their numbers; `null` for 0. What the file has lost is made again. */
  texts(numbers: Iterable<number>): Map<number, string>
  /** Writes the text of one. */
  write(number: number, into: Bytes): void
  /** How many were found to be lost. */
  lost(): number
  /** The number after the last in each file there is; the first is where the next one comes. */
  ends(): readonly number[]
  /** How many bytes came since they were taken. */
  waiting(): number
  /** Those that came since this was asked last, as bytes: whoever asks writes them, and changes none. */
  take(): Stretch[]
  /** Those that were taken are in the file. */
  written(): void
}

/** States that follow each other in memory, and how many bytes of them there are, and were taken. */
type Chunk = { number: number; buffer: Buffer; length: number; taken: number }

const chunkSize = 2 ** 20
/** So many that are in the file already are kept: what was written last is often read again. */
const keptChunks = 16
/** So many that are no longer kept are written to again: memory that is new must be emptied first. */
const spareChunks = 128

/** `ends`: the first number that is not in use, in each file; `made` makes the text of a number from the events. */
export const createStates = (
  file: StateFile,
  ends: readonly number[],
  made: (number: number) => string,
): States => {
  const chunks: Chunk[] = []
  const spare: Buffer[] = []
  const mended = new Map<number, Region>()
  const [first = 0, ...others] = ends
  let next = first
  let untaken = first
  /** So many chunks are in the file once what was taken is written; the last of them may still grow. */
  let handed = 0

  /** Memory that is not copied when a thread of its own writes it. */
  const chunkFor = (bytes: number): Chunk => {
    const last = chunks.at(-1)
    if (last && last.length + bytes <= last.buffer.length) return last
    const used = bytes > chunkSize ? undefined : spare.pop()
    const buffer = used ?? Buffer.from(new SharedArrayBuffer(Math.max(chunkSize, bytes)))
    const chunk = { number: next, buffer, length: 0, taken: 0 }
    chunks.push(chunk)
    return chunk
  }

  const find = (number: number): Region | undefined => {
    const chunk = chunks[firstPlace(chunks.length, (place) => chunks[place]!.number > number) - 1]
    const start = chunk ? bytesBetween(chunk.number, number) : 0
    return chunk && start < chunk.length
      ? textIn({ memory: chunk.buffer, start, end: chunk.length })
      : file.read(number)
  }

  const textOf = (number: number): Region => {
    const text = find(number) ?? mended.get(number)
    if (text) return text
    const memory = Buffer.from(made(number))
    const again = { memory, start: 0, end: memory.length }
    mended.set(number, again)
    return again
  }

  return {
    add: (text) => {
      const most = mostBytes(text)
      if (next + placesOf(most) >= endOfFile(next))
        throw new LedgerError(
          'unavailable',
          'The file of the read model has no room for more states: report it.',
        )
      const chunk = chunkFor(most)
      const number = next
      next += writeState(chunk.buffer, chunk.length, number, text)
      chunk.length = bytesBetween(chunk.number, next)
      return number
    },
    texts: (numbers) => {
      const found = new Map<number, string>([[0, 'null']])
      for (const number of numbers) {
        if (found.has(number)) continue
        const { memory, start, end } = textOf(number)
        found.set(number, memory.toString('utf8', start, end))
      }
      return found
    },
    write: (number, into) => {
      if (number === 0) return into.text('null')
      const { memory, start, end } = textOf(number)
      into.copy(memory, start, end)
    },
    lost: () => mended.size,
    ends: () => [next, ...others],
    waiting: () => bytesBetween(untaken, next),
    take: () => {
      untaken = next
      handed = chunks.length
      return chunks.flatMap((chunk) => {
        const { number, buffer, length, taken } = chunk
        chunk.taken = length
        const bytes = buffer.subarray(taken, length)
        return bytes.length === 0 ? [] : [{ number: number + placesOf(taken), bytes }]
      })
    },
    written: () => {
      const gone = handed - keptChunks
      if (gone <= 0) return
      for (const { buffer } of chunks.splice(0, gone))
        if (buffer.length === chunkSize && spare.length < spareChunks) spare.push(buffer)
      handed -= gone
    },
  }
}
