import { hash } from 'node:crypto'
import { z } from 'zod'
import { isLedgerError, LedgerError } from '../errors.ts'
import { isMetaCommand } from '../vocabulary/meta.ts'
import { text } from '../vocabulary/text.ts'
import { canonicalJson } from './canonical.ts'
import { type ParsedCommand, parseCommand, type Request } from './command.ts'
import { type Flag, supposed } from './decide.ts'
import type { View } from './draft.ts'
import { parsed } from './faults.ts'
import type { Ledger, OnAnomaly } from './ledger.ts'
import { parsedJson } from './json.ts'
import { streamOfCommand } from './judge.ts'
import { gathered, type Line } from './lines.ts'
import { isLost } from '../log/lost.ts'
import { supposing } from './supposing.ts'
import type { Outcome } from './together.ts'

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

/** Counts a result in. */
export const tally = (summary: Summary, { result, position = 0 }: LineResult): void => {
  summary.lines++
  summary[result]++
  summary.position = Math.max(summary.position, position)
}

export type ImportOptions = { onAnomaly: OnAnomaly; dryRun: boolean; recordedBy: string }

const about = z.object({ command: text, key: z.string().optional() })
const entityLine = z.object({ kind: text, id: text })
const eventLine = z.object({ data: z.object({ eventId: text }) })

/** The JSON object of a line. Throws `invalid`. */
export const objectOf = (written: string): Record<string, unknown> => {
  const value = parsedJson(written, 'The line')
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new LedgerError('invalid', 'The line must be a JSON object: {"kind", "id", "command", …}.')
  return value as Record<string, unknown>
}

/** What of a line is not its body. */
const around: ReadonlySet<string> = new Set(['command', 'key', 'kind', 'id'])

const bodyOf = (line: Record<string, unknown>): Record<string, unknown> => {
  const body: Record<string, unknown> = {}
  for (const name of Object.keys(line)) if (!around.has(name)) body[name] = line[name]
  return body
}

/** The request a line makes. Without a key its own canonical JSON (RFC 8785) is its key, so that a file twice adds nothing. */
export const requestOf = (line: Record<string, unknown>, recordedBy: string): Request => {
  const { command, key } = parsed(about, line)
  const body = bodyOf(line)
  const ownKey = () => hash('sha256', canonicalJson(line))
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

/** A line as the request it makes and, where it is to be recorded, as the command that it is. */
type Read = { line: number; request: Request; command: ParsedCommand | null }

const read = (line: Line, { recordedBy, dryRun }: ImportOptions): Read | LineResult => {
  try {
    if ('fault' in line) throw line.fault
    const request = requestOf(objectOf(line.text), recordedBy)
    return { line: line.number, request, command: dryRun ? null : parseCommand(request) }
  } catch (error) {
    return refusedBy(line.number, error)
  }
}

const namesIn = (command: ParsedCommand): readonly string[] => {
  const { causedBy = [], basedOn = [] } = command.body.refs ?? {}
  return command.meta === null ? [...causedBy, ...basedOn] : [command.event, ...causedBy, ...basedOn]
}

/** Whether a command names events that may still be on their way: of some other of these streams, or by an unknown id. */
const mustWait = (command: ParsedCommand, streams: ReadonlySet<string>, view: View): boolean =>
  namesIn(command).some((name) => {
    const at = name.indexOf('#')
    if (at < 0) return view.event(name) === undefined
    const stream = name.slice(0, at)
    return streams.has(stream) && stream !== streamOfCommand(command, view)
  })

/** So many lines share their commits. */
const width = 512

/**
 * Records the lines of a file, which come in groups, and says of each, in order, what became of it. A line that is
 * refused leaves the others as they are. Lines are recorded in their order, many of them together.
 */
export async function* importLines(
  ledger: Ledger,
  groups: AsyncIterable<readonly Line[]>,
  options: ImportOptions,
): AsyncGenerator<LineResult | Summary> {
  const summary: Summary = { done: true, lines: 0, recorded: 0, repeated: 0, refused: 0, position: 0 }
  const outcomes = options.dryRun ? trialOf(ledger, options) : recording(ledger, options)
  for await (const lines of gathered(groups, width))
    for (let start = 0; start < lines.length; start += width) {
      const window = lines.slice(start, start + width).map((line) => read(line, options))
      for (const result of await outcomes(window)) {
        tally(summary, result)
        yield result
      }
    }
  yield summary
}

type Outcomes = (window: readonly (Read | LineResult)[]) => Promise<LineResult[]> | LineResult[]

const recording = (ledger: Ledger, { onAnomaly, recordedBy }: ImportOptions): Outcomes => {
  let lost: LedgerError | null = null
  return async (window) => {
    const results: LineResult[] = []
    if (lost) return window.map((one) => ('result' in one ? one : refusedBy(one.line, lost)))
    let together: (LineResult | Read)[] = []
    let streams = new Set<string>()
    const settle = async () => {
      const commands = together.flatMap((one) => ('result' in one ? [] : one.command!))
      const outcomes = (await ledger.executeAll(commands, recordedBy, onAnomaly)).values()
      for (const one of together) {
        const result = 'result' in one ? one : resultOf(one.line, outcomes.next().value!)
        results.push(result)
        if (isLost(ledger, result.problem)) lost ??= restLost(result.line)
      }
      together = []
      streams = new Set()
    }
    for (const one of window) {
      if (lost) {
        results.push('result' in one ? one : refusedBy(one.line, lost))
        continue
      }
      if (!('result' in one)) {
        if (mustWait(one.command!, streams, ledger.view)) await settle()
        streams.add(streamOfCommand(one.command!, ledger.view))
      }
      together.push(one)
    }
    await settle()
    return results
  }
}

/** What becomes of the lines after one for which the log was found away. */
export const restLost = (line: number): LedgerError =>
  new LedgerError(
    'unavailable',
    `The log was found away at line ${line}, so this was not tried, and no line after it. Send the file again when the log is back: nothing is recorded twice.`,
  )

const resultOf = (line: number, outcome: Outcome): LineResult => {
  if ('error' in outcome) return refusedBy(line, outcome.error)
  const { event, flags, replayed } = outcome
  return {
    line,
    result: replayed ? 'repeated' : 'recorded',
    eventId: event.id,
    position: event.position,
    ...(flags.length > 0 && { flags }),
  }
}

/** What would become of lines if those before them were in. */
const trialOf = (ledger: Ledger, { onAnomaly }: ImportOptions): Outcomes => {
  const trial = supposing(ledger.view)
  const tryOut = ({ line, request }: Read): LineResult => {
    const id = `line ${line}`
    const { event, flags, problem } = ledger.dryRun(request, trial.view, onAnomaly, id)
    if (problem) return { line, result: 'refused', problem }
    const entity = trial.view.entity(event!.stream)
    if (entity?.events.some(({ key }) => key === request.key)) return { line, result: 'repeated' }
    trial.add(supposed(entity, { ...event!, id, recordedAt: ledger.now() }))
    return { line, result: 'recorded', ...(flags.length > 0 && { flags }) }
  }
  return (window) =>
    window.map((one) => {
      if ('result' in one) return one
      try {
        return tryOut(one)
      } catch (error) {
        return refusedBy(one.line, error)
      }
    })
}
