import { LedgerError } from '../errors.ts'
import type { Instant } from '../time/instant.ts'
import type { Event } from '../vocabulary/envelope.ts'
import { type Own, storedEvent } from './batch.ts'
import type { EventsFile } from './events.ts'
import { isIdTaken } from './file.ts'
import { frozenJson } from './json.ts'

/** An event of the log that a replica follows, in the order of fields in which it is kept; or one that was sent from here. */
export type Recorded =
  | { position: number; event: Omit<Event, 'position'>; own?: undefined }
  | { position: number; event?: undefined; own: Own }

/** Who says what is an event, beyond what the log itself must know. */
export type Judge = {
  /** What another version of it left out is judged again. */
  version: string
  /** Why this is no event; null: it is one. `find` gives the events before it. It never throws. */
  faultOf(event: Omit<Event, 'position'>, find: (id: string) => Event | undefined): string | null
}

/** Notes what is left out, and by which version of the judge. */
export type Note = (position: number, error: Error, judgedBy?: string) => void

/** Where the last event stands that was taken in. */
export type Newest = { position: number; recordedAt: Instant }

/** An event as every read gives it, frozen, and its text in the table. */
export type Taken = { event: Event; text: string }

/** Adds an event to the table, never twice; undefined: it was there, or is left out. */
export const takeIn = (
  table: EventsFile,
  recorded: Recorded,
  newest: Newest | undefined,
  judge: Judge | undefined,
  leaveOut: Note,
): Taken | undefined => {
  const { position, event, own } = recorded
  if (position <= (newest?.position ?? 0)) return undefined
  const { id, stream } = event ?? own.given.event
  const isTaken = () => {
    const taken = table.one(id)
    if (taken === undefined) return false
    leaveOut(
      position,
      new LedgerError(
        'internal',
        `The event ${id} stands in the log at position ${taken.position} and again at ${position}. The second is left out.`,
      ),
    )
    return true
  }
  const head = table.headOf(stream)
  // One more of a stream is refused by the table itself, and nothing with it.
  if (head === undefined && isTaken()) return undefined
  const told = (event ?? own).recordedAt
  const recordedAt = newest && newest.recordedAt > told ? newest.recordedAt : told
  const revision = (head?.revision ?? -1) + 1
  const place = { revision, position, recordedAt }
  const json = event ? jsonOf({ ...event, revision, recordedAt }, position) : storedEvent(own.given, place)
  if (json instanceof Error) {
    if (!isTaken()) leaveOut(position, json)
    return undefined
  }
  // What is in the table stays there: the judge would say the same again.
  const isJudged = own?.judged?.revision === revision && own.judged.recordedAt === recordedAt
  const fault = isJudged ? null : (judge?.faultOf(withoutPosition(json.event), (id) => table.one(id)) ?? null)
  if (fault !== null) {
    const what = `The event ${id} of ${stream}, position ${position}, is no event of a ledger (${fault}). It is left out.`
    if (!isTaken()) leaveOut(position, new LedgerError('internal', what), judge!.version)
    return undefined
  }
  try {
    table.insert({ id, stream, ...place, text: json.text })
  } catch (error) {
    if (isIdTaken(error) && isTaken()) return undefined
    throw error
  }
  return json
}

const jsonOf = (event: Omit<Event, 'position'>, position: number): Taken | LedgerError => {
  try {
    const { text, value } = frozenJson(event, '')
    return { text, event: Object.freeze({ ...value, position }) }
  } catch (error) {
    const { id, stream } = event
    return new LedgerError(
      'internal',
      `The event ${id} of ${stream} cannot be kept (${(error as Error).message}) and is left out.`,
    )
  }
}

const withoutPosition = ({ position: _position, ...event }: Event): Omit<Event, 'position'> => event
