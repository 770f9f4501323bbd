import { type EventData, jsonEvent, type ResolvedEvent } from '@eventstore/db-client'
import { LedgerError } from '../../errors.ts'
import { parseInstant } from '../../time/instant.ts'
import type { Event } from '../../vocabulary/envelope.ts'
import type { Own } from '../batch.ts'
import type { Recorded } from '../intake.ts'
import { positionOf } from './position.ts'

/** An event for the server: as it was given, and in the metadata what the log adds. */
export const proposed = ({ given: { event, restored }, recordedAt }: Own): EventData => {
  const metadata = restored === undefined ? { recordedAt } : { recordedAt, restored }
  // Both are JSON since they were looked at; the client's types only know objects with an index.
  return jsonEvent({ id: event.id, type: event.type, data: event as never, metadata: metadata as never })
}

/**
 * An event of the server as the log knows it: whether it is one in all of its fields is for the judge of the replica. Others
 * than this program may write there: an error says what no ledger wrote. A type that is not known is none of them.
 */
export const recordedOf = (
  { event: record, commitPosition }: ResolvedEvent,
  prefix: string,
): Recorded | LedgerError => {
  const { data, metadata } = (record ?? {}) as { data?: Partial<Event>; metadata?: Partial<Event> }
  const position = positionOf(record?.position?.commit ?? commitPosition ?? 0n)
  const isOurs =
    typeof data === 'object' &&
    data !== null &&
    data.id === record?.id &&
    data.type === record?.type &&
    `${prefix}${data.stream}` === record?.streamId &&
    typeof data.kind === 'string' &&
    !added.some((name) => Object.hasOwn(data, name)) &&
    typeof metadata?.recordedAt === 'string' &&
    isInstant(metadata.recordedAt)
  if (!isOurs)
    return new LedgerError(
      'internal',
      `The event ${record?.id} of ${record?.streamId}, position ${position}, was not written by a ledger. It is left out.`,
    )
  const { recordedAt, restored } = metadata as Event
  const revision = Number(record.revision)
  const beside = restored === undefined ? { revision, recordedAt } : { revision, recordedAt, restored }
  return { position, event: { ...beside, ...(data as Event) } }
}

/** What only the log says of an event. */
const added = ['revision', 'position', 'recordedAt', 'restored']

/** Whether a text is an instant as the log writes it. */
export const isInstant = (text: string): boolean => parseInstant(text) === text
