import { LedgerError } from '../errors.ts'
import type { Stored } from '../log/events.ts'
import { limits } from '../log/log.ts'
import type { NewEvent } from '../vocabulary/envelope.ts'

/** Events of one stream that follow each other in the whole log: one append, after a revision (-1: no stream). */
export type Run = {
  stream: string
  after: number
  events: NewEvent[]
  bytes: number
  /** Where the last of them stands in the log they are from. */
  position: number
}

/** So much is appended at once at most: it fits into one commit of every log. */
const most = { events: 512, bytes: limits.append }

/** The events of a log as appends that keep their order. Throws `internal` for one that cannot be read. */
export function* runsOf(name: string, rows: Iterable<Stored>): Generator<Run> {
  let run: Run | undefined
  for (const row of rows) {
    const bytes = Buffer.byteLength(row.text) + limits.added
    const goesOn =
      run?.stream === row.stream &&
      run.after + run.events.length + 1 === row.revision &&
      run.events.length < most.events &&
      run.bytes + bytes <= most.bytes
    if (run && !goesOn) yield run
    if (!run || !goesOn)
      run = { stream: row.stream, after: row.revision - 1, events: [], bytes: 0, position: 0 }
    run.events.push(eventOf(name, row))
    run.bytes += bytes
    run.position = row.position
  }
  if (run) yield run
}

/** Runs that are appended without waiting, at most so many. */
export function* groupsOf(runs: Iterable<Run>, together: number): Generator<Run[]> {
  let group: Run[] = []
  let events = 0
  let bytes = 0
  for (const run of runs) {
    const isFull =
      group.length === together || events + run.events.length > most.events || bytes + run.bytes > most.bytes
    if (isFull && group.length > 0) {
      yield group
      group = []
      events = 0
      bytes = 0
    }
    group.push(run)
    events += run.events.length
    bytes += run.bytes
  }
  if (group.length > 0) yield group
}

/** An event as it is handed to a log: what that adds is left out, but for what it keeps when it is given. */
const eventOf = (name: string, { position, text }: Stored): NewEvent => {
  try {
    const { revision: _revision, ...event } = JSON.parse(text) as NewEvent & { revision: number }
    return event
  } catch (error) {
    throw new LedgerError(
      'internal',
      `The event at position ${position} of ${name} cannot be read: crisis-ledger verify says what is wrong.`,
      {},
      error,
    )
  }
}
