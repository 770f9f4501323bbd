import type { Form } from './form.ts'
import { type Read, readLine } from './line.ts'
import { createCutter, gathered } from './lines.ts'
import { inFlight } from './in-flight.ts'
import { readsOf } from './crossing.ts'
import { type Reader, startReader } from './reader.ts'

/** A file is long when so many bytes of it have come: a thread is started to read the rest. */
const long = 2 * 1024 * 1024

/** So many pieces of a long file are being read at once: as many as are recorded together. */
const ahead = 512

/** A line weighs one; one that is longer than a KiB counts as several. */
const weightOf = ({ size }: Read<unknown>): number => 1 + Math.floor(size / 1024)

/** Lines that come together, at most so many: within a turn of the event loop after each other, or in so many milliseconds. */
export const windowsOf = <Item>(
  chunks: AsyncIterable<Uint8Array>,
  form: Form<Item>,
  most: number,
  patience = 0,
): AsyncGenerator<readonly Read<Item>[]> => gathered(readingOf(chunks, form), most, weightOf, patience)

/** One thread reads at a time, so that many files take no more memory. The others are read here. */
let isReading = false

/**
 * The lines of a file that comes in pieces, read against the vocabulary, those together that end in one piece. A long
 * file is read by another thread, some pieces ahead.
 */
export async function* readingOf<Item>(
  chunks: AsyncIterable<Uint8Array>,
  form: Form<Item>,
): AsyncGenerator<readonly Read<Item>[]> {
  const cutter = createCutter()
  const pieces = chunks[Symbol.asyncIterator]()
  let reader: Reader | null = null
  let bytes = 0
  try {
    while (!reader?.isReady()) {
      const next = await pieces.next()
      const lines = next.done ? cutter.rest() : cutter.take(next.value)
      if (lines.length > 0) yield lines.map((line) => readLine(form, line))
      if (next.done) return
      bytes += next.value.byteLength
      if (reader || bytes < long || isReading) continue
      isReading = true
      reader = startReader()
    }
    const { begin, read } = reader
    begin({ form: form.name, place: cutter.place() })
    for await (const told of inFlight(thenRest(pieces), read, ahead)) yield readsOf(form, told)
  } finally {
    void pieces.return?.()
    if (reader) {
      await reader.end()
      isReading = false
    }
  }
}

async function* thenRest(pieces: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array | 'rest'> {
  for (;;) {
    const next = await pieces.next()
    yield next.done ? 'rest' : next.value
    if (next.done) return
  }
}
