import { type FileHandle, open } from 'node:fs/promises'
import { basename } from 'node:path'
import { LedgerError } from '../errors.ts'

/** A file to read in pieces; `size` is null where nobody knows it, as of a pipe. */
export type Source = { name: string; size: number | null; chunks: AsyncIterable<Uint8Array> }

const unreadable = (file: string, error: unknown): LedgerError =>
  new LedgerError('invalid', `${file} cannot be read: ${(error as Error).message}.`)

const opened = async (file: string): Promise<FileHandle> => {
  try {
    return await open(file)
  } catch (error) {
    throw unreadable(file, error)
  }
}

const kibibyte = 1024

/** So much is read at once, for whoever is busy rarely has a turn to read more, and given in so small pieces. */
const [atOnce, piece] = [1024 * kibibyte, 64 * kibibyte]

const chunksOf = async function* (file: string, handle: FileHandle): AsyncGenerator<Uint8Array> {
  try {
    const chunks = handle.createReadStream({ highWaterMark: atOnce }) as AsyncIterable<Uint8Array>
    for await (const chunk of chunks)
      for (let from = 0; from < chunk.byteLength; from += piece) yield chunk.subarray(from, from + piece)
  } catch (error) {
    throw unreadable(file, error)
  }
}

/** Opens a file, or standard input for `-`. Throws `invalid` where it cannot be read. */
export const sourceOf = async (file: string): Promise<Source> => {
  if (file === '-')
    return { name: 'standard input', size: null, chunks: process.stdin as AsyncIterable<Uint8Array> }
  const handle = await opened(file)
  const stat = await handle.stat()
  if (stat.isDirectory()) {
    await handle.close()
    throw new LedgerError('invalid', `${file} is a folder: name a file of lines of JSON.`)
  }
  return { name: basename(file), size: stat.isFile() ? stat.size : null, chunks: chunksOf(file, handle) }
}

/** The chunks, each told of when it is read. */
export async function* watched(
  chunks: AsyncIterable<Uint8Array>,
  read: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    read(chunk.byteLength)
    yield chunk
  }
}
