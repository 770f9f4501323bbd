import type { Known } from './known.ts'
import { advanced, type Line } from './line.ts'
import { firstPlace, itemBefore } from './search.ts'
import type { Step } from './step.ts'

/** Where a line has come to: the step it took last, its place, and until when all that it took had ended. */
type Mark = { line: Line; last: Step; place: number; ended: string }

/** How a line goes on that leaves out a step: marks on the way. */
type Without = { before: Line; marks: Mark[] }

/** Of so many steps one has a mark, and the last one. */
const apart = 64

const without = Symbol('how a line goes on without it')

/** Kept on the step itself and unseen there, as what is known of an entity is on the entity. */
const keptOn = (step: Step, before: Line): Without => {
  const kept = (step as { [without]?: Without })[without]
  if (kept?.before === before) return kept
  const anew = { before, marks: [] }
  Object.defineProperty(step, without, { value: anew, configurable: true })
  return anew
}

/**
 * A line that leaves out the step at a place and goes on with all behind it, up to an end, that are decided at a moment; `place`:
 * the first behind it that is not. Of a step that lasts long much is decided behind it, at moments that are mostly asked about one after
 * another, and of what grows: it is gone on from the last mark that still holds.
 */
export const withoutStep = (
  { projection, steps }: Known,
  before: Line,
  at: number,
  asOf: string,
  end = steps.length,
): { line: Line; place: number } => {
  let place = at + 1
  let line = before
  if (place < end && steps[place]!.entry.latest <= asOf) {
    const { marks } = keptOn(steps[at]!, before)
    const holding = firstPlace(marks.length, (index) => {
      const { last, place, ended } = marks[index]!
      return place >= end || steps[place] !== last || ended > asOf
    })
    const mark = itemBefore(marks, holding)
    let ended = mark?.ended ?? ''
    if (mark) ({ line } = mark)
    const from = mark ? mark.place + 1 : place
    for (place = from; place < end; place++) {
      const last = steps[place]!
      const { latest } = last.entry
      if (latest > asOf) break
      line = advanced(projection, line, last)
      if (latest > ended) ended = latest
      if (place === from) marks.length = mark && !isKept(mark) ? holding - 1 : holding
      if (place % apart === 0) marks.push({ line, last, place, ended })
    }
    const last = steps[place - 1]!
    if (place > from && marks.at(-1)?.last !== last) marks.push({ line, last, place: place - 1, ended })
  }
  for (let index = place; index < end && steps[index]!.dusk <= asOf; index++)
    if (steps[index]!.entry.latest <= asOf) line = advanced(projection, line, steps[index]!)
  return { line, place }
}

const isKept = ({ place }: Mark): boolean => place % apart === 0
