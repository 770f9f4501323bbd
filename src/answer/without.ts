import type { Known } from './known.ts'
import { advanced, type Line } from './line.ts'
import { firstPlace, itemBefore } from './search.ts'
import { createTrodden, keepWays, type Mark, type Way, waysFrom } from './trodden.ts'

/** Of so many steps one has a mark, and the last one. Of fewer behind the one that is left out none is kept. */
const apart = 64
const few = 16
/** What lasts beside ends at moments of its own, each of which is asked about again and again: so many ways are kept of a step. */
const mostWays = 8

/**
 * A line that leaves out the step at a place and goes on with all behind it, up to an end, that are decided at a moment. `next`:
 * the place of the first behind it that is not. Of a step that lasts long much is decided behind it, at moments that are mostly
 * asked about one after another, and of what grows: it is gone on from the last mark that still holds.
 */
export const withoutStep = (
  known: Known,
  before: Line,
  at: number,
  asOf: string,
  end = known.steps.length,
): { line: Line; next: number } => {
  const { projection, steps } = known
  const ways = waysFrom(known.trodden, steps[at]!, before)
  /** How many marks of a way hold. */
  const holdingOf = (way: Way): number =>
    firstPlace(way.length, (index) => {
      const { last, place, ended, until } = way[index]!
      return place >= end || steps[place] !== last || ended > asOf || (until !== null && until <= asOf)
    })
  let way: Way = []
  let holding = 0
  for (const one of ways) {
    const count = holdingOf(one)
    if (count === 0 || (holding > 0 && one[count - 1]!.place <= way[holding - 1]!.place)) continue
    way = one
    holding = count
  }
  const mark = itemBefore(way, holding)
  const from = mark ? mark.place + 1 : at + 1
  const passed: Mark[] = []
  let { line, ended, until, first } = mark ?? { line: before, ended: '', until: null, first: null }
  let place = from
  for (; place < end && steps[place]!.dusk <= asOf; place++) {
    const last = steps[place]!
    const { latest } = last.entry
    if (latest > asOf) {
      first ??= place
      if (until === null || latest < until) until = latest
    } else {
      line = advanced(projection, line, last)
      if (latest > ended) ended = latest
    }
    if (place % apart === 0) passed.push({ line, last, place, ended, until, first })
  }
  if (place > from && place - at > few) {
    const last = steps[place - 1]!
    if (itemBefore(passed, passed.length)?.last !== last)
      passed.push({ line, last, place: place - 1, ended, until, first })
    const stay = mark && !isRegular(mark) ? holding - 1 : holding
    const gone = [...way.slice(0, stay), ...passed]
    // What else is decided at other moments is another way.
    const isOther = holding < way.length && steps[way[holding]!.place] === way[holding]!.last
    const others = isOther ? ways : ways.filter((one) => one !== way)
    const kept = [gone, ...others].slice(0, mostWays)
    const length = kept.reduce((sum, one) => sum + one.at(-1)!.place - at, 0)
    keepWays((known.trodden ??= createTrodden()), steps[at]!, { before, ways: kept, length })
  }
  return { line, next: first ?? place }
}

const isRegular = ({ place }: Mark): boolean => place % apart === 0
