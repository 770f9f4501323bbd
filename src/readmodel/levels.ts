import { type Column, createColumn } from './column.ts'
import { keep } from './near.ts'
import { open, type Rectangles } from './rectangles.ts'
import { firstPlace } from '../answer/search.ts'

/**
 * An index of rectangles that answers as fast for a million as for a thousand, and for old moments as for new ones. Each
 * rectangle lies in a level by the length of its shorter side, valid time or the order of the log, rounded up to a power
 * of two; at a moment only those of a level can hold that began within its length before. What is open on both sides
 * lies in a level of its own.
 */
export type Levels = {
  /** Takes in a rectangle. */
  add(rectangle: number): void
  /** A rectangle was closed: it may be found faster now. */
  closed(rectangle: number): void
  /** Sorts in what waits if that is more than so many, and says whether it did. */
  sort(most: number): boolean
  /** Calls with each that overlaps a window of valid time (both ends are in it) and stands when the log had so many events. */
  find(from: number, to: number, count: number, visit: (rectangle: number) => void): void
}

/**
 * Where the rectangles of one level are, ascending by `keys`: their beginnings, coarsely. `ends` in valid time, as coarsely,
 * stand beside them: most that have ended are passed over without a look at memory that is far away. What comes and goes
 * is moved in place: other memory each time would be left behind in pieces.
 */
type Level = { keys: Whole; ends: Whole; rectangles: Whole }
type Whole = Column<Uint32Array>

/** Beginnings in valid time are compared in steps of about two minutes from the year 1 on, so that 32 bits hold them. */
const step = 17
const year1 = Date.parse('0001-01-01T00:00:00.000Z')
const keyOf = (milliseconds: number): number =>
  milliseconds === -Infinity ? 0 : Math.min(Math.max((milliseconds - year1) / 2 ** step, 0), open) >>> 0

/** Levels of valid time are numbered by their power of two, those of the log's order after them, then what is open. */
const recordedLevels = 64
const openLevel = 127

const powerOf = (length: number): number => (length <= 1 ? 0 : Math.ceil(Math.log2(length)))

/**
 * `homes`: the level of each rectangle, from 1; 0 while it waits. One column serves all indexes of the rectangles.
 * `waiting`: so many may wait to be sorted in; until then each question looks at all of them.
 */
export const createLevels = (rectangles: Rectangles, homes: Column<Uint8Array>, waiting: number): Levels => {
  const levels = new Map<number, Level>()
  const fresh = createColumn('whole')
  const moved = new Set<number>()
  /** What a question is about to look at. */
  const near = createColumn('whole')

  const levelOf = (rectangle: number): number => {
    const valid = rectangles.to(rectangle) - rectangles.from(rectangle)
    const until = rectangles.until(rectangle)
    const validPower = valid === Infinity ? Infinity : Math.max(powerOf(valid), step)
    const recordedPower = until === open ? Infinity : powerOf(until - rectangles.since(rectangle))
    if (validPower === Infinity && recordedPower === Infinity) return openLevel
    // An event counts for about as much as a step of valid time.
    return recordedPower + step < validPower ? recordedLevels + recordedPower : validPower
  }

  const sortIn = () => {
    const leaving = new Set<number>()
    for (const rectangle of moved) {
      const home = homes.values[rectangle]! - 1
      if (levelOf(rectangle) === home) continue
      leaving.add(home)
      fresh.push(rectangle)
    }
    moved.clear()
    // Placed by their levels, and where each level ends.
    const ends = new Uint32Array(openLevel + 2)
    for (let index = 0; index < fresh.length; index++) {
      const rectangle = fresh.values[index]!
      const level = levelOf(rectangle)
      homes.values[rectangle] = level + 1
      ends[level + 1]!++
    }
    for (let level = 0; level <= openLevel; level++) ends[level + 1]! += ends[level]!
    const arriving = new Uint32Array(fresh.length)
    for (let index = 0; index < fresh.length; index++) {
      const rectangle = fresh.values[index]!
      arriving[ends[homes.values[rectangle]! - 1]!++] = rectangle
    }
    for (let level = 0, start = 0; level <= openLevel; start = ends[level++]!) {
      if (start === ends[level] && !leaving.has(level)) continue
      const home = level + 1
      const there = levels.get(level) ?? emptyLevel()
      levels.set(level, there)
      if (leaving.has(level)) keepOnly(there, (one) => homes.values[one] === home)
      const inFrom = level < recordedLevels || level === openLevel
      mergeIn(there, {
        numbers: arriving.subarray(start, ends[level]),
        key: (one) => (inFrom ? keyOf(rectangles.from(one)) : rectangles.since(one)),
        end: (one) => keyOf(rectangles.to(one)),
      })
    }
    fresh.clear()
  }
  const sort = (most: number): boolean => {
    if (fresh.length <= most) return false
    sortIn()
    return true
  }

  return {
    sort,
    add: (rectangle) => {
      homes.fill(0, rectangle + 1)
      fresh.push(rectangle)
    },
    closed: (rectangle) => {
      if (homes.values[rectangle]! > 0) moved.add(rectangle)
    },
    find: (from, to, count, visit) => {
      sort(waiting)
      const look = (rectangle: number) => {
        if (
          rectangles.since(rectangle) < count &&
          rectangles.until(rectangle) >= count &&
          rectangles.from(rectangle) <= to &&
          rectangles.to(rectangle) > from
        )
          visit(rectangle)
      }
      const [leastEnd, last] = [keyOf(from), keyOf(to)]
      for (const [level, { keys, ends, rectangles: found }] of levels) {
        const { length } = keys
        let first = 0
        let end = last
        if (level < recordedLevels) first = keyOf(from - 2 ** level)
        else if (level < openLevel) {
          first = Math.max(count - 2 ** (level - recordedLevels), 0)
          end = count - 1
        }
        near.length = 0
        for (let index = placeOf(keys, first); index < length && keys.values[index]! <= end; index++)
          if (ends.values[index]! >= leastEnd) near.push(found.values[index]!)
        let sum = 0
        for (let index = 0; index < near.length; index++) sum ^= rectangles.touch(near.values[index]!)
        keep(sum)
        for (let index = 0; index < near.length; index++) look(near.values[index]!)
      }
      for (let index = 0; index < fresh.length; index++) look(fresh.values[index]!)
    },
  }
}

/** The place of the first key that is not below another. */
const placeOf = ({ values, length }: Whole, least: number): number =>
  firstPlace(length, (place) => values[place]! >= least)

const emptyLevel = (): Level => ({
  keys: createColumn('whole'),
  ends: createColumn('whole'),
  rectangles: createColumn('whole'),
})

const resize = ({ keys, ends, rectangles }: Level, length: number): void => {
  for (const column of [keys, ends, rectangles]) {
    column.reserve(length)
    column.length = length
  }
}

/** Pairs of 32 bits, each number with its key in the upper half, ascending: they are sorted natively as one number of 64. */
const sortedPairs = (numbers: Uint32Array, key: (rectangle: number) => number): Uint32Array => {
  const pairs = new Uint32Array(numbers.length * 2)
  for (let index = 0; index < numbers.length; index++) {
    pairs[index * 2] = numbers[index]!
    pairs[index * 2 + 1] = key(numbers[index]!)
  }
  new BigUint64Array(pairs.buffer).sort()
  return pairs
}

const keepOnly = (level: Level, stays: (rectangle: number) => boolean): void => {
  const [keys, ends, rectangles] = [level.keys.values, level.ends.values, level.rectangles.values]
  let kept = 0
  for (let index = 0; index < level.keys.length; index++) {
    if (!stays(rectangles[index]!)) continue
    keys[kept] = keys[index]!
    ends[kept] = ends[index]!
    rectangles[kept++] = rectangles[index]!
  }
  resize(level, kept)
}

/** Rectangles that come to a level, and what of them stands there. */
type Arriving = {
  numbers: Uint32Array
  key: (rectangle: number) => number
  end: (rectangle: number) => number
}

/** From the end on: what is there already moves once, and only what comes after something new. */
const mergeIn = (level: Level, { numbers, key, end }: Arriving): void => {
  const pairs = sortedPairs(numbers, key)
  let there = level.keys.length - 1
  resize(level, level.keys.length + numbers.length)
  const [keys, ends, rectangles] = [level.keys.values, level.ends.values, level.rectangles.values]
  for (let place = level.keys.length - 1, next = numbers.length - 1; next >= 0; place--) {
    const isNext = there < 0 || keys[there]! <= pairs[next * 2 + 1]!
    if (isNext) {
      rectangles[place] = pairs[next * 2]!
      keys[place] = pairs[next-- * 2 + 1]!
      ends[place] = end(rectangles[place]!)
    } else {
      rectangles[place] = rectangles[there]!
      keys[place] = keys[there]!
      ends[place] = ends[there--]!
    }
  }
}
