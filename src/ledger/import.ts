import type { LedgerError } from '../errors.ts'
import { isLost } from '../log/lost.ts'
import type { Ledger, OnAnomaly } from './ledger.ts'
import type { Read } from './line.ts'
import { type LineResult, refusedBy, restLost, type Summary, tally } from './line-result.ts'
import { gathered } from './lines.ts'
import { readingOf } from './reading.ts'
import { type Group, groupsOf, roundsOf } from './rounds.ts'
import type { Outcome } from './together.ts'
import { tried } from './tried.ts'

export type ImportOptions = { onAnomaly: OnAnomaly; dryRun: boolean; recordedBy: string }

/** So many lines are looked at together; one that is longer than a KiB counts as several. */
const most = 16_384
const weightOf = ({ size }: Read): number => 1 + Math.floor(size / 1024)

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

  const settleRound = async (reads: readonly Read[]): Promise<LineResult[]> => {
    if (lost) return reads.map(({ line }) => refusedBy(line, lost))
    const commands = reads.flatMap((read) => ('about' in read ? read.command() : []))
    const outcomes = await ledger.executeAll(commands, recordedBy, onAnomaly)
    return reads.map(({ line }, index) => {
      const result = resultOf(line, outcomes[index]!)
      if (isLost(ledger, result.problem)) lost ??= restLost(line)
      return result
    })
  }

  const settle = async (group: Group): Promise<LineResult[]> => {
    const results: LineResult[] = []
    for (const [place, read] of group.reads.entries())
      if ('fault' in read) results[place] = refusedBy(read.line, read.fault)
    for (const { places, over } of roundsOf(group)) {
      const settled = await settleRound(places.map((place) => group.reads[place]!))
      for (const [index, place] of places.entries()) results[place] = settled[index]!
      ledger.putAway(over)
    }
    return results
  }

  for await (const window of gathered(readingOf(chunks), most, weightOf))
    for (const group of groupsOf(window, ledger.view)) yield await settle(group)
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
