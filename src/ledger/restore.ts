import canonicalize from 'canonicalize'
import { invalidAt, LedgerError } from '../errors.ts'
import type { EventLog } from '../log/log.ts'
import type { Model } from '../readmodel/model.ts'
import type { Instant } from '../time/instant.ts'
import { lastInstantOf } from '../time/moment.ts'
import { TimeError } from '../time/time-error.ts'
import type { Event, NewEvent } from '../vocabulary/envelope.ts'
import { kindNamed } from '../vocabulary/index.ts'
import { metaCommandOf } from '../vocabulary/meta.ts'
import { type Exported, recorded } from '../vocabulary/recorded.ts'
import { parseCommand } from './command.ts'
import { correctedData, draft, type View } from './draft.ts'
import { parsed } from './faults.ts'
import { type LineResult, objectOf, refusedBy, requestOf, type Summary } from './import.ts'
import type { Line } from './lines.ts'
import { receiptOf } from './receipt.ts'
import { differenceOf } from './same.ts'

/** What a restore stands on: nobody else writes to the log meanwhile. */
export type RestoreParts = {
  log: EventLog
  model: Model
  view: View
  clock: () => Instant
  newId: () => string
}

export type RestoreOptions = {
  /** The file's name: every event restored says it. */
  from: string
  /** The zone of a date in `recordedAt` where the line has none. */
  zone: string
  recordedBy: string
}

const repeated = (line: number, { id, position }: Event): LineResult => ({
  line,
  result: 'repeated',
  eventId: id,
  position,
})

/** What two records of one event must share: all but where the log put it and how it came there. */
const told = ({ restored: _restored, ...event }: Exported | Event): string =>
  canonicalize({ ...event, position: undefined })!

/** Throws `invalid` for an event about another that is not there, is of another stream, or cannot be corrected so. */
const requireTarget = ({ view }: RestoreParts, event: Exported): void => {
  const command = metaCommandOf(event.type)
  if (command === undefined) return
  const { eventId, data } = event.data as { eventId: string; data?: Record<string, unknown> }
  const target = view.event(eventId)
  if (target?.stream !== event.stream)
    throw invalidAt('/data/eventId', `names ${eventId}, which is no earlier event of ${event.stream}`)
  if (command !== 'retract' && metaCommandOf(target.type))
    throw invalidAt('/data/eventId', 'names an event about an event, which only a retraction may')
  if (command === 'correct' && data) correctedData(target.type, data)
}

const requireTime = ({ model, clock }: RestoreParts, recordedAt: Instant): void => {
  const newest = model.newest()
  if (newest !== null && recordedAt < newest)
    throw new LedgerError(
      'invalid',
      `recordedAt ${recordedAt} is before the newest record, ${newest}: order the lines by it.`,
      {
        errors: [{ pointer: '/recordedAt', detail: `must not be before ${newest}` }],
      },
    )
  if (recordedAt > clock())
    throw new LedgerError('invalid', `recordedAt ${recordedAt} lies in the future.`, {
      errors: [{ pointer: '/recordedAt', detail: 'must not be after the present' }],
    })
}

const append = async (
  parts: RestoreParts,
  line: number,
  event: NewEvent & { recordedAt: Instant },
  revision: number,
): Promise<LineResult> => {
  const { log, model } = parts
  const stored = await log.append(event.stream, [event], revision === 0 ? 'no_stream' : revision - 1)
  await model.reached(stored.position)
  const { flags } = receiptOf(model.entity(event.stream)!, stored.events[0]!)
  return {
    line,
    result: 'recorded',
    eventId: event.id,
    position: stored.position,
    ...(flags.length > 0 && { flags }),
  }
}

/** Puts back an event of an export as it was, unguarded. */
const restoreEvent = (
  parts: RestoreParts,
  line: number,
  value: unknown,
  from: string,
): Promise<LineResult> => {
  const { revision, ...event } = parsed(recorded, value) as Exported
  if (!kindNamed(event.kind))
    throw invalidAt('/kind', `"${event.kind}" is no kind of this version: restore it with a newer one`)
  const known = parts.view.event(event.id)
  const keyed = event.key === undefined ? undefined : parts.view.event(`${event.stream}#${event.key}`)
  const there = known ?? keyed
  if (there) {
    if (told(there) === told({ ...event, revision })) return Promise.resolve(repeated(line, there))
    throw new LedgerError('idempotency_mismatch', `Event ${there.id} is there already, and differs.`, {
      eventId: there.id,
    })
  }
  requireTarget(parts, { ...event, revision })
  requireTime(parts, event.recordedAt)
  return append(parts, line, { ...event, restored: { at: parts.clock(), from } }, revision)
}

/** The zone in which a line's `recordedAt` is read: its own, that of the event it names, or the ledger's. */
const zoneOf = (view: View, value: Record<string, unknown>, fallback: string): string => {
  const named = (value['data'] as { eventId?: string } | undefined)?.eventId
  if (typeof value['zone'] === 'string') return value['zone']
  return (named === undefined ? null : view.event(named)?.when?.zone) ?? fallback
}

const instantOf = (text: unknown, zone: string): Instant => {
  try {
    return lastInstantOf(String(text), zone)
  } catch (error) {
    if (!(error instanceof TimeError)) throw error
    throw new LedgerError('invalid', `recordedAt: ${error.message}`, {
      errors: [{ pointer: '/recordedAt', detail: error.message }],
    })
  }
}

/** Records a command as it would have been recorded then. */
const restoreCommand = (
  parts: RestoreParts,
  line: number,
  { recordedAt: written, ...value }: Record<string, unknown>,
  { from, zone, recordedBy }: RestoreOptions,
): Promise<LineResult> => {
  const { view, clock, newId } = parts
  if (written === undefined)
    throw new LedgerError(
      'invalid',
      'A line to restore says when it was recorded: add recordedAt, or import the file.',
      {
        errors: [{ pointer: '/recordedAt', detail: 'is required' }],
      },
    )
  const command = parseCommand(requestOf(value, recordedBy))
  const recordedAt = instantOf(written, zoneOf(view, value, zone))
  const { event, entity } = draft(command, view, { now: recordedAt, recordedBy, id: newId() })
  const there = entity?.events.find(({ key }) => key === command.key)
  if (there) {
    const difference = differenceOf(there, event)
    if (!difference) return Promise.resolve(repeated(line, there))
    throw new LedgerError(
      'idempotency_mismatch',
      `The key "${there.key}" already names event ${there.id}, which differs at ${difference.pointer}.`,
      { eventId: there.id, difference },
    )
  }
  requireTime(parts, recordedAt)
  return append(
    parts,
    line,
    { ...event, recordedAt, restored: { at: clock(), from } },
    entity?.events.length ?? 0,
  )
}

/**
 * Restores an export, or a history of commands with known record times, and says of each line what became of it. Each
 * line's `recordedAt` is its present. What is there already is repeated, so that a broken-off restore goes on.
 */
export async function* restoreLines(
  parts: RestoreParts,
  lines: AsyncIterable<Line>,
  options: RestoreOptions,
): AsyncGenerator<LineResult | Summary> {
  const summary: Summary = { done: true, lines: 0, recorded: 0, repeated: 0, refused: 0, position: 0 }
  for await (const line of lines) {
    let result: LineResult
    try {
      if ('fault' in line) throw line.fault
      const value = objectOf(line.text)
      result = await ('command' in value
        ? restoreCommand(parts, line.number, value, options)
        : restoreEvent(parts, line.number, value, options.from))
    } catch (error) {
      result = refusedBy(line.number, error)
    }
    summary.lines++
    summary[result.result]++
    summary.position = Math.max(summary.position, result.position ?? 0)
    yield result
  }
  yield summary
}
