import { setTimeout as wait } from 'node:timers/promises'
import type { EventStoreDBClient } from '@eventstore/db-client'
import { isLedgerError, LedgerError } from '../../errors.ts'
import type { Connection } from './connection.ts'
import { meaningOf } from './meaning.ts'
import { createLimit, type Limit, within } from './silence.ts'
import { pauseAfter, type Timing } from './timing.ts'

/** What calls are made with. */
export type Line = { connection: Connection; timing: Timing }

/** A call to the server, safe to be made again. */
export type Call<T> = (client: EventStoreDBClient, waiting: Waiting) => Promise<T>

/** Whether somebody still waits for a call, and what is done when nobody does any more. */
export type Waiting = { isOver: boolean; stop?: () => void }

/**
 * Makes a call once. Throws what the call throws, or `Silence` when it was not answered in time; the client is replaced
 * where it no longer serves.
 */
export const attempt = async <T>(
  { connection, timing }: Line,
  call: Call<T>,
  patience?: Limit,
): Promise<T> => {
  const client = connection.client()
  const answer = createLimit(timing.answer)
  if (patience?.isOver) answer.end()
  else if (patience) patience.whenOver = answer.end
  const waiting: Waiting = { isOver: false }
  try {
    return await within(answer, call(client, waiting), () => {
      waiting.isOver = true
      waiting.stop?.()
    })
  } catch (error) {
    const meaning = meaningOf(error)
    if (meaning.kind === 'unknown' && meaning.isOver !== 'no') connection.replace(client, meaning.isOver)
    throw error
  } finally {
    answer.clear()
  }
}

/**
 * Makes a call until its outcome is known. Throws what the call throws where that is definite, and `unavailable` when the
 * budget is used up: then the outcome is unknown, and `advice` says what that means.
 */
export const persist = async <T>(line: Line, call: Call<T>, advice: string): Promise<T> => {
  const patience = createLimit(line.timing.budget)
  let last: unknown
  try {
    for (let failures = 0; ; failures++) {
      try {
        return await attempt(line, call, patience)
      } catch (error) {
        if (isLedgerError(error) || meaningOf(error).kind !== 'unknown') throw error
        // That patience ended says less than what went wrong before.
        if (patience.isOver) throw outOfReach(last ?? error, advice)
        last = error
        await wait(pauseAfter(line.timing, failures))
      }
    }
  } finally {
    patience.clear()
  }
}

const outOfReach = (error: unknown, advice: string): LedgerError =>
  new LedgerError(
    'unavailable',
    `The event store gives no answer (${(error as Error).message || 'it does not say why'}). ${advice}`,
    {},
    error,
  )
