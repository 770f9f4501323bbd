import type { Lapse } from '../../projections/projection.ts'
import type { Known } from './known.ts'
import { advanced, beginning, lapsed, type Line, spacing } from './line.ts'

/** One of the states an entity may be in at a coordinate, with how it came to it. */
export type Candidate = Line

/** The line of the first `count` steps, all of which count. */
const prefix = ({ projection, steps, marks }: Known, count: number): Line => {
  const whole = Math.floor(count / spacing)
  marks[0] ??= beginning
  while (marks.length <= whole) {
    let line = marks.at(-1)!
    const start = (marks.length - 1) * spacing
    for (let index = start; index < start + spacing; index++) line = advanced(projection, line, steps[index]!)
    marks.push(line)
  }
  let line = marks[whole]!
  for (let index = whole * spacing; index < count; index++) line = advanced(projection, line, steps[index]!)
  return line
}

/** How many steps from the first on are all decided at a moment. */
const decidedAt = ({ reach }: Known, asOf: string): number => {
  let low = 0
  let high = reach.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (reach[middle]! <= asOf) low = middle + 1
    else high = middle
  }
  return low
}

/** The decided events, with none, one, … all of the undecided ones, in the order's order. */
const linesAt = (known: Known, asOf: string): Line[] => {
  const { projection, steps, dawn } = known
  const decided = (line: Line, from: number): Line => {
    let folded = line
    for (let index = from; index < steps.length && dawn[index]! <= asOf; index++)
      if (steps[index]!.entry.latest <= asOf) folded = advanced(projection, folded, steps[index]!)
    return folded
  }

  const start = decidedAt(known, asOf)
  const lines: Line[] = []
  let line = prefix(known, start)
  for (let index = start; index < steps.length && dawn[index]! <= asOf; index++) {
    const { earliest, latest } = steps[index]!.entry
    if (earliest > asOf) continue
    if (latest > asOf) lines.push(decided(line, index + 1))
    line = advanced(projection, line, steps[index]!)
  }
  return [...lines, line]
}

/** What may be the case at a moment, and the lapse that comes next: `''` is before everything. */
export type Outcomes = { candidates: Candidate[]; next: { at: string; lapse: Lapse } | null }

export const outcomesAt = (known: Known, asOf: string): Outcomes => {
  const { projection } = known
  let next: Outcomes['next'] = null
  const outcomes = linesAt(known, asOf).flatMap((line) => {
    const lapse = line.state && projection.lapse(line.state)
    if (!lapse) return [line]
    for (const at of [lapse.earliest ?? '', lapse.latest])
      if (at > asOf && (next === null || at < next.at)) next = { at, lapse }
    if (lapse.latest <= asOf) return [lapsed(projection, line, lapse)]
    return (lapse.earliest ?? '') <= asOf ? [line, lapsed(projection, line, lapse)] : [line]
  })
  if (outcomes.length === 1) return { candidates: outcomes, next }
  const seen = new Set<string>()
  const candidates = outcomes.filter(({ state }) => {
    const facets = projection.facets(state)
    return !seen.has(facets) && seen.add(facets)
  })
  return { candidates, next }
}

/** The states an entity may be in at a moment: those with equal facets count once, the first. */
export const candidatesAt = (known: Known, asOf: string): Candidate[] => outcomesAt(known, asOf).candidates
