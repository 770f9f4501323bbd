import type { LedgerError } from '../errors.ts'
import { isLost } from '../log/lost.ts'
import type { ParsedCommand } from './command.ts'
import { commands } from './commands.ts'
import type { Ledger, OnAnomaly } from './ledger.ts'
import { bytesAbove, type Read } from './line.ts'
import { type LineResult, refusedBy, restLost, type Summary, tally } from './line-result.ts'
import { windowsOf } from './reading.ts'
import { type Group, groupsOf, roundsOf } from './rounds.ts'
import type { Outcome } from './together.ts'
import { tried } from './tried.ts'

export type ImportOptions = { onAnomaly: OnAnomaly; dryRun: boolean; recordedBy: string }

/** So many lines are looked at together. */
const most = 32_768

/**
 * Records the lines of a file, which comes in pieces, and says of each, in order, what became of it: of some together, and
 * at the end of all. A line that is refused leaves the others as they are. Those of a stream are recorded in their order, as are
 * all in a file that is not long; no line is recorded before another whose event it names.
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

  const settleRound = async (reads: readonly Read<ParsedCommand>[]): Promise<LineResult[]> => {
    if (lost) return reads.map(({ line }) => refusedBy(line, lost))
    const written = reads.flatMap((read) =>
      'about' in read ? { command: read.item(), bytes: bytesAbove(read.size) } : [],
    )
    const outcomes = await ledger.executeAll(written, recordedBy, onAnomaly)
    return reads.map(({ line }, index) => {
      const result = resultOf(line, outcomes[index]!)
      if (isLost(ledger, result.problem)) lost ??= restLost(line)
      return result
    })
  }

  /** Tells of the lines of a group as soon as those before them are told of. */
  async function* settled(group: Group<ParsedCommand>): AsyncGenerator<readonly LineResult[]> {
    const results = group.reads.map((read) => ('fault' in read ? refusedBy(read.line, read.fault) : null))
    let told = 0
    const known = (): LineResult[] => {
      const from = told
      while (results[told]) told++
      return results.slice(from, told) as LineResult[]
    }
    yield known()
    for (const { places, over } of roundsOf(group)) {
      const round = await settleRound(places.map((place) => group.reads[place]!))
      for (const [index, place] of places.entries()) results[place] = round[index]!
      ledger.putAway(over)
      yield known()
    }
  }

  for await (const window of windowsOf(chunks, commands, most))
    for (const group of groupsOf(window, ledger.view)) yield* settled(group)
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
