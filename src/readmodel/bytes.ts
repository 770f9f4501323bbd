/** A text as UTF-8 that grows at its end. */
export type Bytes = {
  text(text: string): void
  /** Bytes of a text that is UTF-8 already. */
  copy(bytes: Uint8Array): void
  /** All that was written. */
  taken(): Buffer<ArrayBuffer>
}

/** What is written into before it is known how much it is: memory that was written before is faster than new memory. */
let spare: Buffer<ArrayBuffer> | null = Buffer.allocUnsafeSlow(2 ** 20)

export const createBytes = (): Bytes => {
  let buffer = spare ?? Buffer.allocUnsafeSlow(2 ** 16)
  let isSpare = spare !== null
  spare = null
  let length = 0
  /** Texts that follow each other, written at once. */
  let waiting = ''

  const reserve = (more: number) => {
    if (length + more <= buffer.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(length + more, buffer.length * 2))
    buffer.copy(grown, 0, 0, length)
    if (isSpare) spare = buffer
    isSpare = false
    buffer = grown
  }
  const flush = () => {
    reserve(waiting.length * 3)
    length += buffer.write(waiting, length)
    waiting = ''
  }
  return {
    text: (text) => {
      waiting += text
    },
    copy: (bytes) => {
      if (waiting !== '') flush()
      reserve(bytes.length)
      buffer.set(bytes, length)
      length += bytes.length
    },
    taken: () => {
      flush()
      if (!isSpare) return buffer.subarray(0, length)
      const taken = Buffer.allocUnsafeSlow(length)
      buffer.copy(taken, 0, 0, length)
      spare = buffer
      isSpare = false
      buffer = taken
      return taken
    },
  }
}
