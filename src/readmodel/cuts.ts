import type { State } from '../../projections/projection.ts'
import { areAlike } from '../answer/alike.ts'
import type { Candidate } from '../answer/candidates.ts'
import type { Known } from '../answer/known.ts'
import { stretches } from '../answer/stretches.ts'
import type { Touched } from '../answer/touched.ts'
import { type Instant, millisecondsOf } from '../time/instant.ts'

/** What holds in a stretch of valid time, as far as a row says it. */
export type Holding = {
  candidates: readonly (State | null)[]
  disputed: boolean
  flagged: boolean
}

/** A stretch of valid time, in milliseconds since 1970, in which all is constant that a row says by its candidates. */
export type Cut = { from: number; to: number; holding: Holding }

/** Whether two say the same of their candidates. */
export const saysAsMuch = (one: Holding, other: Holding): boolean =>
  one === other ||
  (one.disputed === other.disputed &&
    one.flagged === other.flagged &&
    areAlike(one.candidates, other.candidates))

/** What holds where these may be the case. */
export const holdingOf = (candidates: readonly Candidate[]): Holding => {
  let isDisputed = false
  let isFlagged = false
  for (const { state, disputed, flagged } of candidates) {
    if (state !== null && disputed) isDisputed = true
    if (flagged) isFlagged = true
  }
  return { candidates: candidates.map(({ state }) => state), disputed: isDisputed, flagged: isFlagged }
}

/**
 * Valid time from a moment on, and up to another if one is given, each stretch unlike the one before. From before
 * everything (`''`), the version without a beginning is left out: it is in no list.
 */
export const cuts = (known: Known, { from, to: end }: Touched): Cut[] => {
  let endless: readonly (State | null)[] | null = null
  let last: Cut | undefined
  const found: Cut[] = []
  for (const { from: at, to, candidates } of stretches(known, from, end)) {
    const holding = holdingOf(candidates)
    if (at === null) endless = holding.candidates
    if (endless !== null) {
      if (areAlike(holding.candidates, endless)) continue
      endless = null
    }
    if (last && saysAsMuch(last.holding, holding)) last.to = endOf(to)
    else found.push((last = { from: beginningOf(at), to: endOf(to), holding }))
  }
  return found
}

const beginningOf = (at: Instant | null): number => (at === null ? -Infinity : millisecondsOf(at))
const endOf = (to: Instant | null): number => (to === null ? Infinity : millisecondsOf(to))
