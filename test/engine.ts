import { join } from 'node:path'
import { type EventsFile, type EventsTable, openEvents } from '../src/log/events.ts'
import { judge } from '../src/main.ts'
import type { EventLog } from '../src/log/log.ts'
import { sqliteLog } from '../src/log/sqlite.ts'
import type { Instant } from '../src/time/instant.ts'

/** An empty log of a test's own, and the table from which its events are read. `close` closes both. */
export type TestLog = { log: EventLog; events: EventsTable; close: () => Promise<void> }

/**
 * Whether the services of tests have their logs on stand-ins of an EventStoreDB (`TEST_LOG=stand-in`), and not in files.
 * Each ledger has one for itself, because tests name positions.
 */
const isOnStandIn = (): boolean => process.env['TEST_LOG'] === 'stand-in'

/** Opens a log whose files, if it has any, are in a folder. */
export const openTestLog = async (folder: string, clock: () => Instant): Promise<TestLog> => {
  if (!isOnStandIn()) {
    const log = await sqliteLog({ path: join(folder, 'ledger.db'), clock })
    return { log, events: log.events, close: () => log.close() }
  }
  const server = await startServer()
  const { eventStoreLog } = await import('../src/log/eventstoredb.ts')
  const path = join(folder, 'ledger.replica.db')
  const log = await eventStoreLog({ url: server.url, name: 'ledger', path, clock, judge: judge() })
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
  if (!isOnStandIn()) {
    const path = join(folder, 'ledger.db')
    return {
      env: { LEDGER_LOG: `sqlite:${path}` },
      events: () => openEvents(path, 'log'),
      close: async () => undefined,
    }
  }
  const server = await startServer()
  return {
    env: { LEDGER_LOG: server.url, LEDGER_DATA: folder },
    events: () => openEvents(join(folder, 'ledger.replica.db'), 'replica'),
    close: () => server.close(),
  }
}

/** Only who uses it waits for the client, whose definitions it speaks, to be loaded. */
const startServer = async () => {
  const { startStandIn } = await import('./stand-in/server.ts')
  return startStandIn({ isDense: true })
}
