import { isLedgerError, LedgerError } from '../errors.ts'

/**
 * What a failed file operation means to who asked for it: `unavailable`, with a sentence that says what to do, or
 * `internal` for what no disk explains. A damaged replica can be made anew. An error that is the ledger's own already is given back.
 */
export const faultOf = (error: unknown, path: string, isReplica = false): LedgerError => {
  if (isLedgerError(error)) return error
  const found = reason(error)
  const why = found === damaged && isReplica ? damagedReplica : found
  return why === undefined
    ? new LedgerError('internal', `The file ${path} refused what it should have taken.`, {}, error)
    : new LedgerError('unavailable', `${why(path)} (${(error as Error).message})`, {}, error)
}

/** Whether what failed is sound, and only the disk had no space for it. */
export const isFull = (error: unknown): boolean => reason(isLedgerError(error) ? error.cause : error) === full

const reason = (error: unknown): ((path: string) => string) | undefined => {
  const { errcode, code } = (error ?? {}) as { errcode?: number; code?: string }
  // The low byte of an extended result code of SQLite is the primary one.
  return errcode === undefined ? ofSystem[code ?? ''] : (ofSqlite[errcode] ?? ofSqlite[errcode & 0xff])
}

const notWritable = (path: string) =>
  `${path} cannot be written: give this user the right to write the file and its folder, or name another file.`
const full = (path: string) =>
  `There is no space left for ${path}: free some; nothing has to be started anew.`
const folder = (path: string) => `${path} is a folder where a file belongs: move it away, then try again.`
const damaged = (path: string) =>
  `${path} is not a sound SQLite file: restore it from a copy, or name another file.`
const damagedReplica = (path: string) =>
  `${path} is not a sound SQLite file: remove it, with ${path}-wal and ${path}-shm, and it is filled again from the server.`
const failing = (path: string) => `Reading or writing ${path} failed: look after its disk, then try again.`
const inUse = (path: string) => `Another program holds ${path}: close it, then try again.`

// https://www.sqlite.org/rescode.html
const ofSqlite: Record<number, (path: string) => string> = {
  3: notWritable, // SQLITE_PERM
  5: inUse, // SQLITE_BUSY
  6: inUse, // SQLITE_LOCKED
  7: failing, // SQLITE_NOMEM
  8: notWritable, // SQLITE_READONLY
  10: failing, // SQLITE_IOERR
  11: damaged, // SQLITE_CORRUPT
  13: full, // SQLITE_FULL
  14: notWritable, // SQLITE_CANTOPEN
  15: inUse, // SQLITE_PROTOCOL
  26: damaged, // SQLITE_NOTADB
  4874: full, // SQLITE_IOERR_SHMSIZE: what SQLite lays beside a file finds no space
}

const ofSystem: Record<string, (path: string) => string> = {
  EACCES: notWritable,
  EPERM: notWritable,
  EROFS: notWritable,
  ENOTDIR: notWritable,
  EEXIST: notWritable,
  ENOENT: notWritable,
  EISDIR: folder,
  ERR_FS_EISDIR: folder,
  ENAMETOOLONG: notWritable,
  ENOSPC: full,
  EDQUOT: full,
  EFBIG: full,
  EIO: failing,
}
