import { LedgerError } from '../errors.ts'
import type { Instant } from '../time/instant.ts'
import type { Batch } from './batch.ts'

/**
 * When each event of a batch is recorded: at the present of its commit or, where it brings one, at its own time, never
 * before the one that precedes it. `invalid` where its own time would be.
 */
export const timesOf = ({ events }: Batch, present: Instant, newest: Instant): Instant[] | LedgerError => {
  const times: Instant[] = []
  for (const { event, recordedAt } of events) {
    const last = times.at(-1) ?? newest
    if (recordedAt !== undefined && recordedAt < last)
      return new LedgerError(
        'invalid',
        `${event.id} was recorded at ${recordedAt}, before the newest event, ${last}.`,
      )
    times.push(recordedAt ?? later(present, last))
  }
  return times
}

export const later = (a: Instant, b: Instant): Instant => (a > b ? a : b)
