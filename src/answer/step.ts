import type { State } from '../../projections/projection.ts'
import type { Line, Taken } from './line.ts'
import { firstPlace } from './search.ts'

/** An event at its place in the order. */
export type Step = Taken & {
  /** Of one the lifecycle does not allow there: the state it met, and who gave it. Null: it is allowed. */
  met: Met | null
  /** Where all events up to this one lead. */
  line: Line
  /** The greatest `latest` up to it. */
  reach: string
  /** The least `earliest` and the least `latest` from it on: until then nothing of that has begun, or ended. */
  dawn: string
  dusk: string
}

type Met = { state: State | null; givenBy: string | null }

/** The place of the first step that reaches a moment. */
export const firstReaching = (steps: readonly Step[], moment: string): number => {
  // Most of what is told comes after all that was.
  const last = steps.length - 1
  if (last < 0 || steps[last]!.reach < moment) return steps.length
  return firstPlace(last, (place) => steps[place]!.reach >= moment)
}
