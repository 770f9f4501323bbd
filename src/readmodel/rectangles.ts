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
  /** What is kept: rectangles as they were opened, and what closed which. */
  columns: {
    from: Column<Float64Array>
    to: Column<Float64Array>
    since: Column<Uint32Array>
    entity: Column<Uint32Array>
    content: Column<Uint32Array>
    closed: Column<Uint32Array>
    closedBy: Column<Uint32Array>
  }
  until: Column<Uint32Array>
  length(): number
  open(entity: number, from: number, to: number, since: number, content: number): number
  close(rectangle: number, by: number): void
  /** The rectangles of an entity that nothing has closed, along valid time. */
  current(entity: number): number[]
  /** Makes what is not kept from what is. */
  restore(): void
}

export const createRectangles = (): Rectangles => {
  const columns = {
    from: createColumn('number'),
    to: createColumn('number'),
    since: createColumn('whole'),
    entity: createColumn('whole'),
    content: createColumn('whole'),
    closed: createColumn('whole'),
    closedBy: createColumn('whole'),
  }
  const until = createColumn('whole')
  const ofEntity = createChains()

  return {
    columns,
    until,
    length: () => until.length,
    open: (entity, from, to, since, content) => {
      columns.from.push(from)
      columns.to.push(to)
      columns.since.push(since)
      columns.entity.push(entity)
      ofEntity.add(entity)
      until.push(open)
      return columns.content.push(content)
    },
    close: (rectangle, by) => {
      columns.closed.push(rectangle)
      columns.closedBy.push(by)
      until.values[rectangle] = by
    },
    current: (entity) => {
      const found: number[] = []
      for (const rectangle of ofEntity.of(entity)) if (until.values[rectangle] === open) found.push(rectangle)
      const { values } = columns.from
      return found.sort((a, b) => values[a]! - values[b]!)
    },
    restore: () => {
      const { length, values } = columns.entity
      ofEntity.addAll(values.subarray(0, length))
      until.fill(open, length)
      const { closed, closedBy } = columns
      for (let index = 0; index < closed.length; index++)
        until.values[closed.values[index]!] = closedBy.values[index]!
    },
  }
}
