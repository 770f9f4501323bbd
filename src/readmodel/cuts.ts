import type { State } from '../../projections/projection.ts'
import type { Candidate } from '../answer/candidates.ts'
import type { Known } from '../answer/known.ts'
import { stretches } from '../answer/stretches.ts'
import type { Touched } from '../answer/touched.ts'
import { type Instant, millisecondsOf } from '../time/instant.ts'

/** A stretch of valid time, in milliseconds since 1970, in which all is constant that a row says by its candidates. */
export type Cut = {
  from: number
  to: number
  candidates: readonly (State | null)[]
  texts: readonly string[]
  disputed: boolean
  flagged: boolean
}

/** Whether two say the same of their candidates. */
export const saysAsMuch = (
  one: Pick<Cut, 'texts' | 'disputed' | 'flagged'>,
  other: Pick<Cut, 'texts' | 'disputed' | 'flagged'>,
): boolean =>
  one.disputed === other.disputed && one.flagged === other.flagged && areSame(one.texts, other.texts)

const areSame = (one: readonly string[], other: readonly string[]): boolean => {
  if (one.length !== other.length) return false
  for (let place = 0; place < one.length; place++) if (one[place] !== other[place]) return false
  return true
}

/**
 * Valid time from a moment on, and up to another if one is given, each stretch unlike the one before. From before
 * everything (`''`), the version without a beginning is left out: it is in no list.
 */
export const cuts = (known: Known, { from, to: end }: Touched, write: (state: State) => string): Cut[] => {
  let endless: readonly string[] | null = null
  let last: Cut | undefined
  const found: Cut[] = []
  for (const { from: at, to, candidates } of stretches(known, from, end)) {
    if (last && isOf(last, candidates)) {
      last.to = to === null ? Infinity : millisecondsOf(to)
      continue
    }
    const cut = cutOf(at, to, candidates, write)
    if (at === null) endless = cut.texts
    if (endless !== null) {
      if (areSame(cut.texts, endless)) continue
      endless = null
    }
    if (last && saysAsMuch(last, cut)) last.to = cut.to
    else found.push((last = cut))
  }
  return found
}

/** Whether it can be seen at once that a cut goes on. */
const isOf = (cut: Cut, [one, ...others]: readonly Candidate[]): boolean =>
  others.length === 0 &&
  cut.candidates.length === 1 &&
  cut.candidates[0] === one!.state &&
  cut.flagged === one!.flagged &&
  (one!.state === null || cut.disputed === one!.disputed)

const cutOf = (
  at: Instant | null,
  to: Instant | null,
  candidates: readonly Candidate[],
  write: (state: State) => string,
): Cut => {
  const cut = {
    from: at === null ? -Infinity : millisecondsOf(at),
    to: to === null ? Infinity : millisecondsOf(to),
    candidates: [] as (State | null)[],
    texts: [] as string[],
    disputed: false,
    flagged: false,
  }
  for (const { state, disputed, flagged } of candidates) {
    cut.candidates.push(state)
    cut.texts.push(state === null ? 'null' : write(state))
    if (state !== null && disputed) cut.disputed = true
    if (flagged) cut.flagged = true
  }
  return cut
}
