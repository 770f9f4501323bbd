import type { LedgerError } from '../errors.ts'
import { isLost } from '../log/lost.ts'
import type { ParsedCommand } from './command.ts'
import type { View } from './draft.ts'
import { streamOfCommand } from './judge.ts'
import type { Ledger, OnAnomaly } from './ledger.ts'
import type { Read } from './line.ts'
import { type LineResult, refusedBy, restLost, type Summary, tally } from './line-result.ts'
import { windowsOf } from './lines.ts'
import { readingOf } from './reading.ts'
import type { Outcome } from './together.ts'
import { tried } from './tried.ts'

export type ImportOptions = { onAnomaly: OnAnomaly; dryRun: boolean; recordedBy: string }

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

/**
 * The lines of a window in their order, those together that can be decided together: not one that names an event of another,
 * and one alone that the log may refuse: what comes after it would be decided anew, and come after all others. Each is asked for
 * when those before it are recorded.
 */
function* apart(window: readonly Read[], view: View, isOver: () => boolean): Generator<readonly Read[]> {
  let together: Read[] = []
  let streams = new Set<string>()
  for (const one of window) {
    const command = 'command' in one && !isOver() ? one.command : null
    const isAlone = 'command' in one && one.isLong === true
    if (together.length > 0 && (isAlone || (command && mustWait(command, streams, view)))) {
      yield together
      together = []
      streams = new Set()
    }
    if (command) streams.add(streamOfCommand(command, view))
    together.push(one)
    if (isAlone) {
      yield together
      together = []
      streams = new Set()
    }
  }
  if (together.length > 0) yield together
}

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
    for (const together of apart(window, ledger.view, () => lost !== null))
      if (lost) yield together.map((one) => refusedBy(one.line, 'fault' in one ? one.fault : lost))
      else yield await settle(together)
  }
}

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
