import { type Column, createColumn } from './column.ts'
import { firstPlace } from '../answer/search.ts'

/**
 * The events in the order of the log, numbered from 0: where each stands, and whose it is. Positions may be sparse and
 * large; what the rest of the read model keeps is how many events there were, a small whole number.
 */
export type Timeline = {
  columns: { position: Column<Float64Array>; entity: Column<Uint32Array> }
  length(): number
  /** Adds an event that is nobody's yet, and gives its number. */
  add(position: number): number
  /** Says whose an event is. */
  own(event: number, entity: number): void
  /** How many events the log had at a position. */
  countAt(position: number): number
  /** The position of the newest event; 0 before the first. */
  position(): number
}

/** In place of an entity, where an event is of another's share. */
export const nobody = 0xffff_ffff

export const createTimeline = (): Timeline => {
  const position = createColumn('number')
  const entity = createColumn('whole')
  return {
    columns: { position, entity },
    length: () => position.length,
    add: (at) => {
      position.push(at)
      return entity.push(nobody)
    },
    own: (event, of) => {
      entity.values[event] = of
    },
    countAt: (wanted) => {
      const { values, length } = position
      if (length > 0 && values[length - 1]! <= wanted) return length
      return firstPlace(length, (place) => values[place]! > wanted)
    },
    position: () => (position.length === 0 ? 0 : position.values[position.length - 1]!),
  }
}
