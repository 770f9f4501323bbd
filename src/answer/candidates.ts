import type { Lapse, Projection } from '../../projections/projection.ts'
import type { Known } from './known.ts'
import { advanced, beginning, lapsed, type Line } from './line.ts'
import { firstPlace, itemBefore } from './search.ts'
import { withoutStep } from './without.ts'

/** One of the states an entity may be in at a coordinate, with how it came to it. */
export type Candidate = Line

/** The line of the first `count` steps, all of which count. */
export const prefix = ({ steps }: Known, count: number): Line => itemBefore(steps, count)?.line ?? beginning

/** How many steps from the first on are all decided at a moment. */
export const decidedAt = ({ steps }: Known, asOf: string): number => {
  const last = steps.length - 1
  if (last < 0 || steps[last]!.reach <= asOf) return steps.length
  return firstPlace(last, (place) => steps[place]!.reach > asOf)
}

/**
 * The decided events, with none, one, … all of the undecided ones, in the order's order. `end`: so many steps at the beginning are
 * looked at.
 */
export const linesAt = (known: Known, asOf: string, end = known.steps.length): Line[] => {
  const { projection, steps } = known
  const lines: Line[] = []
  let index = Math.min(decidedAt(known, asOf), end)
  let line = prefix(known, index)
  let isWhole = true
  while (index < end && steps[index]!.dawn <= asOf) {
    const step = steps[index]!
    const { earliest, latest } = step.entry
    let next = index + 1
    if (earliest > asOf) isWhole = false
    else {
      if (latest > asOf) {
        const without = withoutStep(known, line, index, asOf, end)
        lines.push(without.line)
        if (isWhole) next = without.next
      }
      // The same line is the same object, so that what is made of its state is made once.
      line = isWhole ? prefix(known, next) : advanced(projection, line, step)
    }
    index = next
  }
  lines.push(line)
  return lines
}

/** What may be the case at a moment, and the lapse that comes next: `''` is before everything. */
export type Outcomes = { candidates: Candidate[]; next: { at: string; lapse: Lapse } | null }

export const outcomesAt = (known: Known, asOf: string): Outcomes => {
  const { projection } = known
  let next: Outcomes['next'] = null
  const candidates: Candidate[] = []
  for (const line of linesAt(known, asOf)) {
    const lapse = line.state && projection.lapse(line.state)
    if (!lapse) {
      enter(projection, candidates, line)
      continue
    }
    const earliest = lapse.earliest ?? ''
    // Its beginning, or where that is past, its end.
    const at = earliest > asOf ? earliest : lapse.latest
    if (at > asOf && (next === null || at < next.at)) next = { at, lapse }
    if (asOf < lapse.latest) enter(projection, candidates, line)
    if (earliest <= asOf) enter(projection, candidates, lapsed(projection, line, lapse))
  }
  return { candidates, next }
}

/** Enters a candidate, unless one is there that nothing tells apart from it. */
const enter = (projection: Projection, candidates: Candidate[], line: Line): void => {
  for (const { state } of candidates) if (projection.same(state, line.state)) return
  candidates.push(line)
}

/** The states an entity may be in at a moment: those with equal facets count once, the first. */
export const candidatesAt = (known: Known, asOf: string): Candidate[] => outcomesAt(known, asOf).candidates
