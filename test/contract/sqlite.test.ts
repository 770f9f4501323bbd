import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sqliteLog } from '../../src/log/sqlite.ts'
import type { Instant } from '../../src/time/instant.ts'
import { contract, type Engine } from './log.contract.ts'

const newFolder = () => mkdtempSync(join(tmpdir(), 'crisis-ledger-'))

contract('sqlite', () => openIn(newFolder()))

const openIn = async (folder: string): Promise<Engine> => {
  let now: Instant = '2024-01-01T00:00:00.000Z'
  const log = await sqliteLog({ path: join(folder, 'ledger.db'), clock: () => now })
  const close = async () => {
    await log.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return {
    log,
    table: log.events,
    at: (instant) => void (now = instant),
    // A commit is in the table before its append resolves.
    reached: async () => {},
    reopen: async () => {
      // What a kill leaves behind: the files as they are, with the write-ahead log that closing would have emptied.
      const left = newFolder()
      cpSync(folder, left, { recursive: true, filter: (file) => !file.endsWith('-shm') })
      await close()
      return openIn(left)
    },
    close,
  }
}
