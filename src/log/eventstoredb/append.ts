import type { EventData, EventStoreDBClient } from '@eventstore/db-client'
import { isLedgerError, LedgerError } from '../../errors.ts'
import { conflict } from '../conflict.ts'
import { limits } from '../log.ts'
import { type Line, persist } from './attempt.ts'
import { meaningOf } from './meaning.ts'
import { positionOf } from './position.ts'

/** Where the last event of an append stands; the server gives no position for one that was said again to a deleted stream. */
export type Place = { revision: number; position: number | undefined }

/**
 * Appends events after a revision of a stream, -1 where there is none, and resolves when the server has them on its disk.
 * An outcome that is not known is found out by sending the same once more: the same ids at the same revision are written
 * once. Throws as `EventLog.append` does.
 */
export const appendTo = async (
  line: Line,
  { prefix, stream, events, after }: { prefix: string; stream: string; events: EventData[]; after: number },
): Promise<Place> => {
  const { connection, timing } = line
  try {
    const append = (client: EventStoreDBClient) =>
      client.appendToStream(`${prefix}${stream}`, events, {
        expectedRevision: after < 0 ? 'no_stream' : BigInt(after),
        credentials: connection.credentials,
        // Another node would pass it on, and say nothing while there is no leader to take it.
        requiresLeader: true,
        // A little later than the answer is waited for: it only ends the call.
        deadline: timing.answer + 500,
      })
    const { nextExpectedRevision, position } = await persist(line, append, again)
    return { revision: Number(nextExpectedRevision), position: position && positionOf(position.commit) }
  } catch (error) {
    throw isLedgerError(error) ? error : refusal(error, stream, after)
  }
}

const again = 'Whether it was done is not known; to send the same again is safe.'

const refusal = (error: unknown, stream: string, after: number): LedgerError => {
  const meaning = meaningOf(error)
  // The message of the client is often empty.
  const said = (error as Error).message || 'it does not say why'
  switch (meaning.kind) {
    case 'conflict':
      return conflict(stream, after, meaning.actual ?? -1)
    case 'too_large':
      return new LedgerError(
        'too_large',
        `The event store takes no append as large as this one; ${limits.append} bytes is usual.`,
      )
    case 'denied':
      return new LedgerError('unavailable', `The event store lets this ledger's user not write (${said}).`)
    case 'deleted':
      return new LedgerError('unavailable', `The stream ${stream} was closed for ever on the event store.`)
    case 'missing':
    case 'refused':
    case 'unknown':
    default:
      return new LedgerError('internal', `The event store refused the append (${said}).`, {}, error)
  }
}
