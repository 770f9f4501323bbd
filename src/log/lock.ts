import { readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { LedgerError } from '../errors.ts'
import { faultOf } from './fault.ts'
import { makeFolder } from './file.ts'

/** What the one process has that owns a ledger. */
export type Lock = {
  /** Leaves word where the owner answers, for whoever is refused. */
  announce(url: string): void
  release(): void
}

/**
 * Makes this process the only owner of the ledger at a path, until it releases it or ends in whatever way: the lock is
 * the operating system's, on the file `<path>.lock`, and `<path>.owner` says whose it is. Makes the folder if there is none.
 *
 * Throws `unavailable` when another process owns it, and tells how to reach that one; when another could by another name, a folder is
 * at the path, or its folder cannot be written.
 */
export const lock = (path: string): Lock => {
  const files = beside(path)
  requireFile(path)
  const database = take(files, path)
  held.add(database)
  const write = (owner: Owner) => {
    // Renamed into its place, so that nobody reads half of it.
    writeFileSync(`${files.owner}.new`, `${JSON.stringify(owner)}\n`)
    renameSync(`${files.owner}.new`, files.owner)
  }
  try {
    write({ pid: process.pid })
  } catch (error) {
    database.close()
    throw faultOf(error, files.owner)
  }
  return {
    announce: (url) => write({ pid: process.pid, url }),
    release: () => {
      if (!held.delete(database)) return
      rmSync(files.owner, { force: true })
      database.close()
    },
  }
}

type Owner = { pid: number; url?: string }
type Files = { lock: string; owner: string }

// A connection that nothing refers to is closed by the garbage collector, and its lock is gone.
const held = new Set<DatabaseSync>()

/** One file has one lock, whatever links lead to it. */
const beside = (path: string): Files => {
  const whole = resolve(path)
  try {
    makeFolder(dirname(whole))
    const real = orNone(() => realpathSync(whole)) ?? join(realpathSync(dirname(whole)), basename(whole))
    return { lock: `${real}.lock`, owner: `${real}.owner` }
  } catch (error) {
    throw faultOf(error, path)
  }
}

/**
 * Refuses a folder, and a file that has two names: SQLite keeps what is new beside a file by its name, so that under two names two
 * processes lose each other's (sqlite.org/howtocorrupt.html, 2.5).
 */
const requireFile = (path: string): void => {
  const found = orNone(() => statSync(path))
  if (found?.isDirectory())
    throw new LedgerError(
      'unavailable',
      `${path} is a folder: name a file in it, such as ${join(path, 'ledger.db')}.`,
    )
  if (found?.isFile() && found.nlink > 1)
    throw new LedgerError(
      'unavailable',
      `The ledger ${path} has another name as well (a hard link): whoever opened that would write to it unseen. ` +
        'Remove the other name, or put a copy of the file in its place.',
    )
}

/** What is found; undefined: nothing is there, or whoever opens it is told why it cannot be. */
const orNone = <T>(look: () => T): T | undefined => {
  try {
    return look()
  } catch {
    return undefined
  }
}

const take = (files: Files, path: string): DatabaseSync => {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(files.lock)
    // SQLite's lock of the file, held by a transaction that never writes. Never read this file in any other way: on
    // POSIX systems a process that closes a file gives up all of its locks on it.
    database.exec('BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    database?.close()
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw faultOf(error, files.lock)
    throw new LedgerError('unavailable', refusal(path, ownerOf(files)))
  }
}

const SQLITE_BUSY = 5

const ownerOf = ({ owner }: Files): Owner | undefined => {
  try {
    const found = JSON.parse(readFileSync(owner, 'utf8')) as Owner
    return isAlive(found.pid) ? found : undefined
  } catch {
    return undefined
  }
}

/** A process that was killed leaves its word behind, and the next owner needs a moment to replace it. */
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // Another user's process lives, although it cannot be signalled.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

const refusal = (path: string, owner: Owner | undefined): string => {
  if (owner === undefined) return `Another process owns the ledger ${path}: stop it, or ask it with --url.`
  const begin = `Process ${owner.pid} owns the ledger ${path}`
  return owner.url === undefined
    ? `${begin} and serves it at no address yet: try again in a moment, or stop that process.`
    : `${begin} and serves it at ${owner.url}: ask that one with --url ${owner.url}, or stop it.`
}
