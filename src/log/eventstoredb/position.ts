import { LedgerError } from '../../errors.ts'

/** A commit position as the ledger knows it. Throws `internal` beyond 2^53 - 1: never rounded. */
export const positionOf = (commit: bigint): number => {
  const position = Number(commit)
  if (Number.isSafeInteger(position)) return position
  throw new LedgerError('internal', `The position ${commit} is beyond what the ledger can count.`)
}

/** The place on the server: commit and prepare are the same there. */
export const placeOf = (position: number): { commit: bigint; prepare: bigint } => {
  const commit = BigInt(position)
  return { commit, prepare: commit }
}
