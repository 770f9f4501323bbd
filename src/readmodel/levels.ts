import { type Column, createColumn } from './column.ts'
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
 * stand beside them: most that have ended are passed over without a look at memory that is far away.
 */
type Level = { keys: Uint32Array; ends: Uint32Array; rectangles: Uint32Array }

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
      const staying = levels.get(level)
      const stayed =
        staying && leaving.has(level) ? keeping(staying, (one) => homes.values[one] === home) : staying
      const inFrom = level < recordedLevels || level === openLevel
      const sorted = sortedBy(
        arriving.subarray(start, ends[level]),
        (one) => (inFrom ? keyOf(rectangles.from(one)) : rectangles.since(one)),
        (one) => keyOf(rectangles.to(one)),
      )
      levels.set(level, stayed ? merged(stayed, sorted) : sorted)
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
        let first = 0
        let end = last
        if (level < recordedLevels) first = keyOf(from - 2 ** level)
        else if (level < openLevel) {
          first = Math.max(count - 2 ** (level - recordedLevels), 0)
          end = count - 1
        }
        for (let index = placeOf(keys, first); index < keys.length && keys[index]! <= end; index++)
          if (ends[index]! >= leastEnd) look(found[index]!)
      }
      for (let index = 0; index < fresh.length; index++) look(fresh.values[index]!)
    },
  }
}

/** The place of the first key that is not below another. */
const placeOf = (keys: Uint32Array, least: number): number => {
  return firstPlace(keys.length, (place) => keys[place]! >= least)
}

const levelOfLength = (length: number): Level => ({
  keys: new Uint32Array(length),
  ends: new Uint32Array(length),
  rectangles: new Uint32Array(length),
})

const sortedBy = (
  numbers: Uint32Array,
  key: (rectangle: number) => number,
  end: (rectangle: number) => number,
): Level => {
  // Pairs of 32 bits, the key in the upper half, are sorted natively as one number of 64.
  const pairs = new Uint32Array(numbers.length * 2)
  for (let index = 0; index < numbers.length; index++) {
    pairs[index * 2] = numbers[index]!
    pairs[index * 2 + 1] = key(numbers[index]!)
  }
  new BigUint64Array(pairs.buffer).sort()
  const level = levelOfLength(numbers.length)
  for (let index = 0; index < numbers.length; index++) {
    level.rectangles[index] = pairs[index * 2]!
    level.keys[index] = pairs[index * 2 + 1]!
    level.ends[index] = end(level.rectangles[index]!)
  }
  return level
}

const keeping = (level: Level, stays: (rectangle: number) => boolean): Level => {
  const kept = levelOfLength(level.keys.length)
  let length = 0
  for (let index = 0; index < level.keys.length; index++)
    if (stays(level.rectangles[index]!)) take(level, index, kept, length++)
  return {
    keys: kept.keys.slice(0, length),
    ends: kept.ends.slice(0, length),
    rectangles: kept.rectangles.slice(0, length),
  }
}

const take = (from: Level, index: number, into: Level, place: number): void => {
  into.keys[place] = from.keys[index]!
  into.ends[place] = from.ends[index]!
  into.rectangles[place] = from.rectangles[index]!
}

const merged = (one: Level, other: Level): Level => {
  if (other.keys.length === 0) return one
  const both = levelOfLength(one.keys.length + other.keys.length)
  let left = 0
  let right = 0
  for (let index = 0; index < both.keys.length; index++) {
    const isLeft =
      right === other.keys.length || (left < one.keys.length && one.keys[left]! <= other.keys[right]!)
    if (isLeft) take(one, left++, both, index)
    else take(other, right++, both, index)
  }
  return both
}
