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

/** How a line goes on that leaves out a step: marks on the way. */
type Without = { before: Line; marks: readonly Mark[] }

/** Of so many steps one has a mark, and the last one. Of fewer behind the one that is left out none is kept. */
const apart = 64
const few = 16

const without = Symbol('how a line goes on without it')

/** Kept on the step itself and unseen there, as what is known of an entity is on the entity. */
const marksOn = (step: Step, before: Line): readonly Mark[] => {
  const kept = (step as { [without]?: Without })[without]
  return kept?.before === before ? kept.marks : none
}
const none: readonly Mark[] = []

const keep = (step: Step, value: Without): void =>
  void Object.defineProperty(step, without, { value, configurable: true })

/**
 * A line that leaves out the step at a place and goes on with all behind it, up to an end, that are decided at a moment. `next`:
 * the place of the first behind it that is not. Of a step that lasts long much is decided behind it, at moments that are mostly
 * asked about one after another, and of what grows: it is gone on from the last mark that still holds.
 */
export const withoutStep = (
  { projection, steps }: Known,
  before: Line,
  at: number,
  asOf: string,
  end = steps.length,
): { line: Line; next: number } => {
  const known = marksOn(steps[at]!, before)
  const holding = firstPlace(known.length, (index) => {
    const { last, place, ended, until } = known[index]!
    return place >= end || steps[place] !== last || ended > asOf || (until !== null && until <= asOf)
  })
  const mark = itemBefore(known, holding)
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
    keep(steps[at]!, { before, marks: [...known.slice(0, stay), ...passed] })
  }
  return { line, next: first ?? place }
}

const isRegular = ({ place }: Mark): boolean => place % apart === 0
