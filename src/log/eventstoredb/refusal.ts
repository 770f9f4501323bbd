import { LedgerError } from '../../errors.ts'
import { meaningOf } from './meaning.ts'

/** Why a read or a subscription failed, as the ledger tells it: `unavailable` where the server does not let its user read. */
export const readRefusal = (error: unknown): unknown =>
  meaningOf(error).kind === 'denied'
    ? new LedgerError(
        'unavailable',
        `The event store refuses the user of this ledger (${(error as Error).message || 'it does not say why'}): check ` +
          'LEDGER_LOG, the name and the password in it; that user must be one who may read $all.',
        {},
        error,
      )
    : error
