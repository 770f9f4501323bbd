import { isLedgerError, LedgerError } from '../errors.ts'
import { isLost } from '../log/lost.ts'
import type { ParsedCommand } from './command.ts'
import { type Flag, supposed } from './decide.ts'
import type { View } from './draft.ts'
import { streamOfCommand } from './judge.ts'
import type { Ledger, OnAnomaly } from './ledger.ts'
import { objectOf, type Read, requestOf } from './line.ts'
import { gathered, type Line, lineGroupsOf } from './lines.ts'
import { readingOf } from './reading.ts'
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

/** The result of a line that could not be recorded. A fault of ours says nothing of the inside, and stops no other line. */
export const refusedBy = (line: number, error: unknown): LineResult => ({
  line,
  result: 'refused',
  problem: isLedgerError(error)
    ? error
    : new LedgerError('internal', 'Something went wrong here. Please try this line again.', {}, error),
})

const namesIn = (command: ParsedCommand): readonly string[] => {
  if (command.meta === null && !command.body.refs) return []
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

/** So many lines are decided together. */
const width = 2048

/**
 * Records the lines of a file, which comes in pieces, and says of each, in order, what became of it: of some together, and
 * at the end of all. A line that is refused leaves the others as they are. Lines are recorded in their order, many of them
 * together.
 */
export async function* importLines(
  ledger: Ledger,
  chunks: AsyncIterable<Uint8Array>,
  options: ImportOptions,
): AsyncGenerator<readonly (LineResult | Summary)[]> {
  const summary: Summary = { done: true, lines: 0, recorded: 0, repeated: 0, refused: 0, position: 0 }
  const results = options.dryRun ? tried(ledger, chunks, options) : recorded(ledger, chunks, options)
  for await (const some of results) {
    for (const result of some) tally(summary, result)
    yield some
  }
  yield [summary]
}

/** What was gathered, so much at a time. */
async function* windowsOf<Item>(groups: AsyncIterable<readonly Item[]>): AsyncGenerator<readonly Item[]> {
  for await (const items of gathered(groups, width))
    for (let start = 0; start < items.length; start += width) yield items.slice(start, start + width)
}

async function* recorded(
  ledger: Ledger,
  chunks: AsyncIterable<Uint8Array>,
  { onAnomaly, recordedBy }: ImportOptions,
): AsyncGenerator<readonly LineResult[]> {
  let lost: LedgerError | null = null

  const settle = async (together: readonly Read[]): Promise<LineResult[]> => {
    const commands = together.flatMap((one) => ('command' in one ? one.command : []))
    const outcomes = (await ledger.executeAll(commands, recordedBy, onAnomaly)).values()
    return together.map((one) => {
      const result =
        'fault' in one ? refusedBy(one.line, one.fault) : resultOf(one.line, outcomes.next().value!)
      if (isLost(ledger, result.problem)) lost ??= restLost(result.line)
      return result
    })
  }

  for await (const window of windowsOf(readingOf(chunks))) {
    let together: Read[] = []
    let streams = new Set<string>()
    for (const one of window) {
      if (!lost && 'command' in one) {
        if (mustWait(one.command, streams, ledger.view)) {
          yield await settle(together)
          together = []
          streams = new Set()
        }
        streams.add(streamOfCommand(one.command, ledger.view))
      }
      together.push(one)
    }
    if (lost) yield together.map((one) => refusedBy(one.line, 'fault' in one ? one.fault : lost))
    else yield await settle(together)
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
async function* tried(
  ledger: Ledger,
  chunks: AsyncIterable<Uint8Array>,
  { onAnomaly, recordedBy }: ImportOptions,
): AsyncGenerator<readonly LineResult[]> {
  const trial = supposing(ledger.view)
  const tryOut = (line: Line): LineResult => {
    if ('fault' in line) throw line.fault
    const { number } = line
    const request = requestOf(objectOf(line.text), recordedBy)
    const id = `line ${number}`
    const { event, flags, problem } = ledger.dryRun(request, trial.view, onAnomaly, id)
    if (problem) return { line: number, result: 'refused', problem }
    const entity = trial.view.entity(event!.stream)
    if (entity?.events.some(({ key }) => key === request.key)) return { line: number, result: 'repeated' }
    trial.add(supposed(entity, { ...event!, id, recordedAt: ledger.now() }))
    return { line: number, result: 'recorded', ...(flags.length > 0 && { flags }) }
  }
  for await (const window of windowsOf(lineGroupsOf(chunks)))
    yield window.map((line) => {
      try {
        return tryOut(line)
      } catch (error) {
        return refusedBy(line.number, error)
      }
    })
}
