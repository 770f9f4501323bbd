import { constants, cpSync, existsSync, mkdirSync, renameSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { openEvents, type Stored } from '../../src/log/events.ts'
import { fingerprintOf, lastingFolder } from './folder.ts'
import { recorded } from './recorded.ts'

/**
 * The log of a ledger with so many generated events, each recorded at its time. It is made once, by the log's own
 * insert, and kept under the system's temporary folder, with what a ledger lays beside it: sections share it, and
 * write to none but a copy.
 */
export const filled = (events: number, seed = 1): string => {
  const folder = join(lastingFolder(), `${events}-${seed}-${fingerprint()}`)
  if (!existsSync(folder)) {
    const unfinished = `${folder}-${process.pid}`
    mkdirSync(unfinished)
    fill(join(unfinished, fileName), events, seed)
    renameSync(unfinished, folder)
  }
  return join(folder, fileName)
}

/** A copy of such a log in another folder, with what a ledger laid beside it. */
export const filledCopy = (folder: string, events: number, seed?: number): string => {
  const from = dirname(filled(events, seed))
  const filter = (path: string) => !basename(path).startsWith('rectangles-')
  cpSync(from, folder, { recursive: true, filter, mode: constants.COPYFILE_FICLONE })
  return join(folder, fileName)
}

/** Makes a log at a path, with so many generated events. */
export const fill = (path: string, events: number, seed: number): void => {
  const table = openEvents(path, 'log')
  const stored = recorded(events, seed)
  for (let left = events; left > 0; left -= atOnce)
    table.commit(() => {
      for (let count = Math.min(atOnce, left); count > 0; count--) table.insert(stored.next().value as Stored)
    })
  table.close()
}

const fileName = 'ledger.db'
const atOnce = 10_000

/** Of what makes the events: another generator makes others. */
const fingerprint = (): string =>
  fingerprintOf(
    ['generator', 'lives', 'recorded', 'sources', 'random'].map((name) =>
      join(import.meta.dirname, `${name}.ts`),
    ),
  )
