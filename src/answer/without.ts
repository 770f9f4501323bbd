import type { Known } from './known.ts'
import { advanced, type Line } from './line.ts'
import { firstPlace, itemBefore } from './search.ts'
import type { Step } from './step.ts'

/** Where a line has come to, and from when until when it comes there. */
type Mark = {
  line: Line
  /** The step that was looked at last, and its place. */
  last: Step
  place: number
  /** When all that it took has ended. */
  ended: string
  /** The place of the first that it left out, and when the first of those ends; null: it left out none. */
  first: number | null
  until: string | null
}

/** Marks on the way of a line that leaves out a step: the same are decided at all of them. */
type Way = readonly Mark[]

/** The ways on from a line that leaves out a step, the one that was gone last first, and how many steps they have in all. */
type Without = { before: Line; ways: readonly Way[]; length: number }

/** Of the steps that were left out lately, how lines go on without each, and how many steps all that has. */
export type Trodden = { steps: Map<Step, Without>; length: number }

/** Of so many steps one has a mark, and the last one. Of fewer behind the one that is left out none is kept. */
const apart = 64
const few = 16
/** What lasts beside ends at moments of its own, each of which is asked about again and again: so many ways are kept of a step. */
const mostWays = 8
/** Ways of so many steps in all are kept of an entity: each of their steps is a link of its own. */
const most = 2 ** 18

const none: readonly Way[] = []

const waysOf = ({ trodden }: Known, step: Step, before: Line): readonly Way[] => {
  const kept = trodden?.steps.get(step)
  return kept?.before === before ? kept.ways : none
}

const forget = (trodden: Trodden, step: Step): void => {
  trodden.length -= trodden.steps.get(step)?.length ?? 0
  trodden.steps.delete(step)
}

const keep = (known: Known, step: Step, without: Without): void => {
  const trodden = (known.trodden ??= { steps: new Map(), length: 0 })
  forget(trodden, step)
  trodden.steps.set(step, without)
  trodden.length += without.length
  for (const oldest of trodden.steps.keys()) {
    if (trodden.length <= most || oldest === step) break
    forget(trodden, oldest)
  }
}

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
  const ways = waysOf(known, steps[at]!, before)
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
    keep(known, steps[at]!, { before, ways: kept, length })
  }
  return { line, next: first ?? place }
}

const isRegular = ({ place }: Mark): boolean => place % apart === 0
