import { candidatesAt } from '../answer/candidates.ts'
import { entityOf } from '../answer/entity.ts'
import { knownAt } from '../answer/known.ts'
import { LedgerError } from '../errors.ts'
import { instantOf } from '../time/instant.ts'
import type { Column } from './column.ts'
import type { History } from './core.ts'
import type { Tables } from './tables.ts'
import { firstPlace } from '../answer/search.ts'

type Parts = Pick<Tables, 'timeline' | 'registry' | 'contents' | 'rectangles'>

/**
 * The text of a state by its number, from the events: what it was written from. It looks through whole columns, which is
 * slow, for what is seldom: that a file has lost it. Throws `unavailable` where no rectangle has that state.
 */
export const madeAgain = (parts: Parts, history: History, number: number): string => {
  const { timeline, registry, contents, rectangles } = parts
  const place = placeOf(contents.columns.state, number)
  const content = place < 0 ? -1 : lastUpTo(contents.columns.first, place)
  const rectangle = content < 0 ? -1 : placeOf(rectangles.columns.content, content)
  if (rectangle < 0) throw new LedgerError('unavailable', `The read model has no state ${number}.`)
  const { entity, since, from } = rectangles.columns
  const { kind, id } = registry.all[entity.values[rectangle]!]!
  const position = timeline.columns.position.values[since.values[rectangle]!]!
  const events = history.stream(`${kind}-${id}`).filter((event) => event.position <= position)
  const candidates = candidatesAt(knownAt(entityOf(events), position), instantOf(from.values[rectangle]!))
  const candidate = candidates[place - contents.columns.first.values[content]!]
  if (!candidate)
    throw new LedgerError('unavailable', `The events of ${kind}-${id} do not make what the read model has.`)
  return JSON.stringify(candidate.state)
}

const placeOf = ({ values, length }: Column<Uint32Array>, number: number): number =>
  values.subarray(0, length).indexOf(number)

/** The place of the last number that is not above another, in an ascending column. */
const lastUpTo = ({ values, length }: Column<Uint32Array>, most: number): number => {
  return firstPlace(length, (place) => values[place]! > most) - 1
}
