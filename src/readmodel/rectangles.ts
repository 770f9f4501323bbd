import { createChains } from './chains.ts'
import { type Column, createColumn } from './column.ts'

/** No event yet: a rectangle that nothing has closed. */
export const open = 0xffff_ffff

/**
 * Versions as rectangles, numbered from 0: half-open in valid time (milliseconds since 1970; Infinity: open) and, in the
 * order of the log, from the event that opened one to the event that closed it. A rectangle is never changed but by
 * being closed.
 */
export type Rectangles = {
  /** What is kept: a record of each rectangle as it was opened, and what closed which. */
  columns: { opened: Column<Uint32Array>; closed: Column<Uint32Array>; closedBy: Column<Uint32Array> }
  length(): number
  from(rectangle: number): number
  to(rectangle: number): number
  since(rectangle: number): number
  until(rectangle: number): number
  entity(rectangle: number): number
  content(rectangle: number): number
  /** A number that lies where all that is asked of it does. */
  touch(rectangle: number): number
  open(entity: number, from: number, to: number, since: number, content: number): number
  close(rectangle: number, by: number): void
  /** All rectangles of an entity. */
  of(entity: number): Iterable<number>
  /** The rectangles of an entity that nothing has closed, along valid time. */
  current(entity: number): number[]
  /**
   * Takes what another keeps, behind what is here: `events` has the new number of each of its events; its entities and
   * contents are greater by so much.
   */
  append(other: Rectangles, events: Uint32Array, entities: number, contents: number): void
  /** Makes what is not kept from what is. */
  restore(): void
}

/**
 * A record is of so many whole numbers of 32 bits, the first four of which are two moments; all of it lies in one line of a
 * processor's cache, for what is asked of a rectangle among millions is mostly in none.
 */
const size = 8
const [sinceAt, untilAt, entityAt, contentAt] = [4, 5, 6, 7]

const momentsIn = ({ buffer, length }: Uint32Array): Float64Array =>
  new Float64Array(buffer, 0, Math.floor(length / 2))

export const createRectangles = (): Rectangles => {
  const columns = {
    opened: createColumn('whole'),
    closed: createColumn('whole'),
    closedBy: createColumn('whole'),
  }
  const { opened, closed, closedBy } = columns
  const ofEntity = createChains()
  let wholes = opened.values
  let moments = momentsIn(wholes)

  /** The records lie elsewhere once there was no room for more. */
  const momentsNow = (): Float64Array => {
    if (wholes !== opened.values) {
      wholes = opened.values
      moments = momentsIn(wholes)
    }
    return moments
  }
  const length = (): number => opened.length / size
  const from = (rectangle: number): number => momentsNow()[(rectangle * size) / 2]!
  const until = (rectangle: number): number => opened.values[rectangle * size + untilAt]!
  const entity = (rectangle: number): number => opened.values[rectangle * size + entityAt]!

  return {
    columns,
    length,
    from,
    to: (rectangle) => momentsNow()[(rectangle * size) / 2 + 1]!,
    since: (rectangle) => opened.values[rectangle * size + sinceAt]!,
    until,
    entity,
    touch: (rectangle) => opened.values[rectangle * size]!,
    content: (rectangle) => opened.values[rectangle * size + contentAt]!,
    open: (of, start, end, since, content) => {
      const rectangle = length()
      const at = opened.length
      opened.reserve(at + size)
      opened.length = at + size
      momentsNow()[at / 2] = start
      moments[at / 2 + 1] = end
      wholes[at + sinceAt] = since
      wholes[at + untilAt] = open
      wholes[at + entityAt] = of
      wholes[at + contentAt] = content
      ofEntity.add(of)
      return rectangle
    },
    close: (rectangle, by) => {
      closed.push(rectangle)
      closedBy.push(by)
      opened.values[rectangle * size + untilAt] = by
    },
    of: (entity) => ofEntity.of(entity),
    current: (of) => {
      const found: number[] = []
      for (const rectangle of ofEntity.of(of)) if (until(rectangle) === open) found.push(rectangle)
      return found.sort((a, b) => from(a) - from(b))
    },
    append: ({ columns: theirs }, events, entities, contents) => {
      const start = opened.length
      for (let index = 0; index < theirs.closed.length; index++) {
        closed.push(theirs.closed.values[index]! + start / size)
        closedBy.push(events[theirs.closedBy.values[index]!]!)
      }
      opened.put(start, theirs.opened.bytes(0))
      const { values } = opened
      for (let at = start; at < opened.length; at += size) {
        values[at + sinceAt] = events[values[at + sinceAt]!]!
        values[at + untilAt] = open
        values[at + entityAt]! += entities
        values[at + contentAt]! += contents
      }
    },
    restore: () => {
      const owners = new Uint32Array(length())
      for (let rectangle = 0; rectangle < owners.length; rectangle++) {
        owners[rectangle] = entity(rectangle)
        opened.values[rectangle * size + untilAt] = open
      }
      ofEntity.addAll(owners)
      for (let index = 0; index < closed.length; index++)
        opened.values[closed.values[index]! * size + untilAt] = closedBy.values[index]!
    },
  }
}
