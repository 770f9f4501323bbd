import { firstPlace } from '../answer/search.ts'
import type { Column } from './column.ts'
import type { Stored } from './stored.ts'

/**
 * Puts what parts have, each of a share of the streams of one log, into what is empty: one part behind another. Events are
 * numbered anew, in the order of the log, and what was made of them moves as it is. The states keep their numbers: they
 * are in the files already.
 */
export const join = (into: Stored, parts: readonly Stored[]): void => {
  const positions = positionsIn(parts)
  for (const [name, column] of Object.entries(into.kept.columns))
    column.reserve(parts.reduce((sum, { kept }) => sum + kept.columns[name]!.length, 0))
  for (const position of positions) into.timeline.add(position)
  const words = createPlaces(into.lexicon.texts.word)
  const shapes = createPlaces(into.contents.texts.shape)
  for (const part of parts) {
    const events = placesAmong(positions, part.timeline.columns.position)
    const entities = into.registry.texts.entity.length
    own(into, part, events, entities)
    for (const text of part.registry.texts.entity) into.registry.texts.entity.push(text)
    for (const text of part.registry.texts.crises) into.registry.texts.crises.push(text)
    shift(into.registry.columns.crisisEntity, part.registry.columns.crisisEntity, entities)
    renumber(into.registry.columns.crisisSince, part.registry.columns.crisisSince, events)

    const contents = into.contents.columns.said.length
    const { long } = into.wordings.columns
    into.contents.append(part.contents, shapes.of(part.contents.texts.shape), long.length)
    shift(long, part.wordings.columns.long)
    into.rectangles.append(part.rectangles, events, entities, contents)
    shift(into.vocables.columns.entity, part.vocables.columns.entity, entities)
    renumber(into.vocables.columns.word, part.vocables.columns.word, words.of(part.lexicon.texts.word))
  }
}

/** Says of a part's events whose they are. */
const own = (into: Stored, part: Stored, events: Uint32Array, entities: number): void => {
  const [owners, owned] = [into.timeline.columns.entity.values, part.timeline.columns.entity.values]
  for (let event = 0; event < events.length; event++) owners[events[event]!] = owned[event]! + entities
}

/** Adds numbers, each greater by so much. */
const shift = (into: Column, { values, length }: Column, by = 0): void => {
  const start = into.length
  into.fill(0, start + length)
  into.values.set(values.subarray(0, length), start)
  if (by > 0) for (let place = start; place < into.length; place++) into.values[place]! += by
}

/** Adds numbers, for each the one that it is now. */
const renumber = (into: Column, { values, length }: Column, numbers: Uint32Array): void => {
  const start = into.length
  into.fill(0, start + length)
  for (let place = 0; place < length; place++) into.values[start + place] = numbers[values[place]!]!
}

/** Texts of which each comes once, and where those of a list are among them. */
const createPlaces = (texts: string[]) => {
  const places = new Map<string, number>()
  return {
    of: (list: readonly string[]): Uint32Array =>
      Uint32Array.from(list, (text) => {
        const known = places.get(text)
        if (known !== undefined) return known
        places.set(text, texts.length)
        return texts.push(text) - 1
      }),
  }
}

/** The positions of all events, ascending. */
const positionsIn = (parts: readonly Stored[]): Float64Array => {
  const columns = parts.map(({ timeline }) => timeline.columns.position)
  const all = new Float64Array(columns.reduce((sum, { length }) => sum + length, 0))
  let start = 0
  for (const { values, length } of columns) {
    all.set(values.subarray(0, length), start)
    start += length
  }
  // Without a gap they need not be sorted.
  const first = all.reduce((least, one) => Math.min(least, one), Infinity)
  const last = all.reduce((most, one) => Math.max(most, one), 0)
  return last - first === all.length - 1 ? all.map((_, place) => first + place) : all.sort()
}

/** The place of each number of a column among numbers that ascend, where it is one of them. */
const placesAmong = (numbers: Float64Array, { values, length }: Column): Uint32Array => {
  const places = new Uint32Array(length)
  for (let index = 0; index < length; index++) {
    const value = values[index]!
    const before = value - numbers[0]!
    places[index] =
      numbers[before] === value ? before : firstPlace(numbers.length, (place) => numbers[place]! >= value)
  }
  return places
}
