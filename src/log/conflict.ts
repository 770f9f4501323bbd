import { LedgerError } from '../errors.ts'

/** `revision_conflict`: what was expected of a stream and what is there, each a revision, or -1 for no stream. */
export const conflict = (stream: string, expected: number, actual: number): LedgerError => {
  const is = actual < 0 ? 'has no event' : `is at revision ${actual}`
  const was = expected < 0 ? 'no stream' : `revision ${expected}`
  return new LedgerError('revision_conflict', `The stream ${stream} ${is}, and ${was} was expected.`, {
    revision: actual < 0 ? null : actual,
  })
}
