/** A text as UTF-8 that grows at its end, in pieces. */
export type Bytes = {
  text(text: string): void
  /** Bytes of a text that is UTF-8 already, all of them or from a place up to another. */
  copy(memory: Uint8Array, start?: number, end?: number): void
  /** All that was written: nothing more is. */
  pieces(): readonly Buffer[]
  /** The memory of the pieces may hold something else from now on. Who never says so only has others wait for new memory. */
  release(): void
}

const pieceSize = 2 ** 18
/** So many pieces are kept for others: memory that was written before is faster than new memory. */
const mostFree = 128
const free: Buffer[] = []
const none = Buffer.alloc(0)
/** So few bytes are copied sooner than a view of them is made, and so few characters written sooner than the system is called. */
const few = 64

const pieceFor = (bytes: number): Buffer =>
  (bytes <= pieceSize ? free.pop() : undefined) ?? Buffer.allocUnsafeSlow(Math.max(bytes, pieceSize))

export const createBytes = (): Bytes => {
  const full: Buffer[] = []
  let piece = pieceFor(0)
  let length = 0

  const reserve = (more: number) => {
    if (length + more <= piece.length) return
    full.push(piece.subarray(0, length))
    piece = pieceFor(more)
    length = 0
  }
  /** Writes the characters that are ASCII, up to the first that is not, and gives its place. */
  const writeAscii = (text: string): number => {
    for (let at = 0; at < text.length; at++) {
      const character = text.charCodeAt(at)
      if (character > 0x7f) return at
      piece[length++] = character
    }
    return text.length
  }
  return {
    text: (text) => {
      reserve(text.length * 3)
      const written = text.length > few ? 0 : writeAscii(text)
      if (written < text.length) length += piece.write(text.slice(written), length)
    },
    copy: (memory, start = 0, end = memory.length) => {
      reserve(end - start)
      if (end - start > few) piece.set(memory.subarray(start, end), length)
      else for (let at = start; at < end; at++) piece[length + at - start] = memory[at]!
      length += end - start
    },
    pieces: () => [...full, piece.subarray(0, length)],
    release: () => {
      for (const { buffer } of [...full.splice(0), piece])
        if (buffer.byteLength === pieceSize && free.length < mostFree) free.push(Buffer.from(buffer))
      piece = none
      length = 0
    },
  }
}

/** All that was written, in one. */
export const joined = (bytes: Bytes): Buffer<ArrayBuffer> => {
  const all = Buffer.concat(bytes.pieces())
  bytes.release()
  return all
}
