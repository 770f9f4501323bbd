import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type EventStoreLog, eventStoreLog } from '../../src/log/eventstoredb.ts'
import type { Timing } from '../../src/log/eventstoredb/timing.ts'
import { isLedgerError } from '../../src/errors.ts'
import type { Judge } from '../../src/log/intake.ts'
import type { Appended } from '../../src/log/log.ts'
import type { Instant } from '../../src/time/instant.ts'
import type { NewEvent } from '../../src/vocabulary/envelope.ts'

/** Everything goes wrong, and right again, eight times as fast as usual. */
export const fast: Timing = {
  answer: 500,
  budget: 10_000,
  pause: 10,
  longestPause: 100,
  behind: 100,
  keepAlive: 150,
}

/** A node of the ledger on a server, and the file of its replica. */
export type Node = { log: EventStoreLog; path: string; close: () => Promise<void> }

export const openNode = async (
  url: string,
  {
    timing = fast,
    clock = (): Instant => '2024-01-10T12:00:00.000Z',
    path = join(mkdtempSync(join(tmpdir(), 'crisis-ledger-')), 'replica.db'),
    name = 'ledger',
    judge = undefined as Judge | undefined,
  } = {},
): Promise<Node> => {
  const log = await eventStoreLog({ url, name, path, clock, timing, judge })
  return {
    log,
    path,
    close: async () => {
      await log.close()
      rmSync(join(path, '..'), { recursive: true, force: true })
    },
  }
}

/** Sends the same append until it is told what became of it, as a careful caller does. */
export const appendSurely = async (
  log: EventStoreLog,
  stream: string,
  events: readonly NewEvent[],
  expected: number | 'no_stream',
): Promise<Appended> => {
  for (let left = 100; ; left--)
    try {
      return await log.append(stream, events, expected)
    } catch (error) {
      if (!isLedgerError(error) || error.code !== 'unavailable' || left === 0) throw error
      await wait(10)
    }
}
