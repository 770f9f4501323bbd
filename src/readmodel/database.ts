import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { LedgerError } from '../errors.ts'
import { faultOf } from '../log/fault.ts'
import { makeFolder } from '../log/file.ts'

/** The mark of the file (`PRAGMA application_id`, "CrLm") and the version of its tables. */
const mark = 0x43724c6d
const version = 3

/**
 * Opens or creates the tables of a read model; without a path in memory. Throws `unavailable` for what is none. `isNew`:
 * all is written at once, and made again where it is not whole: nothing is written twice.
 */
export const openDatabase = (path: string | null, isNew = false): DatabaseSync => {
  let database: DatabaseSync | undefined
  try {
    if (path !== null) makeFolder(dirname(resolve(path)))
    database = new DatabaseSync(path ?? ':memory:', { timeout: 5000 })
    const number = (sql: string): number => Number(Object.values(database!.prepare(sql).get()!)[0])
    const isEmpty = number('SELECT count(*) FROM sqlite_schema') === 0
    if (!isEmpty && (number('PRAGMA application_id') !== mark || number('PRAGMA user_version') !== version))
      throw new LedgerError(
        'unavailable',
        `${path} is not the read model of a crisis ledger of this version.`,
      )
    // A commit that a power cut takes is made again from the log.
    database.exec(`
      PRAGMA page_size = 8192; PRAGMA journal_mode = ${isNew ? 'MEMORY' : 'WAL'}; PRAGMA synchronous = NORMAL;
      PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -4000; PRAGMA temp_store = MEMORY`)
    if (isEmpty) database.exec(creation)
    return database
  } catch (error) {
    database?.close()
    throw faultOf(error, path ?? 'memory')
  }
}

const creation = `
  BEGIN IMMEDIATE;
  CREATE TABLE IF NOT EXISTS checkpoint (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    position INTEGER NOT NULL, eventId TEXT NOT NULL, fingerprint TEXT NOT NULL, unknownTypes TEXT NOT NULL,
    lengths TEXT NOT NULL, crc INTEGER NOT NULL
  );
  CREATE TABLE IF NOT EXISTS pieces (
    name TEXT NOT NULL, start INTEGER NOT NULL, crc INTEGER NOT NULL, data BLOB NOT NULL, UNIQUE (name, start)
  );
  PRAGMA application_id = ${mark}; PRAGMA user_version = ${version};
  COMMIT`
