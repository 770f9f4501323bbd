import { type Column, createColumn } from './column.ts'
import { firstPlace } from '../answer/search.ts'

/**
 * The events, numbered from 0: where each stands, and whose it is. Positions may be sparse and large; what the rest of the
 * read model keeps is how many events there were, a small whole number. They are in the order of the log, but for those of
 * a part, of which only each entity's are.
 */
export type Timeline = {
  columns: { position: Column<Float64Array>; entity: Column<Uint32Array> }
  length(): number
  /** Adds an event, and gives its number. */
  add(position: number): number
  /** Says whose an event is. */
  own(event: number, entity: number): void
  /** How many events the log had at a position. */
  countAt(position: number): number
  /** The position of the newest event; 0 before the first. */
  position(): number
  /** Makes what is not kept from what is. */
  restore(): void
}

export const createTimeline = (): Timeline => {
  const position = createColumn('number')
  const entity = createColumn('whole')
  let newest = 0
  return {
    columns: { position, entity },
    length: () => position.length,
    add: (at) => {
      if (at > newest) newest = at
      position.push(at)
      return entity.push(0)
    },
    own: (event, of) => {
      entity.values[event] = of
    },
    countAt: (wanted) => {
      const { values, length } = position
      if (length > 0 && values[length - 1]! <= wanted) return length
      return firstPlace(length, (place) => values[place]! > wanted)
    },
    position: () => newest,
    restore: () => {
      for (let event = 0; event < position.length; event++) newest = Math.max(newest, position.values[event]!)
    },
  }
}
