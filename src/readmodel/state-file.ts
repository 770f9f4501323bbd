import { closeSync, constants, fdatasyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'
import { crc32 } from 'node:zlib'

/**
 * The texts of states as they follow each other in a file. A state's number is its place there, in steps of 16 bytes; 0 is
 * no state. At its place stand four bytes with the length of its text, four with the CRC-32 of it (little-endian, begun
 * with the number, so that a text in another's place is noticed), and the text itself as UTF-8.
 */
export type StateFile = {
  /** The text of a state; undefined: it is not there, or not as it was written. */
  read(number: number): string | undefined
  close(): void
}

/** Bytes, and from which state's place on they belong. */
export type Stretch = { number: number; bytes: Uint8Array }

const step = 16
const head = 8

/** The bytes that a text takes at the most. */
export const mostBytes = (text: string): number => placesOf(head + text.length * 3) * step

/** How many places so many bytes take. */
export const placesOf = (bytes: number): number => Math.ceil(bytes / step)

/** Writes a text where a state's place is, and gives how many places it takes. */
export const writeState = (into: Buffer, offset: number, number: number, text: string): number => {
  const length = into.write(text, offset + head)
  into.writeUInt32LE(length, offset)
  into.writeUInt32LE(crc32(into.subarray(offset + head, offset + head + length), number), offset + 4)
  return placesOf(head + length)
}

/** The text where a state's place is; undefined: it is not as it was written. */
export const readState = (from: Buffer, offset: number, number: number): string | undefined => {
  const start = offset + head
  if (start > from.length) return undefined
  const end = start + from.readUInt32LE(offset)
  if (end > from.length) return undefined
  const bytes = from.subarray(start, end)
  return crc32(bytes, number) === from.readUInt32LE(offset + 4) ? bytes.toString() : undefined
}

/** Where bytes of a stretch are, from the place of its first state on. */
export const offsetOf = (number: number, from: number): number => (number - from) * step

/** Beside a read model's database. */
export const stateFileOf = (path: string): string => `${path.replace(/\.db$/, '')}.states`

/** Opens or creates the file beside a read model's database. */
export const openStateFile = (path: string): StateFile => {
  const descriptor = openSync(stateFileOf(path), constants.O_RDONLY | constants.O_CREAT, 0o644)
  const usual = Buffer.alloc(4096)

  /** As much as a state of the usual length takes, or so many bytes. */
  const bytesAt = (number: number, into: Buffer): Buffer =>
    into.subarray(0, readSync(descriptor, into, 0, into.length, number * step))

  return {
    read: (number) => {
      try {
        const bytes = bytesAt(number, usual)
        if (bytes.length < head) return undefined
        const length = head + bytes.readUInt32LE(0)
        if (length <= bytes.length) return readState(bytes, 0, number)
        // What is damaged may claim any length.
        if (bytes.length < usual.length || length > longest) return undefined
        return readState(bytesAt(number, Buffer.alloc(length)), 0, number)
      } catch {
        return undefined
      }
    },
    close: () => closeSync(descriptor),
  }
}

const longest = 2 ** 28

/** Writes stretches into a file of states; what `write` was given is on the disk when it returns. */
export type StateWriter = { write(stretches: readonly Stretch[]): void; close(): void }

/** Opens or creates the file beside a read model's database. `isNew`: what is there is of one that is gone. */
export const openStateWriter = (path: string, isNew: boolean): StateWriter => {
  const descriptor = openSync(stateFileOf(path), constants.O_WRONLY | constants.O_CREAT, 0o644)
  if (isNew) ftruncateSync(descriptor)
  return {
    write: (stretches) => {
      for (const { number, bytes } of stretches)
        for (let done = 0; done < bytes.length;)
          done += writeSync(descriptor, bytes, done, bytes.length - done, number * step + done)
      if (stretches.length > 0) fdatasyncSync(descriptor)
    },
    close: () => closeSync(descriptor),
  }
}

/** In place of a file, memory. */
export const createStateMemory = (): StateFile & StateWriter => {
  let memory = Buffer.alloc(0)
  return {
    read: (number) => (number * step < memory.length ? readState(memory, number * step, number) : undefined),
    write: (stretches) => {
      for (const { number, bytes } of stretches) {
        const start = number * step
        if (start + bytes.length > memory.length) {
          const grown = Buffer.alloc(Math.max(start + bytes.length, memory.length * 2))
          memory.copy(grown)
          memory = grown
        }
        memory.set(bytes, start)
      }
    },
    close: () => undefined,
  }
}
