/** A text as UTF-8 that grows at its end. */
export type Bytes = {
  length(): number
  /** Makes room for about so many more. */
  reserve(more: number): void
  text(text: string): void
  /** Bytes of a text that is UTF-8 already. */
  copy(bytes: Uint8Array): void
  /** All that was written. Nothing more may be written then. */
  taken(): Buffer<ArrayBuffer>
}

export const createBytes = (): Bytes => {
  let buffer: Buffer<ArrayBuffer> = Buffer.allocUnsafeSlow(1024)
  let length = 0
  const reserve = (more: number) => {
    if (length + more <= buffer.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(length + more, buffer.length * 2))
    buffer.copy(grown, 0, 0, length)
    buffer = grown
  }
  return {
    length: () => length,
    reserve,
    text: (text) => {
      reserve(text.length * 3)
      length += buffer.write(text, length)
    },
    copy: (bytes) => {
      reserve(bytes.length)
      buffer.set(bytes, length)
      length += bytes.length
    },
    taken: () => buffer.subarray(0, length),
  }
}
