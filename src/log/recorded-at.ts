import { LedgerError } from '../errors.ts'
import type { Instant } from '../time/instant.ts'

/**
 * When each event of an append is recorded: at the present of its commit or, where it brings one, at its own time, never
 * before the one that precedes it. `invalid` where its own time would be.
 */
export const timesOf = (
  rows: readonly { id: string; recordedAt?: Instant | undefined }[],
  present: Instant,
  newest: Instant,
): Instant[] | LedgerError => {
  const times: Instant[] = []
  let last = newest
  for (const { id, recordedAt } of rows) {
    if (recordedAt !== undefined && recordedAt < last)
      return new LedgerError(
        'invalid',
        `${id} was recorded at ${recordedAt}, before the newest event, ${last}.`,
      )
    last = recordedAt ?? later(present, last)
    times.push(last)
  }
  return times
}

export const later = (a: Instant, b: Instant): Instant => (a > b ? a : b)
