import { LedgerError } from '../errors.ts'
import type { Event } from '../vocabulary/envelope.ts'
import type { EventsFile } from './events.ts'
import { frozenJson } from './json.ts'

/** An event of the log that a replica follows, in the order of fields in which it is kept. */
export type Recorded = { position: number; event: Omit<Event, 'position'> }

/** Who says what is an event, beyond what the log itself must know. */
export type Judge = {
  /** What another version of it left out is judged again. */
  version: string
  /** Why this is no event; null: it is one. `find` gives the events before it. It never throws. */
  faultOf(event: Omit<Event, 'position'>, find: (id: string) => Event | undefined): string | null
}

/** Notes what is left out, and by which version of the judge. */
export type Note = (position: number, error: Error, judgedBy?: string) => void

/** Adds an event to the table, never twice, and gives it as every read does, frozen. */
export const takeIn = (
  table: EventsFile,
  { position, event }: Recorded,
  judge: Judge | undefined,
  leaveOut: Note,
): Event[] => {
  const newest = table.newest()
  if (position <= (newest?.position ?? 0)) return []
  const taken = table.one(event.id)
  if (taken !== undefined) {
    leaveOut(
      position,
      new LedgerError(
        'internal',
        `The event ${event.id} stands in the log at position ${taken.position} and again at ${position}. The second is left out.`,
      ),
    )
    return []
  }
  const recordedAt = newest && newest.recordedAt > event.recordedAt ? newest.recordedAt : event.recordedAt
  const { id, stream } = event
  const revision = (table.headOf(stream)?.revision ?? -1) + 1
  const whole = { ...event, revision, recordedAt }
  const json = jsonOf(whole)
  if (json instanceof Error) {
    leaveOut(position, json)
    return []
  }
  const fault = judge?.faultOf(whole, (id) => table.one(id)) ?? null
  if (fault !== null) {
    const what = `The event ${id} of ${stream}, position ${position}, is no event of a ledger (${fault}). It is left out.`
    leaveOut(position, new LedgerError('internal', what), judge!.version)
    return []
  }
  table.insert({ id, stream, revision, position, recordedAt, text: json.text })
  return [Object.freeze({ ...json.value, position })]
}

const jsonOf = (event: Omit<Event, 'position'>) => {
  try {
    return frozenJson(event, '')
  } catch (error) {
    const { id, stream } = event
    return new LedgerError(
      'internal',
      `The event ${id} of ${stream} cannot be kept (${(error as Error).message}) and is left out.`,
    )
  }
}
