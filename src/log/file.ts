import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { LedgerError } from '../errors.ts'
import { faultOf } from './fault.ts'

/** A log is the truth itself; a replica follows a log that is elsewhere, and can be made anew. */
export type Purpose = 'log' | 'replica'
/** Who only reads changes nothing at all, and finds what is there. */
export type Access = 'read' | 'write'

/**
 * Opens or creates the SQLite file of an events table, and the folders above it. Nothing of an events table can be
 * changed or removed, by this connection or another: triggers refuse UPDATE, DELETE and REPLACE.
 *
 * Throws `unavailable` when the file cannot be written, is another program's, or was made by a newer version.
 */
export const openFile = (path: string, purpose: Purpose, access: Access = 'write'): DatabaseSync => {
  let database: DatabaseSync | undefined
  try {
    if (access === 'write') makeFolder(dirname(resolve(path)))
    database = new DatabaseSync(path, { timeout: 2000, readOnly: access === 'read' })
    if (access === 'read') {
      requireOurs(database, path, purpose)
      // What is read in another order than that of positions is sorted in memory.
      database.exec('PRAGMA temp_store = MEMORY')
      return database
    }
    const isNew = requireOurs(database, path, purpose)
    database.exec(settings(purpose))
    if (isNew) database.exec(creation(purpose))
    if (purpose === 'replica') {
      keepLeftOut(database)
      database.exec(filling)
    }
    // A file that cannot be written opens as readily as any other: write at once, not only with the first event.
    else database.exec(`PRAGMA user_version = ${version}`)
    return database
  } catch (error) {
    database?.close()
    throw faultOf(error, path, purpose === 'replica')
  }
}

/** Makes a folder, and those above it, so that they are still there after a power cut. */
export const makeFolder = (folder: string): void => {
  const first = mkdirSync(folder, { recursive: true })
  if (first === undefined) return
  for (let made = folder; made.length >= first.length; made = dirname(made)) syncFolder(dirname(made))
}

/** Has what a folder lists on the disk: a file that was made or renamed in it. */
export const syncFolder = (folder: string): void => {
  try {
    const descriptor = openSync(folder, 'r')
    fsyncSync(descriptor)
    closeSync(descriptor)
  } catch {
    // Windows opens no folder; there the file system's own journal keeps the entry.
  }
}

/** The marks of a file (`PRAGMA application_id`, "CrLg" and "CrLr"): no log is taken for a replica, or the reverse. */
export const marks = { log: 0x43724c67, replica: 0x43724c72 } as const
/** The version of the tables, in `PRAGMA user_version`. */
export const version = 1

const requireOurs = (database: DatabaseSync, path: string, purpose: Purpose): boolean => {
  const number = (sql: string): number => Number(Object.values(database.prepare(sql).get()!)[0])
  const mark = number('PRAGMA application_id')
  const made = number('PRAGMA user_version')
  if (mark === 0 && made === 0 && number('SELECT count(*) FROM sqlite_schema') === 0) return true
  if (mark !== marks[purpose])
    throw new LedgerError(
      'unavailable',
      `${path} is not the ${purpose} of a crisis ledger: name another file.`,
    )
  if (made > version)
    throw new LedgerError(
      'unavailable',
      `${path} was made by a newer version of Crisis Ledger (tables ${made}, this one knows ${version}): update it.`,
    )
  return false
}

/**
 * Beside its events a replica keeps what of its log it left out, and by which judge (null: by what never changes). One
 * that was filled before there was this was filled by another.
 */
const keepLeftOut = (database: DatabaseSync): void => {
  const sql = "SELECT count(*) FROM sqlite_schema WHERE name = 'left_out'"
  if (Number(Object.values(database.prepare(sql).get()!)[0]) > 0) return
  database.exec(`
    BEGIN IMMEDIATE;
    CREATE TABLE left_out (position INTEGER PRIMARY KEY, why TEXT NOT NULL, judge TEXT) STRICT;
    INSERT INTO left_out SELECT 0, 'An older version filled this replica.', '' WHERE EXISTS (SELECT 1 FROM events);
    COMMIT;
  `)
}

/** Has its row once a replica has had all that its log had. One that an older version filled is not known to have had it. */
const filling = 'CREATE TABLE IF NOT EXISTS filled (once INTEGER PRIMARY KEY CHECK (once = 1)) STRICT'

const settings = (purpose: Purpose): string => `
  PRAGMA journal_mode = WAL;
  -- FULL syncs at every commit: what is acknowledged survives a power cut. A replica is filled again instead.
  PRAGMA synchronous = ${purpose === 'log' ? 'FULL' : 'NORMAL'};
  -- On macOS only this reaches the disk itself.
  PRAGMA fullfsync = ON;
  PRAGMA checkpoint_fullfsync = ON;
  -- 32 MiB of WAL, where nobody else does it before: fewer checkpoints write the same page again, and none takes long.
  PRAGMA wal_autocheckpoint = 8000;
  -- Otherwise INSERT OR REPLACE deletes without asking the triggers.
  PRAGMA recursive_triggers = ON;
`

const idIsTaken = 'the id of an event is taken once'
/** Whether it was refused to add an event for its id. Nothing was added then. */
export const isIdTaken = (error: unknown): boolean => error instanceof Error && error.message === idIsTaken

// An index over (stream, revision) would be written at random places once there are many streams, which costs half of
// the speed. Instead an event names the previous one of its stream, and heads, one short row a stream, the last.
const creation = (purpose: Purpose): string => `
BEGIN IMMEDIATE;
PRAGMA application_id = ${marks[purpose]};
PRAGMA user_version = ${version};

CREATE TABLE streams (
  number INTEGER PRIMARY KEY,
  name   TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE events (
  position   INTEGER PRIMARY KEY CHECK (position > 0),
  id         TEXT NOT NULL UNIQUE,
  stream     INTEGER NOT NULL,
  revision   INTEGER NOT NULL CHECK (revision >= 0),
  previous   INTEGER,
  recordedAt TEXT NOT NULL,
  text       TEXT NOT NULL
) STRICT;

CREATE TABLE heads (
  stream   INTEGER PRIMARY KEY,
  position INTEGER NOT NULL,
  revision INTEGER NOT NULL
) STRICT;

CREATE TRIGGER events_append BEFORE INSERT ON events BEGIN
  SELECT RAISE(ABORT, 'events are only appended')
    FROM (SELECT position, recordedAt FROM events ORDER BY position DESC LIMIT 1) AS newest
   WHERE NEW.position <= newest.position OR NEW.recordedAt < newest.recordedAt;
  SELECT RAISE(ABORT, '${idIsTaken}')
   WHERE EXISTS (SELECT 1 FROM events WHERE id = NEW.id);
  SELECT RAISE(ABORT, 'an event follows the last one of its stream')
   WHERE NEW.revision <= (SELECT revision FROM heads WHERE stream = NEW.stream)
      OR NEW.previous IS NULL AND NOT EXISTS (SELECT 1 FROM streams WHERE number = NEW.stream);
END;
CREATE TRIGGER events_head AFTER INSERT ON events BEGIN
  INSERT INTO heads VALUES (NEW.stream, NEW.position, NEW.revision)
    ON CONFLICT (stream) DO UPDATE SET position = NEW.position, revision = NEW.revision;
END;
CREATE TRIGGER events_update BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER events_delete BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are never removed'); END;

CREATE TRIGGER streams_append BEFORE INSERT ON streams
  WHEN EXISTS (SELECT 1 FROM streams WHERE number = NEW.number OR name = NEW.name)
  BEGIN SELECT RAISE(ABORT, 'a stream is named once'); END;
CREATE TRIGGER streams_update BEFORE UPDATE ON streams BEGIN SELECT RAISE(ABORT, 'streams are never changed'); END;
CREATE TRIGGER streams_delete BEFORE DELETE ON streams BEGIN SELECT RAISE(ABORT, 'streams are never removed'); END;

CREATE TRIGGER heads_append BEFORE INSERT ON heads
  WHEN NOT EXISTS (SELECT 1 FROM events WHERE position = NEW.position AND stream = NEW.stream
                      AND revision = NEW.revision AND previous IS (SELECT position FROM heads WHERE stream = NEW.stream))
  BEGIN SELECT RAISE(ABORT, 'a head is the last event of its stream'); END;
CREATE TRIGGER heads_update BEFORE UPDATE ON heads
  WHEN NOT EXISTS (SELECT 1 FROM events WHERE position = NEW.position AND stream = NEW.stream
                      AND revision = NEW.revision AND previous = OLD.position)
  BEGIN SELECT RAISE(ABORT, 'a head is the last event of its stream'); END;
CREATE TRIGGER heads_delete BEFORE DELETE ON heads BEGIN SELECT RAISE(ABORT, 'heads are never removed'); END;
COMMIT;
`
