import { candidatesAt } from '../answer/candidates.ts'
import { entityOf } from '../answer/entity.ts'
import { knownAt } from '../answer/known.ts'
import { LedgerError } from '../errors.ts'
import { instantOf } from '../time/instant.ts'
import type { History } from './history.ts'
import type { Stored } from './stored.ts'

type Parts = Pick<Stored, 'timeline' | 'registry' | 'contents' | 'rectangles'>

/**
 * The text of a state by its number, from the events: what it was written from. It looks through whole columns, which is
 * slow, for what is seldom: that a file has lost it. Throws `unavailable` where no rectangle has that state.
 */
export const madeAgain = (parts: Parts, history: History, number: number): string => {
  const { timeline, registry, contents, rectangles } = parts
  const found = contents.having(number)
  const rectangle = found ? rectangleOf(rectangles, found.content) : -1
  if (!found || rectangle < 0) throw new LedgerError('unavailable', `The read model has no state ${number}.`)
  const stream = registry.stream(rectangles.entity(rectangle))
  const position = timeline.columns.position.values[rectangles.since(rectangle)]!
  const events = history.stream(stream).filter((event) => event.position <= position)
  const candidates = candidatesAt(knownAt(entityOf(events), position), instantOf(rectangles.from(rectangle)))
  const candidate = candidates[found.place]
  if (!candidate)
    throw new LedgerError('unavailable', `The events of ${stream} do not make what the read model has.`)
  return JSON.stringify(candidate.state)
}

const rectangleOf = (rectangles: Parts['rectangles'], content: number): number => {
  for (let rectangle = 0; rectangle < rectangles.length(); rectangle++)
    if (rectangles.content(rectangle) === content) return rectangle
  return -1
}
