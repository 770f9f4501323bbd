import { rmSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import { LedgerError } from '../errors.ts'
import { faultOf } from '../log/fault.ts'
import { makeFolder } from '../log/file.ts'
import type { Column } from './column.ts'

/** How far the read model came, and what it was made with. */
export type Checkpoint = {
  position: number
  /** The event at that position; the log that has another there is another log. */
  eventId: string
  fingerprint: string
  /** How many events are of types that no projection knows, by type. */
  unknownTypes: Readonly<Record<string, number>>
}

/** What grows: columns of numbers, and lists of texts, by name. */
export type Kept = {
  columns: Readonly<Record<string, Column>>
  texts: Readonly<Record<string, string[]>>
}

/** What came since the file was saved last. */
export type Fresh = {
  states: ReadonlyMap<number, string>
  words: Iterable<readonly [word: string, entity: number]>
}

/** The file of a read model. It may lie behind the answers, never ahead of them, and can always be made anew. */
export type ReadModelFile = {
  /** How far it is; null: it is empty. */
  checkpoint(): Checkpoint | null
  /** Reads what is kept into empty columns and lists. Throws `unavailable` when the file is damaged. */
  load(kept: Kept): void
  /** Adds what has grown, with the checkpoint, in one transaction. */
  save(checkpoint: Checkpoint, kept: Kept, fresh: Fresh): void
  /** The texts of states by their numbers. */
  states(numbers: readonly number[]): Map<number, string>
  /** How many states it has. */
  stateCount(): number
  /** The entities one of whose words begins so; null if there are more than `most`. */
  entitiesWith(prefix: string, most: number): number[] | null
  close(): void
}

type Piece = { start: number; length: number }

/** Opens or creates the file; without a path it is in memory. Throws `unavailable` for what is no read model. */
export const openReadModelFile = (path: string | null): ReadModelFile => {
  const database = openDatabase(path)
  const reader = (sql: string) => {
    const statement = database.prepare(sql)
    statement.setReturnArrays(true)
    return {
      one: (...values: (string | number)[]) => statement.get(...values) as unknown as Cell[] | undefined,
      all: (...values: (string | number)[]) => statement.all(...values) as unknown as Cell[][],
    }
  }
  const readCheckpoint = reader('SELECT position, eventId, fingerprint, unknownTypes FROM checkpoint')
  const readPieces = reader('SELECT start, crc, data FROM pieces WHERE name = ? ORDER BY start')
  const oneState = reader('SELECT text FROM states WHERE number = ?')
  const manyStates = reader('SELECT number, text FROM json_each(?) JOIN states ON number = json_each.value')
  const countStates = reader('SELECT coalesce(max(number), 0) FROM states')
  const beginning = reader('SELECT DISTINCT entity FROM words WHERE word >= ? AND word < ? LIMIT ?')
  const addPiece = database.prepare('INSERT INTO pieces VALUES (?, ?, ?, ?)')
  const dropPiece = database.prepare('DELETE FROM pieces WHERE name = ? AND start = ?')
  const addState = database.prepare('INSERT INTO states VALUES (?, ?)')
  const addWord = database.prepare('INSERT OR IGNORE INTO words VALUES (?, ?)')
  const setCheckpoint = database.prepare('INSERT OR REPLACE INTO checkpoint VALUES (1, ?, ?, ?, ?)')

  const pieces = new Map<string, Piece[]>()
  const piecesOf = (name: string): Piece[] => {
    const known = pieces.get(name) ?? []
    pieces.set(name, known)
    return known
  }

  /** Pieces are joined as they come, so that few are left and each number is written again only a few times. */
  const grow = (name: string, length: number, bytesFrom: (start: number) => Uint8Array) => {
    const known = piecesOf(name)
    const last = known.at(-1)
    let start = last ? last.start + last.length : 0
    if (start === length) return
    for (let piece = known.at(-1); piece && piece.length <= length - start; piece = known.at(-1)) {
      known.pop()
      dropPiece.run(name, piece.start)
      start = piece.start
    }
    const bytes = bytesFrom(start)
    addPiece.run(name, start, crc32(bytes), bytes)
    known.push({ start, length: length - start })
  }

  const load = (name: string, put: (start: number, bytes: Uint8Array) => number) => {
    const known = piecesOf(name)
    known.length = 0
    for (const [start, crc, data] of readPieces.all(name)) {
      const bytes = data as Uint8Array
      const last = known.at(-1)
      const isNext = (start as number) === (last ? last.start + last.length : 0)
      if (!isNext || crc32(bytes) !== crc)
        throw new LedgerError('unavailable', `${path}: the read model is damaged at ${name}.`)
      const end = put(start as number, bytes)
      known.push({ start: start as number, length: end - (start as number) })
    }
  }

  return {
    checkpoint: () => {
      const row = readCheckpoint.one()
      if (!row) return null
      const [position, eventId, fingerprint, unknownTypes] = row as [number, string, string, string]
      return {
        position,
        eventId,
        fingerprint,
        unknownTypes: JSON.parse(unknownTypes) as Checkpoint['unknownTypes'],
      }
    },
    load: ({ columns, texts }) => {
      for (const [name, column] of Object.entries(columns))
        load(name, (start, bytes) => {
          column.put(start, bytes)
          return column.length
        })
      for (const [name, list] of Object.entries(texts))
        load(name, (_start, bytes) => {
          for (const text of JSON.parse(Buffer.from(bytes).toString()) as string[]) list.push(text)
          return list.length
        })
    },
    save: (checkpoint, { columns, texts }, { states, words }) => {
      try {
        database.exec('BEGIN IMMEDIATE')
        for (const [name, column] of Object.entries(columns))
          grow(name, column.length, (start) => column.bytes(start))
        for (const [name, list] of Object.entries(texts))
          grow(name, list.length, (start) => Buffer.from(JSON.stringify(list.slice(start))))
        for (const [number, text] of states) addState.run(number, text)
        for (const [word, entity] of words) addWord.run(word, entity)
        const { position, eventId, fingerprint, unknownTypes } = checkpoint
        setCheckpoint.run(position, eventId, fingerprint, JSON.stringify(unknownTypes))
        database.exec('COMMIT')
      } catch (error) {
        if (database.isTransaction) database.exec('ROLLBACK')
        throw faultOf(error, path ?? 'memory')
      }
    },
    states: (numbers) => {
      const [first] = numbers
      if (first === undefined) return new Map()
      if (numbers.length === 1) return new Map([[first, oneState.one(first)![0] as string]])
      return new Map(manyStates.all(JSON.stringify(numbers)) as [number, string][])
    },
    stateCount: () => countStates.one()![0] as number,
    entitiesWith: (prefix, most) => {
      const found = beginning.all(prefix, `${prefix}\u{10ffff}`, most + 1)
      return found.length > most ? null : found.map(([entity]) => entity as number)
    },
    close: () => database.close(),
  }
}

type Cell = string | number | Uint8Array | null

/** The mark of the file (`PRAGMA application_id`, "CrLm") and the version of its tables. */
const mark = 0x43724c6d
const version = 1

const openDatabase = (path: string | null): DatabaseSync => {
  let database: DatabaseSync | undefined
  try {
    if (path !== null) makeFolder(dirname(resolve(path)))
    database = new DatabaseSync(path ?? ':memory:', { timeout: 2000 })
    const number = (sql: string): number => Number(Object.values(database!.prepare(sql).get()!)[0])
    const isNew = number('SELECT count(*) FROM sqlite_schema') === 0
    if (!isNew && (number('PRAGMA application_id') !== mark || number('PRAGMA user_version') !== version))
      throw new LedgerError(
        'unavailable',
        `${path} is not the read model of a crisis ledger of this version.`,
      )
    // A commit that a power cut takes is made again from the log.
    database.exec(`
      PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
      PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -32000; PRAGMA temp_store = MEMORY`)
    if (isNew)
      database.exec(`
        BEGIN;
        CREATE TABLE checkpoint (
          only INTEGER PRIMARY KEY CHECK (only = 1),
          position INTEGER NOT NULL, eventId TEXT NOT NULL, fingerprint TEXT NOT NULL, unknownTypes TEXT NOT NULL
        );
        CREATE TABLE pieces (
          name TEXT NOT NULL, start INTEGER NOT NULL, crc INTEGER NOT NULL, data BLOB NOT NULL, UNIQUE (name, start)
        );
        CREATE TABLE states (number INTEGER PRIMARY KEY, text TEXT NOT NULL);
        CREATE TABLE words (word TEXT NOT NULL, entity INTEGER NOT NULL, PRIMARY KEY (word, entity)) WITHOUT ROWID;
        PRAGMA application_id = ${mark}; PRAGMA user_version = ${version};
        COMMIT`)
    return database
  } catch (error) {
    database?.close()
    throw faultOf(error, path ?? 'memory')
  }
}

/** Removes a read model's file, and what SQLite keeps beside it. */
export const removeReadModelFile = (path: string): void => {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true })
}
