/** How the numbers of a column are kept: whole ones below 2^8 or 2^32, or any. */
const makers = {
  byte: (room: number | ArrayBuffer) => new Uint8Array(room as ArrayBuffer),
  whole: (room: number | ArrayBuffer) => new Uint32Array(room as ArrayBuffer),
  number: (room: number | ArrayBuffer) => new Float64Array(room as ArrayBuffer),
}

type Makers = typeof makers
export type Numbers = Uint8Array | Uint32Array | Float64Array

/**
 * A column of numbers that grows at its end. `values` is longer than the column: only the first `length` count, and it
 * is another array once the column has grown.
 */
export type Column<Values extends Numbers = Numbers> = {
  values: Values
  length: number
  /** Adds a number, and gives its place. */
  push(value: number): number
  /** Makes room, so that the column can be so long without being moved. */
  reserve(length: number): void
  /** Adds the same number until the column is so long. */
  fill(value: number, length: number): void
  /** Empties the column, and lets go of what it held. */
  clear(): void
  /** Has the memory of another column, and so many numbers in it, in the place of its own. */
  have(memory: ArrayBuffer, length: number): void
  /** Puts numbers, given as bytes, at a place, after which the column ends. */
  put(start: number, bytes: Uint8Array): void
  /** The bytes of the numbers from a place on, up to another or to its end. Not a copy. */
  bytes(start: number, end?: number): Uint8Array
}

export const createColumn = <Name extends keyof Makers>(name: Name): Column<ReturnType<Makers[Name]>> => {
  const make = makers[name] as (room: number | ArrayBuffer) => ReturnType<Makers[Name]>
  const reserve = (length: number) => {
    if (length <= column.values.length) return
    const grown = make(Math.max(length, Math.ceil(column.values.length * 1.5)))
    grown.set(column.values)
    column.values = grown
  }
  const column: Column<ReturnType<Makers[Name]>> = {
    values: make(64),
    length: 0,
    push(value) {
      if (column.length === column.values.length) reserve(column.length + 1)
      column.values[column.length] = value
      return column.length++
    },
    reserve,
    fill(value, length) {
      if (length <= column.length) return
      reserve(length)
      column.values.fill(value, column.length, length)
      column.length = length
    },
    clear() {
      column.values = make(64)
      column.length = 0
    },
    have(memory, length) {
      column.values = make(memory)
      column.length = length
    },
    put(start, bytes) {
      const size = column.values.BYTES_PER_ELEMENT
      reserve(start + bytes.byteLength / size)
      new Uint8Array(column.values.buffer).set(bytes, start * size)
      column.length = start + bytes.byteLength / size
    },
    bytes: (start, end = column.length) => {
      const size = column.values.BYTES_PER_ELEMENT
      return new Uint8Array(column.values.buffer, start * size, (end - start) * size)
    },
  }
  return column
}
