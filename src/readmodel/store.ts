import { existsSync } from 'node:fs'
import { isLedgerError, LedgerError } from '../errors.ts'
import type { EventsTable } from '../log/events.ts'
import { isFull } from '../log/fault.ts'
import type { Event } from '../vocabulary/envelope.ts'
import type { Checkpoint } from './batch.ts'
import { createCore, type Core, type Limits, usualLimits } from './core.ts'
import { openReadModelFile, type ReadModelFile } from './file.ts'
import { databaseOf, removeDatabase, removeReadModel } from './files.ts'
import type { History } from './history.ts'
import { atOnce, inTurns } from './in-turns.ts'
import { createModel, type Model } from './model.ts'
import { loadTables } from './tables.ts'

/** The log's events as a read model needs them. */
export type Events = Pick<EventsTable, 'one' | 'after' | 'from'> & History

/**
 * The two files a read model may be in: one that answers, and one that is made anew beside it. No two logs have one in
 * common, also where their names differ by `.db` alone.
 */
export const filesBeside = (path: string): readonly [string, string] => {
  const stem = path.endsWith('.db') ? `${path.slice(0, -'.db'.length)}.` : `${path}-`
  return [`${stem}readmodel-1.db`, `${stem}readmodel-2.db`]
}

const isOfLog = ({ position, eventId }: Checkpoint, events: Events): boolean => {
  const event: Event | undefined = events.one(eventId)
  return event?.position === position
}

/** Which read model: its file, the log it is of, by what it is made, how much it holds, and of which part. */
type Asked = [path: string | null, events: Events, fingerprint: string, limits?: Limits, part?: number | null]

function* reading(...asked: Asked): Generator<void, Core> {
  const [path, events, fingerprint, limits = usualLimits, part = null] = asked
  const file = openReadModelFile(path, part)
  try {
    const checkpoint = file.checkpoint()
    if (checkpoint && checkpoint.fingerprint !== fingerprint) throw useless(path, 'was made otherwise')
    if (checkpoint && !isOfLog(checkpoint, events)) throw useless(path, 'is ahead of its log, or of another')
    const tables = yield* loadTables(file, events, limits.waiting)
    const core = createCore(events, file, fingerprint, limits, tables)
    if (core.position() !== (checkpoint?.position ?? 0))
      throw useless(path, 'is not what its checkpoint says')
    return core
  } catch (error) {
    void file.close()
    throw isLedgerError(error) ? error : useless(path, `is damaged (${(error as Error).message})`)
  }
}

const useless = (path: string | null, why: string): LedgerError =>
  new LedgerError('unavailable', `The read model in ${path} ${why}.`)

function* opening(...asked: Asked): Generator<void, Core> {
  try {
    return yield* reading(...asked)
  } catch (error) {
    const [path, , , , part = null] = asked
    if (path === null || isFull(error)) throw error
    if (part === null) removeReadModel(path)
    else removeDatabase(path, part)
    return yield* reading(...asked)
  }
}

/**
 * A read model in a file, as far as it came; empty where there is none. Throws `unavailable` when it is damaged, of
 * another fingerprint, of another log or ahead of it.
 */
export const readCore = (...asked: Asked): Core => atOnce(reading(...asked))

/**
 * As `readCore`, but empty also where it is damaged, of another fingerprint, of another log or ahead of it: what is no
 * use is removed. Throws `unavailable` where a full disk is all that keeps it from being opened.
 */
export const openCore = (...asked: Asked): Core => atOnce(opening(...asked))

/** The same, and others have their turns meanwhile. */
export const openCoreInTurns = (...asked: Asked): Promise<Core> => inTurns(opening(...asked))

/** The two files, the one that came further first. */
export const newest = (
  files: readonly [string, string],
  events: Events,
  fingerprint: string,
): readonly [string, string] => {
  const [one, other] = files
  const isOther = reachOf(other, events, fingerprint) > reachOf(one, events, fingerprint)
  return isOther ? [other, one] : files
}

/** How far the read model in a file came; 0 where it is of no use. */
export const reachOf = (
  path: string,
  events: Events,
  fingerprint: string,
  part: number | null = null,
): number => {
  if (!existsSync(databaseOf(path, part))) return 0
  try {
    const file = openReadModelFile(path, part)
    const checkpoint = readAndClose(file)
    return checkpoint?.fingerprint === fingerprint && isOfLog(checkpoint, events) ? checkpoint.position : 0
  } catch {
    return 0
  }
}

const readAndClose = (file: ReadModelFile): Checkpoint | null => {
  try {
    return file.checkpoint()
  } finally {
    void file.close()
  }
}

/** A read model without a file, over events that are in memory themselves. */
export const memoryModel = (history: History): Model =>
  createModel(createCore(history, openReadModelFile(null), 'memory'))
