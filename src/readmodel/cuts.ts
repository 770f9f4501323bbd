import type { State } from '../../projections/projection.ts'
import type { Candidate } from '../answer/candidates.ts'
import type { Known } from '../answer/known.ts'
import { stretches } from '../answer/stretches.ts'
import type { Touched } from '../answer/touched.ts'
import { millisecondsOf } from '../time/instant.ts'

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
  one.disputed === other.disputed &&
  one.flagged === other.flagged &&
  one.texts.length === other.texts.length &&
  one.texts.every((text, index) => text === other.texts[index])

/**
 * Valid time from a moment on, and up to another if one is given, each stretch unlike the one before. From before
 * everything (`''`), the version without a beginning is left out: it is in no list.
 */
export const cuts = (known: Known, { from, to: end }: Touched, write: (state: State) => string): Cut[] => {
  const textOf = ({ state }: Candidate): string => (state === null ? 'null' : write(state))
  let endless: string | null = null
  const found: Cut[] = []
  for (const { from: at, to, candidates } of stretches(known, from, end)) {
    const texts = candidates.map(textOf)
    if (at === null) endless = texts.join('\n')
    if (endless !== null) {
      if (texts.join('\n') === endless) continue
      endless = null
    }
    const cut: Cut = {
      from: millisecondsOf(at!),
      to: to === null ? Infinity : millisecondsOf(to),
      candidates: candidates.map(({ state }) => state),
      texts,
      disputed: candidates.some(({ state, disputed }) => state !== null && disputed),
      flagged: candidates.some(({ flagged }) => flagged),
    }
    const last = found.at(-1)
    if (last && saysAsMuch(last, cut)) last.to = cut.to
    else found.push(cut)
  }
  return found
}
