import { closeSync, constants, fdatasyncSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { createChecked } from './checked.ts'
import { type FileMemory, mapMemory, readMemory, type Region } from './file-memory.ts'
import { stateFileOf } from './files.ts'

/**
 * The texts of states as they follow each other in up to four files, one for each part that the read model was made in. A
 * state's number is its place: two bits for the file, and thirty for where it is in that, in steps of 64 bytes from the
 * second on; 0 is no state. At its place stand four bytes with the length of its text, four with the CRC-32 of it
 * (little-endian, begun with the number, so that a text in another's place is noticed), and the text itself as UTF-8.
 */
export type StateFile = {
  /**
   * Where the text of a state is, until the next is read; undefined: it is not there, or not as it was written. That is
   * looked at when it is read first.
   */
  read(number: number): Region | undefined
  /** Whether a file is there up to the number after its last state. */
  reaches(end: number): boolean
  close(): void
}

/** Writes stretches into the files of states; what `write` was given is on the disk when it returns. */
export type StateWriter = { write(stretches: readonly Stretch[]): void; close(): void }

/** Bytes, and from which state's place on they belong. */
export type Stretch = { number: number; bytes: Uint8Array }

/** A file has room for 64 GiB. */
export const step = 64
const head = 8

const fileOf = (number: number): number => number >>> 30
const offsetIn = (number: number): number => (number & 0x3fff_ffff) * step

/** The number of the first state of a file. */
export const firstOf = (file: number): number => file * 2 ** 30 + 1

/** The first number that is no place of the file in which a state is. */
export const endOfFile = (number: number): number => (fileOf(number) + 1) * 2 ** 30

/** How many places so many bytes take. */
export const placesOf = (bytes: number): number => Math.ceil(bytes / step)

/** The bytes that a text takes at the most. */
export const mostBytes = (text: string): number => placesOf(head + text.length * 3) * step

/** The bytes from one state's place to another's. */
export const bytesBetween = (from: number, to: number): number => (to - from) * step

/** Writes a text where a state's place is, and gives how many places it takes. */
export const writeState = (into: Buffer, offset: number, number: number, text: string): number => {
  const length = into.write(text, offset + head)
  into.writeUInt32LE(length, offset)
  into.writeUInt32LE(crc32(into.subarray(offset + head, offset + head + length), number), offset + 4)
  return placesOf(head + length)
}

/** As many bytes as a state says it has with what stands before its text. */
const wholeIn = ({ memory, start, end }: Region): number =>
  start + head > end ? Infinity : head + memory.readUInt32LE(start)

/** The text of a state whose place begins a region; undefined: the region ends before it. */
export const textIn = (region: Region): Region | undefined => {
  const { memory, start, end } = region
  const last = start + wholeIn(region)
  return last > end ? undefined : { memory, start: start + head, end: last }
}

/** Whether a text is what was written as that of a state. */
const isSound = ({ memory, start, end }: Region, number: number): boolean =>
  crc32(memory.subarray(start, end), number) === memory.readUInt32LE(start - 4)

/** The files, each opened when it is first asked for. */
const createFiles = (path: string, flags: number) => {
  const descriptors = new Map<number, number>()
  return {
    of: (file: number): number => {
      const known = descriptors.get(file)
      if (known !== undefined) return known
      const descriptor = openSync(stateFileOf(path, file), flags, 0o644)
      descriptors.set(file, descriptor)
      return descriptor
    },
    close: () => {
      for (const descriptor of descriptors.values()) closeSync(descriptor)
      descriptors.clear()
    },
  }
}

/** Most states have no more bytes; what is damaged may claim any number of them. */
const usual = 4096
const most = 2 ** 28

/** Reads the files beside a read model's database. */
export const openStateFile = (path: string, memoryOf = mappedOrRead): StateFile => {
  const opened = createFiles(path, constants.O_RDONLY)
  const memories = new Map<number, FileMemory>()
  const checked = createChecked()
  const memoryFor = (file: number): FileMemory => {
    const known = memories.get(file)
    if (known) return known
    const memory = memoryOf(opened.of(file))
    memories.set(file, memory)
    return memory
  }

  return {
    read: (number) => {
      try {
        const file = memoryFor(fileOf(number))
        const usually = file.at(offsetIn(number), usual)
        const text = textIn(usually) ?? textIn(file.at(offsetIn(number), Math.min(wholeIn(usually), most)))
        if (!text) return undefined
        if (!checked.has(number)) {
          if (!isSound(text, number)) return undefined
          checked.add(number)
        }
        return text
      } catch {
        return undefined
      }
    },
    reaches: (end) => {
      if (end === firstOf(fileOf(end))) return true
      try {
        const found = fstatSync(opened.of(fileOf(end)))
        return found.isFile() && found.size >= offsetIn(end)
      } catch {
        return false
      }
    },
    close: () => {
      for (const memory of memories.values()) memory.close()
      memories.clear()
      opened.close()
    },
  }
}

const mappedOrRead = (descriptor: number): FileMemory => mapMemory(descriptor) ?? readMemory(descriptor)

/** Writes the files beside a read model's database. What begins a file takes the place of all that was in it. */
export const openStateWriter = (path: string): StateWriter => {
  const opened = createFiles(path, constants.O_WRONLY | constants.O_CREAT)
  return {
    write: (stretches) => {
      const written = new Set<number>()
      for (const { number, bytes } of stretches) {
        const descriptor = opened.of(fileOf(number))
        if (number === firstOf(fileOf(number))) ftruncateSync(descriptor)
        for (let done = 0; done < bytes.length;)
          done += writeSync(descriptor, bytes, done, bytes.length - done, offsetIn(number) + done)
        written.add(descriptor)
      }
      for (const descriptor of written) fdatasyncSync(descriptor)
    },
    close: () => opened.close(),
  }
}

/** In place of files, memory. */
export const createStateMemory = (): StateFile & StateWriter => {
  let memory = Buffer.alloc(0)
  return {
    read: (number) => {
      const text = textIn({ memory, start: offsetIn(number), end: memory.length })
      return text && isSound(text, number) ? text : undefined
    },
    reaches: (end) => end === firstOf(fileOf(end)) || offsetIn(end) <= memory.length,
    write: (stretches) => {
      for (const { number, bytes } of stretches) {
        const start = offsetIn(number)
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
