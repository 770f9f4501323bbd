import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { type EventsFile, type EventsTable, openEvents } from '../src/log/events.ts'
import { judge } from '../src/main.ts'
import type { EventLog } from '../src/log/log.ts'
import { sqliteLog } from '../src/log/sqlite.ts'
import type { Instant } from '../src/time/instant.ts'

/** An empty log of a test's own, and the table from which its events are read. `close` closes both. */
export type TestLog = {
  log: EventLog
  events: EventsTable & Pick<EventsFile, 'greatestId'>
  close: () => Promise<void>
}

/**
 * Whether the services of tests have their logs on servers, and not in files: on stand-ins of an EventStoreDB
 * (`TEST_LOG=stand-in`), or on the real one that `EVENTSTORE_URL` names (`TEST_LOG=server`). Each ledger has one for
 * itself, or its positions counted anew, because tests name positions.
 */
export const isOnServer = (): boolean => process.env['TEST_LOG'] !== undefined

/** Opens a log whose files, if it has any, are in a folder. */
export const openTestLog = async (folder: string, clock: () => Instant): Promise<TestLog> => {
  if (!isOnServer()) {
    const log = await sqliteLog({ path: join(folder, 'ledger.db'), clock })
    return { log, events: log.events, close: () => log.close() }
  }
  const server = await startServer()
  const { eventStoreLog } = await import('../src/log/eventstoredb.ts')
  const path = join(folder, 'ledger.replica.db')
  const log = await eventStoreLog({ url: server.url, name: server.name, path, clock, judge: judge() })
  return {
    log,
    events: log.events,
    close: async () => {
      await log.close()
      await server.close()
    },
  }
}

/** The settings of a service whose files are in a folder, and its events once it has ended. */
export type TestSettings = {
  env: Record<string, string>
  events: () => EventsFile
  close: () => Promise<void>
}

export const testSettings = async (folder: string): Promise<TestSettings> => {
  if (!isOnServer()) {
    const path = join(folder, 'ledger.db')
    return {
      env: { LEDGER_LOG: `sqlite:${path}` },
      events: () => openEvents(path, 'log'),
      close: async () => undefined,
    }
  }
  const server = await startServer()
  return {
    env: { LEDGER_LOG: server.url, LEDGER_NAME: server.name, LEDGER_DATA: folder },
    events: () => openEvents(join(folder, `${server.name}.replica.db`), 'replica'),
    close: () => server.close(),
  }
}

/** Only who uses it waits for the client, whose definitions it speaks, to be loaded. */
const startServer = async (): Promise<{ url: string; name: string; close: () => Promise<void> }> => {
  if (process.env['TEST_LOG'] === 'stand-in') {
    const { startStandIn } = await import('./stand-in/server.ts')
    return { name: 'ledger', ...(await startStandIn({ isDense: true })) }
  }
  const { startNumbered } = await import('./stand-in/numbered.ts')
  // Nothing can be deleted there: every ledger has a name of its own.
  const name = `test-${randomUUID()}`
  return { name, ...(await startNumbered(process.env['EVENTSTORE_URL'] ?? '', name)) }
}
