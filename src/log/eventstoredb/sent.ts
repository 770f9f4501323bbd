import type { ResolvedEvent } from '@eventstore/db-client'
import type { Event } from '../../vocabulary/envelope.ts'
import type { Own } from '../batch.ts'
import type { Recorded } from '../intake.ts'
import { positionOf } from './position.ts'
import { isInstant } from './record.ts'

/**
 * What this node sends, until that is answered. It comes back with all the others, in the order that the server gave them;
 * where it says what was sent it need not be looked at again.
 */
export type Sent = {
  add(event: Own): void
  remove(event: Own): void
  /** An event of the server as the log knows it, if it says just what was sent. */
  recordedOf(resolved: ResolvedEvent): Recorded | undefined
}

export const createSent = (prefix: string): Sent => {
  const byId = new Map<string, Own>()
  return {
    add: (event) => void byId.set(event.given.event.id, event),
    remove: (event) => void byId.delete(event.given.event.id),
    recordedOf: ({ event: record }) => {
      const own = record && byId.get(record.id)
      if (!record?.position || own === undefined) return undefined
      const { event, text } = own.given
      const isSame =
        record.isJson &&
        record.type === event.type &&
        record.streamId === `${prefix}${event.stream}` &&
        isWritten(own) &&
        isAdded(own, record.metadata) &&
        JSON.stringify(record.data) === text
      return isSame ? { position: positionOf(record.position.commit), own } : undefined
    },
  }
}

/**
 * Whether what is given is what a ledger writes (`recordedOf`), and would be written in the same order again: names that are
 * numbers come first in what is parsed.
 */
const isWritten = ({ given: { event, text }, recordedAt }: Own): boolean =>
  typeof event.kind === 'string' && isInstant(recordedAt) && !/^\{"\d/.test(text)

/** Whether metadata say what the log added. */
const isAdded = ({ given: { restored }, recordedAt }: Own, metadata: unknown): boolean => {
  const said = (metadata ?? {}) as Partial<Event>
  return (
    said.recordedAt === recordedAt &&
    (said.restored === restored || JSON.stringify(said.restored) === JSON.stringify(restored))
  )
}
