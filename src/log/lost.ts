import { isLedgerError, LedgerError } from '../errors.ts'
import type { EventLog } from './log.ts'

/** Why an append is not to be tried that waited in line behind others: the log is away, and gave those no answer. */
export const lostBefore = (
  log: Pick<EventLog, 'isAway'>,
  before: readonly PromiseSettledResult<unknown>[],
): LedgerError | null => {
  if (!log.isAway?.()) return null
  const lost = before.find((one) => one.status === 'rejected' && isUnavailable(one.reason))
  return lost === undefined
    ? null
    : new LedgerError(
        'unavailable',
        'The log is away, and what waited in line before this had no answer of it. Nothing was recorded of this: try again.',
        {},
        (lost as PromiseRejectedResult).reason,
      )
}

/** Whether the log had no answer for something. */
export const isLost = (log: Pick<EventLog, 'isAway'>, error: unknown): error is LedgerError =>
  isUnavailable(error) && (log.isAway?.() ?? false)

const isUnavailable = (error: unknown): error is LedgerError =>
  isLedgerError(error) && error.code === 'unavailable'
