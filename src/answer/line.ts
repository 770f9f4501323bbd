import type { Lapse, Projection, State } from '../../projections/projection.ts'
import type { Step } from './order.ts'

/** One way things may have gone: the state it leads to, and every event and lapse on the way, newest first. */
export type Line = {
  state: State | null
  /** Whether a dispute stands about the event that gave the status, or about a later one. */
  disputed: boolean
  flagged: boolean
  last: Link | null
}
export type Link = { before: Link | null; what: Step | Lapse }

export const isLapse = (what: Step | Lapse): what is Lapse => !('entry' in what)

/** How many steps lie between two marks of a line. */
export const spacing = 64

/** The marks that hold none but the first `count` steps. */
export const marksWithin = (marks: readonly Line[], count: number): Line[] =>
  marks.slice(0, Math.floor(count / spacing) + 1)

/** Before anything happened. */
export const beginning: Line = { state: null, disputed: false, flagged: false, last: null }

/** The same line after a lapse, which no dispute can be about. */
export const lapsed = (projection: Projection, { state, flagged, last }: Line, lapse: Lapse): Line => ({
  state: projection.lapsed(state!, lapse),
  disputed: false,
  flagged,
  last: { before: last, what: lapse },
})

/** The line with one event more; what lapsed before that event's window has lapsed. */
export const advanced = (projection: Projection, line: Line, step: Step): Line => {
  const { event, earliest, disputedBy } = step.entry
  const lapse = line.state && projection.lapse(line.state)
  const { state, disputed, flagged, last } =
    lapse && lapse.latest < earliest ? lapsed(projection, line, lapse) : line
  const given = projection.gives(state, event) !== null
  return {
    state: projection.apply(state, event),
    disputed: disputedBy.length > 0 || (!given && disputed),
    flagged: flagged || step.flagged,
    last: { before: last, what: step },
  }
}

/** Every event and lapse of a line, in order. */
export const stepsOf = ({ last }: Line): (Step | Lapse)[] => {
  const steps: (Step | Lapse)[] = []
  for (let link = last; link; link = link.before) steps.push(link.what)
  return steps.reverse()
}
