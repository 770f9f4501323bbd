import type { Lapse, Projection, State } from '../../projections/projection.ts'
import { isAlike } from './alike.ts'
import type { Entry } from './counted.ts'

/** One way things may have gone: the state it leads to, and every event and lapse on the way, newest first. */
export type Line = {
  state: State | null
  /** The event that gave the status; null: none did, or a lapse. */
  givenBy: string | null
  /** Whether a dispute stands about the event that gave the status, or about a later one. */
  disputed: boolean
  flagged: boolean
  last: Link | null
}

/** An event that counts, and whether its lifecycle does not allow it where it stands. */
export type Taken = { entry: Entry; flagged: boolean }
export type Link = { before: Link | null; what: Taken | Lapse }

export const isLapse = (what: Taken | Lapse): what is Lapse => !('entry' in what)

/** Before anything happened. */
export const beginning: Line = { state: null, givenBy: null, disputed: false, flagged: false, last: null }

/** The lapse that a line comes to; null: none. */
export const lapseOf = (projection: Projection, { state }: Line): Lapse | null =>
  state && projection.lapse(state)

/** The same line after a lapse, which no dispute can be about. */
export const lapsed = (projection: Projection, { state, flagged, last }: Line, lapse: Lapse): Line => ({
  state: projection.lapsed(state!, lapse),
  givenBy: null,
  disputed: false,
  flagged,
  last: { before: last, what: lapse },
})

/** The line with one event more; what lapsed before that event's window has lapsed. */
export const advanced = (projection: Projection, line: Line, taken: Taken): Line => {
  const { event, earliest, disputedBy } = taken.entry
  const lapse = line.state && projection.lapse(line.state)
  const { state, givenBy, disputed, flagged, last } =
    lapse && lapse.latest < earliest ? lapsed(projection, line, lapse) : line
  const given = projection.gives(state, event) !== null
  return {
    state: projection.apply(state, event),
    givenBy: given ? event.id : givenBy,
    disputed: disputedBy.length > 0 || (!given && disputed),
    flagged: flagged || taken.flagged,
    last: { before: last, what: taken },
  }
}

/** Whether two lines lead to the same, whatever led there: all that comes after them goes the same way. */
export const leadAlike = (one: Line, other: Line): boolean =>
  one.givenBy === other.givenBy &&
  one.disputed === other.disputed &&
  one.flagged === other.flagged &&
  isAlike(one.state, other.state)

/** A line that ends with an event and leads where it led, going on from another line than it did; null: from the beginning. */
export const continuing = (line: Line, what: Taken, from: Line | null, on: Line | null): Line => ({
  ...line,
  last: { before: relinked(line.last!.before, from?.last ?? null, on?.last ?? null), what },
})

const relinked = (link: Link | null, from: Link | null, on: Link | null): Link | null =>
  link === from ? on : { before: relinked(link!.before, from, on), what: link!.what }

/** Every event and lapse of a line, in order. */
export const stepsOf = ({ last }: Line): (Taken | Lapse)[] => {
  const steps: (Taken | Lapse)[] = []
  for (let link = last; link; link = link.before) steps.push(link.what)
  return steps.reverse()
}
