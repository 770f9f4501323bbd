import { once } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type AllStreamResolvedEvent, streamNameFilter } from '@eventstore/db-client'
import { isLedgerError } from '../../errors.ts'
import type { Told } from '../replica.ts'
import type { Line } from './attempt.ts'
import { meaningOf } from './meaning.ts'
import { placeOf, positionOf } from './position.ts'
import { recordedOf } from './record.ts'
import { readRefusal } from './refusal.ts'
import type { Sent } from './sent.ts'
import { createLimit, within } from './silence.ts'

type Wanted = {
  prefix: string
  after: number
  /** What this node sends itself, which need not be looked at again. */
  sent: Sent
  told: Told
  signal: AbortSignal
}

/**
 * Hands over every event after a position whose stream has the prefix, in batches, until the subscription ends or the
 * signal aborts; nothing of it stays open. Throws why it ended, and what `take` throws.
 */
export const subscribeOnce = async (
  { connection, timing }: Line,
  { prefix, after, sent, told, signal }: Wanted,
): Promise<void> => {
  const client = connection.client()
  const subscription = client.subscribeToAll(
    {
      fromPosition: after === 0 ? 'start' : placeOf(after),
      // How far it has come beside what is told is of no interest.
      filter: streamNameFilter({ prefixes: [prefix], checkpointInterval: 1000 }),
      credentials: connection.credentials,
    },
    { highWaterMark: mostAtOnce },
  )
  // The loop is told of an error; one that comes after it would find no listener, and end the process.
  subscription.on('error', () => undefined)
  const stop = () => void subscription.unsubscribe().catch(() => undefined)
  signal.addEventListener('abort', stop)
  const limit = createLimit(timing.answer)
  try {
    await within(limit, once(subscription, 'confirmation', { signal }))
    told.confirmed()
    for await (const first of subscription as AsyncIterable<AllStreamResolvedEvent>) {
      // What this turn of the event loop still brings shares the batch.
      await nextTurn()
      const events = [first]
      for (let next; events.length < mostAtOnce && (next = subscription.read()) !== null;)
        events.push(next as AllStreamResolvedEvent)
      if (signal.aborted) return
      hand(events, prefix, sent, told)
    }
  } catch (error) {
    if (signal.aborted) return
    const meaning = meaningOf(error)
    if (!isLedgerError(error) && meaning.kind === 'unknown' && meaning.isOver !== 'no')
      connection.replace(client, meaning.isOver)
    throw readRefusal(error)
  } finally {
    limit.clear()
    signal.removeEventListener('abort', stop)
    stop()
  }
}

const mostAtOnce = 256

const hand = (events: readonly AllStreamResolvedEvent[], prefix: string, sent: Sent, told: Told): void => {
  const recorded = events.flatMap((resolved) => {
    const found = sent.recordedOf(resolved) ?? recordedOf(resolved, prefix)
    if (!isLedgerError(found)) return [found]
    told.leaveOut(positionOf(resolved.event!.position.commit), found)
    return []
  })
  if (recorded.length > 0) told.take(recorded)
  told.passed(positionOf(events.at(-1)!.event!.position.commit))
}
