import type { Projection } from '../../projections/projection.ts'
import { projections } from '../../projections/index.ts'
import { createColumn } from './column.ts'
import { createLevels, type Levels } from './levels.ts'
import type { Stored } from './stored.ts'

/** The rectangles of each kind: those in which an active status is possible, and the rest, each in an index of its own. */
export type Index = {
  /** A rectangle was closed. */
  closed(rectangle: number, kind: string): void
  /** Takes in and sorts what would take the next who asks long: in steps, each of which may be long after the one before. */
  prepare(): Generator<void>
  /** As `Levels.find`; of the active ones only, or of all. */
  find(
    kind: string,
    activeOnly: boolean,
    window: { from: number; to: number },
    count: number,
    visit: (rectangle: number) => void,
  ): void
}

/** `isActive`: of each shape that was looked at, whether an active status is possible in it. */
type OfKind = { projection: Projection; isActive: boolean[]; active: Levels; rest: Levels }

export const createIndex = (
  { rectangles, contents, registry }: Pick<Stored, 'rectangles' | 'contents' | 'registry'>,
  waiting: number,
): Index => {
  const homes = createColumn('byte')
  const ofKind = new Map<string, OfKind>(
    projections.map((projection) => [
      projection.kind.name,
      {
        projection,
        isActive: [],
        active: createLevels(rectangles, homes, waiting),
        rest: createLevels(rectangles, homes, waiting),
      },
    ]),
  )
  const allLevels = [...ofKind.values()].flatMap(({ active, rest }) => [active, rest])
  /** So many rectangles are in the index: what nobody has asked for since is taken in when somebody asks. */
  let taken = 0

  const levelsOf = (rectangle: number, kind: string): Levels | undefined => {
    const levels = ofKind.get(kind)
    if (!levels) return undefined
    const number = contents.shapeOf(rectangles.content(rectangle))
    levels.isActive[number] ??= contents
      .shape(number)
      .some((state) => state !== null && levels.projection.active.includes(state.status))
    return levels.isActive[number] ? levels.active : levels.rest
  }

  const takeIn = (length: number) => {
    // All at once: one by one, this would take longer than all else.
    homes.fill(0, length)
    for (; taken < length; taken++) levelsOf(taken, registry.kind(rectangles.entity(taken)))?.add(taken)
  }

  return {
    *prepare() {
      const atOnce = waiting * 8
      while (rectangles.length() - taken > atOnce) {
        takeIn(taken + atOnce)
        yield
        for (const levels of allLevels) if (levels.sort(atOnce)) yield
      }
      for (const levels of allLevels) if (levels.sort(waiting)) yield
    },
    closed: (rectangle, kind) => {
      if (rectangle < taken) levelsOf(rectangle, kind)?.closed(rectangle)
    },
    find: (kind, activeOnly, { from, to }, count, visit) => {
      takeIn(rectangles.length())
      const levels = ofKind.get(kind)
      levels?.active.find(from, to, count, visit)
      if (!activeOnly) levels?.rest.find(from, to, count, visit)
    },
  }
}
