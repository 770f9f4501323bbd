import { existsSync } from 'node:fs'
import type { EventsTable } from '../log/events.ts'
import type { Event } from '../vocabulary/envelope.ts'
import type { Checkpoint } from './batch.ts'
import { createCore, type Core, type History, type Limits, usualLimits } from './core.ts'
import { removeDatabase } from './database.ts'
import { openReadModelFile } from './file.ts'
import { createModel, type Model } from './model.ts'

/** The log's events as a read model needs them. */
export type Events = Pick<EventsTable, 'one' | 'after'> & History

/** The two files a read model may be in: one that answers, and one that is made anew beside it. */
export const filesBeside = (path: string): readonly [string, string] => {
  const stem = path.replace(/\.db$/, '')
  return [`${stem}.readmodel-1.db`, `${stem}.readmodel-2.db`]
}

const isOfLog = ({ position, eventId }: Checkpoint, events: Events): boolean => {
  const event: Event | undefined = events.one(eventId)
  return event?.position === position
}

/**
 * A read model in a file, as far as it came; empty where there is none, where it is damaged, of another fingerprint, of
 * another log or ahead of it: what is no use is removed.
 */
export const openCore = (
  path: string | null,
  events: Events,
  fingerprint: string,
  limits: Limits = usualLimits,
): Core => {
  const open = (): Core => {
    const file = openReadModelFile(path)
    try {
      const checkpoint = file.checkpoint()
      if (checkpoint && (checkpoint.fingerprint !== fingerprint || !isOfLog(checkpoint, events)))
        throw new Error('It is of another log, or was made otherwise.')
      const core = createCore(events, file, fingerprint, limits)
      if (core.position() !== (checkpoint?.position ?? 0))
        throw new Error('It is not what its checkpoint says.')
      return core
    } catch (error) {
      void file.close()
      throw error
    }
  }
  try {
    return open()
  } catch (error) {
    if (path === null) throw error
    removeDatabase(path)
    return open()
  }
}

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
const reachOf = (path: string, events: Events, fingerprint: string): number => {
  if (!existsSync(path)) return 0
  try {
    const file = openReadModelFile(path)
    const checkpoint = file.checkpoint()
    void file.close()
    return checkpoint?.fingerprint === fingerprint && isOfLog(checkpoint, events) ? checkpoint.position : 0
  } catch {
    return 0
  }
}

/** A read model without a file, over events that are in memory themselves. */
export const memoryModel = (history: History): Model =>
  createModel(createCore(history, openReadModelFile(null), 'memory'))
