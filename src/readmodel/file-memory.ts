import { fstatSync, readSync } from 'node:fs'
import { type Mapped, mapFile } from './mapped.ts'

/** The bytes of a file that grows at its end. */
export type FileMemory = {
  /** So many bytes from a place on, fewer where the file ends; they can be read until others are asked for. */
  at(offset: number, length: number): Region
  close(): void
}

/** Bytes in memory that has others before them and after them. */
export type Region = { memory: Buffer; start: number; end: number }

/** Undefined: a file cannot be mapped here. `growth`: so many bytes it may grow before it is mapped again. */
export const mapMemory = (descriptor: number, growth = 2 ** 28): FileMemory | undefined => {
  const open = (size: number): Mapped | undefined => mapFile(descriptor, size + growth)
  let size = fstatSync(descriptor).size
  let mapped = open(size)
  if (!mapped) return undefined

  const grow = () => {
    size = fstatSync(descriptor).size
    if (!mapped || size <= mapped.memory.length) return
    mapped.unmap()
    mapped = open(size)
    if (!mapped) throw new Error('The system maps no more of the file.')
  }
  return {
    at: (offset, length) => {
      if (offset + length > size) grow()
      return { memory: mapped!.memory, start: offset, end: Math.min(offset + length, size) }
    },
    close: () => mapped?.unmap(),
  }
}

/** Where a file cannot be mapped, what is asked of it is read. */
export const readMemory = (descriptor: number): FileMemory => {
  let memory = Buffer.alloc(0)
  return {
    at: (offset, length) => {
      if (memory.length < length) memory = Buffer.alloc(length)
      return { memory, start: 0, end: readSync(descriptor, memory, 0, length, offset) }
    },
    close: () => undefined,
  }
}
