import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import { z } from 'zod'
import type { Entity } from '../answer/entity.ts'
import { grown } from '../answer/known.ts'
import { isLedgerError, LedgerError } from '../errors.ts'
import type { Event } from '../vocabulary/envelope.ts'
import { isMetaCommand } from '../vocabulary/meta.ts'
import { text } from '../vocabulary/text.ts'
import type { Request } from './command.ts'
import { type Flag, supposed } from './decide.ts'
import type { View } from './draft.ts'
import { parsed } from './faults.ts'
import type { Ledger, OnAnomaly } from './ledger.ts'
import { parsedJson } from './json.ts'
import type { Line } from './lines.ts'

/** What became of a line. */
export type LineResult = {
  line: number
  result: 'recorded' | 'repeated' | 'refused'
  eventId?: string
  position?: number
  flags?: Flag[]
  problem?: LedgerError
}

/** What became of a file. `position` is that of its newest event. */
export type Summary = {
  done: true
  lines: number
  recorded: number
  repeated: number
  refused: number
  position: number
}

export type ImportOptions = { onAnomaly: OnAnomaly; dryRun: boolean; recordedBy: string }

const about = z.looseObject({ command: text, key: z.string().optional() })
const entityLine = z.looseObject({ kind: text, id: text })
const eventLine = z.looseObject({ data: z.looseObject({ eventId: text }) })

/** The JSON object of a line. Throws `invalid`. */
export const objectOf = (written: string): Record<string, unknown> => {
  const value = parsedJson(written, 'The line')
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new LedgerError('invalid', 'The line must be a JSON object: {"kind", "id", "command", …}.')
  return value as Record<string, unknown>
}

/** The request a line makes. Without a key its own canonical JSON (RFC 8785) is its key, so that a file twice adds nothing. */
export const requestOf = (line: Record<string, unknown>, recordedBy: string): Request => {
  const { command, key } = parsed(about, line)
  const { command: _command, key: _key, kind: _kind, id: _id, ...body } = line
  const ownKey = () => createHash('sha256').update(canonicalize(line)!).digest('hex')
  const request = { command, key: key ?? ownKey(), recordedBy }
  if (isMetaCommand(command) && line['kind'] === undefined && line['id'] === undefined)
    return { ...request, about: { event: parsed(eventLine, body).data.eventId, inBody: true }, body }
  return { ...request, about: parsed(entityLine, line), body }
}

/** The result of a line that could not be recorded. A fault of ours says nothing of the inside, and stops no other line. */
export const refusedBy = (line: number, error: unknown): LineResult => ({
  line,
  result: 'refused',
  problem: isLedgerError(error)
    ? error
    : new LedgerError('internal', 'Something went wrong here. Please try this line again.', {}, error),
})

const read = (line: Line, recordedBy: string): Request | LineResult => {
  try {
    if ('fault' in line) throw line.fault
    return requestOf(objectOf(line.text), recordedBy)
  } catch (error) {
    return refusedBy(line.number, error)
  }
}

/** Whether a line names events by stream and key: those may still be on their way. */
const namesEvents = ({ about: target, body }: Request): boolean =>
  'event' in target || /"[a-z]+-[a-z0-9-]+#/.test(JSON.stringify(body))

/** A view in which the events of the lines before are in, for a dry run. */
const supposing = (view: View) => {
  const entities = new Map<string, Entity>()
  const events = new Map<string, Event>()
  const entity = (stream: string) => entities.get(stream) ?? view.entity(stream)
  const event = (name: string) => {
    const [stream = '', ...key] = name.split('#')
    return (
      events.get(name) ??
      entities.get(stream)?.events.find((one) => one.key === key.join('#')) ??
      view.event(name)
    )
  }
  const add = (of: Event) => {
    entities.set(of.stream, grown(entity(of.stream), of))
    events.set(of.id, of)
  }
  return { view: { entity, event }, add }
}

/** How many lines may be on their way to the log at a time: they share its commits. */
const width = 512

/**
 * Records the lines of a file and says of each, in order, what became of it. A line that is refused leaves the others
 * as they are. Lines of one stream are recorded in their order; those of others may share a commit with them.
 */
export async function* importLines(
  ledger: Ledger,
  lines: AsyncIterable<Line>,
  { onAnomaly, dryRun, recordedBy }: ImportOptions,
): AsyncGenerator<LineResult | Summary> {
  const summary: Summary = { done: true, lines: 0, recorded: 0, repeated: 0, refused: 0, position: 0 }
  const waiting: Promise<LineResult>[] = []
  const trial = supposing(ledger.view)

  const tally = (result: LineResult): LineResult => {
    summary.lines++
    summary[result.result]++
    summary.position = Math.max(summary.position, result.position ?? 0)
    return result
  }

  const tryOut = (line: number, request: Request): LineResult => {
    const id = `line ${line}`
    const { event, flags, problem } = ledger.dryRun(request, trial.view, onAnomaly, id)
    if (problem) return { line, result: 'refused', problem }
    const entity = trial.view.entity(event!.stream)
    if (entity?.events.some(({ key }) => key === request.key)) return { line, result: 'repeated' }
    const draft = { ...event!, id, recordedAt: ledger.now() }
    trial.add(supposed(entity, draft).events.at(-1)!)
    return { line, result: 'recorded', ...(flags.length > 0 && { flags }) }
  }

  const record = async (line: number, request: Request): Promise<LineResult> => {
    const { event, position, flags, replayed } = await ledger.execute(request, onAnomaly)
    const result = replayed ? 'repeated' : 'recorded'
    return { line, result, eventId: event.id, position, ...(flags.length > 0 && { flags }) }
  }

  const outcome = async (line: number, request: Request): Promise<LineResult> => {
    try {
      return dryRun ? tryOut(line, request) : await record(line, request)
    } catch (error) {
      return refusedBy(line, error)
    }
  }

  for await (const line of lines) {
    const request = read(line, recordedBy)
    if ('result' in request) waiting.push(Promise.resolve(request))
    else if (namesEvents(request)) {
      await Promise.all(waiting)
      const result = await outcome(line.number, request)
      waiting.push(Promise.resolve(result))
    } else waiting.push(outcome(line.number, request))
    if (waiting.length >= width) for (const result of waiting.splice(0, width / 2)) yield tally(await result)
  }
  for (const result of waiting) yield tally(await result)
  yield summary
}
