import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Entity } from '../answer/entity.ts'
import { isLedgerError, LedgerError } from '../errors.ts'
import { isLost } from '../log/lost.ts'
import type { Event } from '../vocabulary/envelope.ts'
import { type ParsedCommand, parseCommand } from './command.ts'
import type { Flag } from './decide.ts'
import type { View } from './draft.ts'
import { streamOfCommand } from './judge.ts'
import type { Ledger, OnAnomaly } from './ledger.ts'
import { objectOf, type Read, requestOf } from './line.ts'
import { gathered, type Line, lineGroupsOf } from './lines.ts'
import { readingOf } from './reading.ts'
import { createFlagging, type flagsBy } from './receipt.ts'
import type { Outcome } from './together.ts'
import { createTrial } from './trial.ts'

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
    for (const together of apart(window, ledger.view, () => lost !== null))
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
  const trial = createTrial(ledger.view)
  let flaggings = new Map<string, typeof flagsBy>()
  const flagsAgain = (entity: Entity, recorded: Event): Flag[] => {
    const flagging = flaggings.get(entity.stream) ?? createFlagging()
    flaggings.set(entity.stream, flagging)
    return flagging(entity, recorded)
  }
  const tryOut = (line: Line): LineResult => {
    if ('fault' in line) throw line.fault
    const { number } = line
    const command = parseCommand(requestOf(objectOf(line.text), recordedBy))
    const judged = ledger.judge(command, trial.view, { recordedBy, id: idOfLine(number) }, onAnomaly)
    if (!judged.recorded) trial.add(judged.verdict.after)
    const flags = judged.recorded ? flagsAgain(judged.entity, judged.recorded) : judged.verdict.flags
    return {
      line: number,
      result: judged.recorded ? 'repeated' : 'recorded',
      ...(flags.length > 0 && { flags: withLines(flags) }),
    }
  }
  let supposed = 0
  try {
    for await (const window of windowsOf(lineGroupsOf(chunks))) {
      const results: LineResult[] = []
      for (const line of window) {
        try {
          results.push(tryOut(line))
        } catch (error) {
          results.push(refusedBy(line.number, lineNamed(error)))
        }
        if (results.length % atOnce === 0) await nextTurn()
      }
      yield results
      supposed += window.length
      if (supposed < width) continue
      trial.rest()
      flaggings = new Map()
      supposed = 0
    }
  } finally {
    trial.close()
  }
}

/** What stands for the id of a line's event: as long as one, so that nothing that names it has another size; none is so late. */
const idOfLine = (line: number): string => `ffffffff-ffff-7fff-bfff-${String(line).padStart(12, '0')}`

/** What was said with such ids, told with the numbers of the lines. */
const withLines = <Said>(said: Said): Said =>
  JSON.parse(
    JSON.stringify(said).replaceAll(
      /ffffffff-ffff-7fff-bfff-(\d{12})/g,
      (_, line: string) => `line ${Number(line)}`,
    ),
  ) as Said

const lineNamed = (error: unknown): unknown =>
  isLedgerError(error)
    ? new LedgerError(error.code, withLines(error.message), withLines(error.members), error.cause)
    : error

/** So many lines are tried before others have a turn. */
const atOnce = 256
