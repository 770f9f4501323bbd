import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { eventStoreLog } from '../../src/log/eventstoredb.ts'
import type { Instant } from '../../src/time/instant.ts'
import type { Engine } from './log.contract.ts'

type Where = { url: string; name: string; release: () => Promise<void> }

/** The engine on a server, with a replica in a folder of its own. */
export const openOn = async (where: Where, folder = newFolder()): Promise<Engine> => {
  const { url, name, release } = where
  let now: Instant = '2024-01-01T00:00:00.000Z'
  const log = await eventStoreLog({ url, name, path: join(folder, 'replica.db'), clock: () => now })
  const end = async () => {
    await log.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return {
    log,
    table: log.events,
    at: (instant) => void (now = instant),
    reached: async (position) => {
      while (log.events.head() < position) await wait(5)
    },
    reopen: async () => {
      // What a kill leaves behind.
      const left = newFolder()
      cpSync(folder, left, { recursive: true, filter: (file) => !file.endsWith('-shm') })
      await end()
      return openOn(where, left)
    },
    close: async () => {
      await end()
      await release()
    },
  }
}

const newFolder = () => mkdtempSync(join(tmpdir(), 'crisis-ledger-'))
