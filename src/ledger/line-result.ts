import { isLedgerError, LedgerError } from '../errors.ts'
import type { Flag } from './decide.ts'

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

/** The result of a line that could not be recorded. A fault of ours says nothing of the inside, and stops no other line. */
export const refusedBy = (line: number, error: unknown): LineResult => ({
  line,
  result: 'refused',
  problem: isLedgerError(error)
    ? error
    : new LedgerError('internal', 'Something went wrong here. Please try this line again.', {}, error),
})

/** What becomes of the lines that are not tried because the log was found away at another. */
export const restLost = (line: number): LedgerError =>
  new LedgerError(
    'unavailable',
    `The log was found away at line ${line}, so this one was not tried. Send the file again when the log is back: nothing is recorded twice.`,
  )
