import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Settings, settingsSchema, shownLog } from '../config.ts'
import { LedgerError } from '../errors.ts'
import type { End } from '../ledger/copy.ts'
import { lock } from '../log/lock.ts'
import { sqliteLog } from '../log/sqlite.ts'
import type { Instant } from '../time/instant.ts'

/** Where an end of a copy is: a log as `LEDGER_LOG` names one, and the name of the ledger on a server. */
export type Place = { log: string; name: string }

/** An open end of a copy, and how to let go of it. */
export type Opened = { end: End; close: () => Promise<void> }

/** A place that an option names. Throws `invalid` where it is none. */
export const placeOf = (option: string, { log, name }: Place): Place => {
  for (const [what, schema, value] of [
    [option, settingsSchema.shape.LEDGER_LOG, log],
    [`${option}-name`, settingsSchema.shape.LEDGER_NAME, name],
  ] as const) {
    const { error } = schema.safeParse(value)
    if (error)
      throw new LedgerError('invalid', `${what} ${error.issues.map(({ message }) => message).join(', ')}.`)
  }
  return { log, name }
}

/** The file of a place that is one. */
const fileOf = ({ log }: Place): string | undefined =>
  log.startsWith('sqlite:') ? resolve(log.slice('sqlite:'.length)) : undefined

/** Throws `invalid` where both ends are the same ledger. */
export const requireTwo = (from: Place, to: Place): void => {
  const [source, target] = [fileOf(from), fileOf(to)]
  const isOne =
    source === undefined && target === undefined
      ? from.log === to.log && from.name === to.name
      : source === target
  if (isOne) throw new LedgerError('invalid', 'Both ends are the same ledger: name two with --from and --to.')
}

/**
 * Opens an end. Its file, or that of its replica in the folder `data`, is this process's alone until it is closed: a
 * service that has it refuses the copy. Throws `not_found` where a source is not there.
 */
export const openEnd = async (
  place: Place,
  { LEDGER_DATA: data = './data' }: Settings,
  { clock, isSource, isTwin = false }: { clock: () => Instant; isSource: boolean; isTwin?: boolean },
): Promise<Opened> => {
  const file = fileOf(place)
  const shown = shownLog({ LEDGER_LOG: place.log })
  if (isSource && file !== undefined && !existsSync(file))
    throw new LedgerError('not_found', `There is no ledger at ${file}: --from names one to copy.`)
  // Two ledgers of one name on two servers have a replica each.
  const path = file ?? resolve(data, `${place.name}${isTwin ? '.to' : ''}.replica.db`)
  const owned = lock(path)
  try {
    const opened = file === undefined ? await onServer(place, path, clock) : await inFile(path, clock)
    const { log, events, together, names, leftOut, trouble } = opened
    return {
      end: {
        name: file === undefined ? `${shown} (${place.name})` : shown,
        log,
        events,
        together,
        names,
        leftOut,
        trouble,
      },
      close: async () => {
        await log.close()
        owned.release()
      },
    }
  } catch (error) {
    owned.release()
    throw error
  }
}

const inFile = async (path: string, clock: () => Instant) => {
  const log = await sqliteLog({ path, clock })
  return {
    log,
    events: log.events,
    together: 512,
    names: () => Promise.resolve([]),
    leftOut: () => [],
    trouble: () => null,
  }
}

/** The client takes a second to load: only who uses it waits for it. A server may take two appends in any order. */
const onServer = async ({ log: url, name }: Place, path: string, clock: () => Instant) => {
  const [{ eventStoreLog }, { judge }] = await Promise.all([
    import('../log/eventstoredb.ts'),
    import('../main.ts'),
  ])
  const log = await eventStoreLog({ url, name, path, clock, judge: judge() })
  const trouble = () => log.health().lastError
  const [names, leftOut] = [() => log.names(), () => log.leftOut()]
  return { log, events: log.events, together: 1, names, leftOut, trouble }
}
