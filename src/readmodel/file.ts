import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { crc32 } from 'node:zlib'
import { LedgerError } from '../errors.ts'
import { faultOf } from '../log/fault.ts'
import {
  type Batch,
  type Checkpoint,
  checkpointOf,
  type CheckpointRow,
  createWriter,
  letGo,
  type Piece,
  type Writer,
} from './batch.ts'
import type { Column } from './column.ts'
import { openDatabase } from './database.ts'
import { databaseOf, mostParts } from './files.ts'
import { createStateMemory, firstOf, openStateFile, openStateWriter, type StateFile } from './state-file.ts'

/** What grows: columns of numbers, and lists of texts, by name. */
export type Kept = {
  columns: Readonly<Record<string, Column>>
  texts: Readonly<Record<string, string[]>>
}

/** Among the lengths of a checkpoint, where the states of each file end. */
const endOf = (file: number): string => `state.${file + 1}`
export const lengthsOfStates = (ends: readonly number[]): Checkpoint['lengths'] =>
  Object.fromEntries(ends.map((end, file) => [endOf(file), end]))
const endsIn = (lengths: Checkpoint['lengths']): number[] =>
  Array.from({ length: mostParts }, (_, file) => lengths[endOf(file)] ?? []).flat()

/** How long all is that is kept. */
export const lengthsOf = ({ columns, texts }: Kept): Checkpoint['lengths'] =>
  Object.fromEntries(Object.entries({ ...columns, ...texts }).map(([name, { length }]) => [name, length]))

/** The file of a read model. It may lie behind the answers, never ahead of them, and can always be made anew. */
export type ReadModelFile = {
  /** How far it is; null: it is empty. Throws `unavailable` when it is damaged. */
  checkpoint(): Checkpoint | null
  /** Reads what is kept into empty columns and lists, in steps. Throws `unavailable` when the file is damaged. */
  load(kept: Kept): Generator<void>
  /** The parts of what is kept that the file does not have yet. What is given by it must be written before the next. */
  grown(kept: Kept): Piece[]
  /**
   * Writes a batch, in a thread of its own, and lets go of its bytes. Rejects with `unavailable`; the same batch may be
   * written again then.
   */
  write(batch: Batch): Promise<void>
  /** The texts of states, and where they end in each of their files; the next is written where the first ends. */
  states: StateFile
  stateEnds(): readonly number[]
  close(): Promise<void>
}

/** So many bytes of numbers, or so many texts, are in a piece at the most. What is read piece by piece takes no more memory. */
const [mostBytes, mostTexts] = [2 ** 19, 2 ** 14]

type Cell = string | number | Uint8Array | null

/** Where the file of a read model is, and which part of it that has. */
export type Place = { path: string; part: number | null }

/**
 * Opens or creates the file of a read model, or of one of its parts; without a path it is in memory. Throws `unavailable`
 * for what is no read model. `isNew`: it is written at once, by who has nothing else to do meanwhile.
 */
export const openReadModelFile = (
  path: string | null,
  part: number | null = null,
  isNew = false,
): ReadModelFile => {
  const database = openDatabase(path && databaseOf(path, part), isNew)
  const reader = (sql: string) => {
    const statement = database.prepare(sql)
    statement.setReturnArrays(true)
    return {
      one: (...values: (string | number)[]) => statement.get(...values) as unknown as Cell[] | undefined,
      each: (...values: (string | number)[]) => statement.iterate(...values) as unknown as Iterable<Cell[]>,
    }
  }
  const readCheckpoint = reader(
    'SELECT position, eventId, fingerprint, unknownTypes, lengths, crc FROM checkpoint',
  )
  const readPieces = reader('SELECT start, crc, data FROM pieces WHERE name = ? ORDER BY start')

  /** Of each column, where its parts in the file begin and how long they are. */
  const parts = new Map<string, { start: number; length: number }[]>()
  const partsOf = (name: string) => {
    const known = parts.get(name) ?? []
    parts.set(name, known)
    return known
  }

  const damaged = (what: string) =>
    new LedgerError('unavailable', `${path}: the read model is damaged at ${what}.`)

  const checkpoint = (): Checkpoint | null => {
    const row = readCheckpoint.one()
    if (!row) return null
    const found = checkpointOf(row as unknown as CheckpointRow)
    if (!found) throw damaged('its checkpoint')
    return found
  }

  const loadColumn = (name: string, length: number, put: (start: number, bytes: Uint8Array) => number) => {
    const known = partsOf(name)
    known.length = 0
    for (const [start, crc, data] of readPieces.each(name) as Iterable<
      [number, number, Uint8Array<ArrayBuffer>]
    >) {
      const last = known.at(-1)
      if (start !== (last ? last.start + last.length : 0) || crc32(data) !== crc) throw damaged(name)
      known.push({ start, length: put(start, data) - start })
      // The next is read into the memory of this one: to have new memory is what reading costs most.
      data.buffer.transfer(0)
    }
    const last = known.at(-1)
    if ((last ? last.start + last.length : 0) !== length) throw damaged(name)
  }

  /**
   * Pieces are joined as they come, up to so many items, so that few are left and each number is written again only a few times.
   * Those of a part that a read model is made in are not: it is soon gone.
   */
  const grownColumn = (
    name: string,
    length: number,
    most: number,
    bytesOf: (start: number, end: number) => Piece['bytes'],
  ): Piece[] => {
    const known = partsOf(name)
    const last = known.at(-1)
    let start = last ? last.start + last.length : 0
    if (start === length) return []
    const instead: number[] = []
    const isJoined = part === null
    for (
      let piece = isJoined ? last : undefined;
      piece && piece.length < most && piece.length <= length - start;
      piece = known.at(-1)
    ) {
      known.pop()
      instead.push(piece.start)
      start = piece.start
    }
    const pieces: Piece[] = []
    for (let end = start; start < length; start = end) {
      end = Math.min(start + most, length)
      known.push({ start, length: end - start })
      pieces.push({ name, start, instead: instead.splice(0), bytes: bytesOf(start, end) })
    }
    return pieces
  }

  const memory = path === null ? createStateMemory() : null
  const states = memory ?? openStateFile(path!)
  const isHere = memory !== null || isNew
  /** A thread is given a copy of what it is to write: otherwise it would be given one of the whole column. */
  const toWrite = (bytes: Uint8Array): Uint8Array => (isHere ? bytes : bytes.slice())
  const writer = isHere
    ? writerHere(createWriter(database, memory ?? openStateWriter(path!)))
    : writerThread({ path: path!, part })

  return {
    checkpoint,
    *load({ columns, texts }) {
      const lengths = checkpoint()?.lengths ?? {}
      if (!endsIn(lengths).every((end) => states.reaches(end))) throw damaged('its states')
      for (const [name, column] of Object.entries(columns)) {
        const length = lengths[name] ?? 0
        // With room for what comes: the first event after a start would have all columns moved. What is not used takes no memory.
        column.reserve(Math.ceil(length * 1.125))
        loadColumn(name, length, (start, bytes) => {
          column.put(start, bytes)
          return column.length
        })
        yield
      }
      for (const [name, list] of Object.entries(texts)) {
        loadColumn(name, lengths[name] ?? 0, (_start, bytes) => {
          for (const text of JSON.parse(Buffer.from(bytes).toString()) as string[]) list.push(text)
          return list.length
        })
        yield
      }
    },
    grown: ({ columns, texts }) => [
      ...Object.entries(columns).flatMap(([name, column]) =>
        grownColumn(name, column.length, mostBytes / column.values.BYTES_PER_ELEMENT, (start, end) =>
          toWrite(column.bytes(start, end)),
        ),
      ),
      ...Object.entries(texts).flatMap(([name, list]) =>
        grownColumn(name, list.length, mostTexts, (start, end) =>
          new TextEncoder().encode(JSON.stringify(list.slice(start, end))),
        ),
      ),
    ],
    write: async (batch) => writer.write(batch),
    states,
    stateEnds: () => {
      const ends = endsIn(checkpoint()?.lengths ?? {})
      return ends.length > 0 ? ends : [firstOf(part ?? 0)]
    },
    close: async () => {
      await writer.close()
      states.close()
      database.close()
    },
  }
}

type Writing = { write(batch: Batch): Promise<void>; close(): Promise<void> }

const writerHere = (writer: Writer): Writing => ({
  write: async (batch) => writer.write(batch),
  close: async () => writer.close(),
})

/** Begun with the first batch. One batch is written at a time. */
const writerThread = (place: Place): Writing => {
  let thread: Worker | null = null
  return {
    write: async (batch) => {
      thread ??= new Worker(new URL('writing-thread.ts', import.meta.url), { workerData: place })
      thread.ref()
      try {
        const answered = once(thread, 'message') as Promise<[string | null]>
        thread.postMessage(batch)
        const [fault] = await answered
        if (fault !== null) throw new LedgerError('unavailable', fault)
        letGo(batch)
        thread.unref()
      } catch (error) {
        void thread?.terminate()
        thread = null
        throw faultOf(error, databaseOf(place.path, place.part))
      }
    },
    close: async () => {
      if (!thread) return
      const ended = once(thread, 'exit')
      thread.ref()
      thread.postMessage('close')
      await ended
    },
  }
}
