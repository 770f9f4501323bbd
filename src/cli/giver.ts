import { projections } from '../../projections/index.ts'
import type { Projection, State } from '../../projections/projection.ts'
import type { Told } from '../../projections/told.ts'
import type { Because } from '../answer/account.ts'
import { asserterOf, type Source } from '../vocabulary/source.ts'
import { plain } from './terminal.ts'

type ByEvent = Extract<Because, { eventId: string }>

const isEvent = (one: Because): one is ByEvent => 'eventId' in one

/** As the order of events breaks ties between windows that overlap: the lifecycle first. */
const inOrder = (projection: Projection, events: readonly ByEvent[]): ByEvent[] =>
  events.toSorted((a, b) => {
    if (a.when.latest < (b.when.earliest ?? '')) return -1
    if (b.when.latest < (a.when.earliest ?? '')) return 1
    return projection.rank(a.type)! - projection.rank(b.type)!
  })

/**
 * What gave an entity a status: the last of its events or lapses that did. For a status it only may have, that is the
 * first of the undecided events to give it. Null where none does, or where its kind is not known here.
 */
export const giverOf = (
  kind: string,
  { basis, aside }: { basis: readonly Because[]; aside: readonly Because[] },
  status: string,
): Because | null => {
  const projection = projections.find((one) => one.kind.name === kind)
  if (!projection) return null
  const isKnown = (one: Because) => !isEvent(one) || projection.rank(one.type) !== undefined
  let now: { state: State; giver: Because } | null = null

  const take = (step: Because) => {
    const state: State | null = now?.state ?? null
    // Which status an event gives depends on the status it meets and on its type, on nothing else of either.
    const given = isEvent(step) ? projection.gives(state, step as unknown as Told) : step.lapse
    if (given !== null) now = { state: { status: given, title: '', places: [] }, giver: step }
    return now?.state.status === status ? now.giver : null
  }

  let giver: Because | null = null
  for (const step of basis.filter(isKnown)) giver = take(step)
  if (giver) return giver
  const undecided = aside.filter(isEvent).filter((one) => one.why === 'undecided' && isKnown(one))
  for (const step of inOrder(projection, undecided)) {
    giver = take(step)
    if (giver) return giver
  }
  return null
}

/** Who asserts it and where, as one line. */
export const sourceText = (source: Source | undefined): string => {
  if (!source) return 'the desk'
  const asserter = plain(asserterOf(source).name)
  const publisher = plain(source.publisher)
  return asserter.toLowerCase() === publisher.toLowerCase() ? publisher : `${asserter}, in ${publisher}`
}
