import type { Registered } from './registry.ts'
import type { Tables } from './tables.ts'
import { nobody } from './timeline.ts'

/**
 * Puts into empty tables what others have that were made from the same events, each of a share of the streams. The states
 * keep their numbers: they are in the file already.
 */
export const join = (into: Tables, parts: readonly Tables[]): void => {
  const { timeline, states, unknownTypes } = into
  states.follow(parts[0]!.states)
  const joining = parts.map((part) => createJoining(into, part))
  const { values: positions, length } = parts[0]!.timeline.columns.position
  for (let number = 0; number < length; number++) {
    const place = parts.findIndex((part) => part.timeline.columns.entity.values[number] !== nobody)
    const registered = joining[place]!.entityOf(parts[place]!.timeline.columns.entity.values[number]!)
    timeline.add(positions[number]!, registered.number)
    registered.events.push(number)
    joining[place]!.takeEvent(number, registered)
  }
  for (const { takeWords } of joining) takeWords()
  for (const part of parts)
    for (const [type, count] of part.unknownTypes)
      unknownTypes.set(type, (unknownTypes.get(type) ?? 0) + count)
}

/** How far a part has been taken, and what its numbers are where it goes. */
const createJoining = (into: Tables, part: Tables) => {
  const entities: Registered[] = []
  const shapes: number[] = []
  const contents: number[] = []
  const rectangles: number[] = []
  let opened = 0
  let closed = 0
  let changed = 0

  const entityOf = (number: number): Registered => {
    const { kind, id, reality } = part.registry.all[number]!
    return (entities[number] ??= into.registry.add(kind, id, reality))
  }
  const shapeOf = (number: number): number =>
    (shapes[number] ??= into.contents.shapeNumber(part.contents.shape(number)))
  const contentOf = (number: number): number =>
    (contents[number] ??= into.contents.addShaped(
      part.contents.of(number),
      shapeOf(part.contents.shapeOf(number)),
    ))

  return {
    entityOf,
    /** Takes what an event of this part opened, closed and changed. */
    takeEvent: (event: number, registered: Registered) => {
      const { columns } = part.rectangles
      for (; closed < columns.closed.length && columns.closedBy.values[closed] === event; closed++)
        into.rectangles.close(rectangles[columns.closed.values[closed]!]!, event)
      for (; opened < columns.since.length && columns.since.values[opened] === event; opened++) {
        const content = contentOf(columns.content.values[opened]!)
        const [from, to] = [columns.from.values[opened]!, columns.to.values[opened]!]
        rectangles.push(into.rectangles.open(registered.number, from, to, event, content))
        into.index.add(rectangles.at(-1)!, registered.kind)
      }
      const { crisisSince } = part.registry.columns
      for (; changed < crisisSince.length && crisisSince.values[changed] === event; changed++)
        into.registry.setCrises(
          registered,
          event,
          JSON.parse(part.registry.texts.crises[changed]!) as string[],
        )
    },
    takeWords: () => {
      const { word, entity } = part.vocables.columns
      for (let place = 0; place < word.length; place++)
        into.vocables.enter(
          part.vocables.texts.word[word.values[place]!]!,
          entities[entity.values[place]!]!.number,
        )
    },
  }
}
