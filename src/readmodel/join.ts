import type { Column } from './column.ts'
import type { Registered } from './registry.ts'
import type { Tables } from './tables.ts'
import { nobody } from './timeline.ts'

/**
 * Puts into empty tables what others have that were made from the same events, each of a share of the streams. The states
 * keep their numbers: they are in the file already.
 */
export const join = (into: Tables, parts: readonly Tables[]): void => {
  const { timeline, states, unknownTypes } = into
  states.follow(parts.map((part) => part.states))
  for (const [name, column] of Object.entries(into.kept.columns))
    column.reserve(parts.reduce((sum, { kept }) => sum + kept.columns[name]!.length, 0))
  const joining = parts.map((part) => createJoining(into, part))
  const { values: positions, length } = parts[0]!.timeline.columns.position
  for (let number = 0; number < length; number++) {
    const place = parts.findIndex((part) => part.timeline.columns.entity.values[number] !== nobody)
    const registered = joining[place]!.entityOf(parts[place]!.timeline.columns.entity.values[number]!)
    timeline.own(timeline.add(positions[number]!), registered.number)
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
  const { columns } = part.rectangles
  const events = part.timeline.length()
  const opened = createOrder(columns.since, events)
  const closed = createOrder(columns.closedBy, events)
  const changed = createOrder(part.registry.columns.crisisSince, events)

  const entityOf = (number: number): Registered => {
    const known = entities[number]
    if (known) return known
    const { kind, id, reality } = part.registry.all[number]!
    return (entities[number] = into.registry.add(kind, id, reality))
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
      closed.each(event, (place) => into.rectangles.close(rectangles[columns.closed.values[place]!]!, event))
      opened.each(event, (place) => {
        const content = contentOf(columns.content.values[place]!)
        const [from, to] = [columns.from.values[place]!, columns.to.values[place]!]
        rectangles[place] = into.rectangles.open(registered.number, from, to, event, content)
      })
      changed.each(event, (place) =>
        into.registry.setCrises(
          registered,
          event,
          JSON.parse(part.registry.texts.crises[place]!) as string[],
        ),
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

/** The places in a column of events at which each event stands, in their order. */
const createOrder = ({ values, length }: Column<Uint32Array>, events: number) => {
  const ends = new Uint32Array(events + 1)
  for (let place = 0; place < length; place++) ends[values[place]! + 1]!++
  for (let event = 0; event < events; event++) ends[event + 1]! += ends[event]!
  const starts = ends.slice()
  const places = new Uint32Array(length)
  for (let place = 0; place < length; place++) places[ends[values[place]!]!++] = place
  return {
    each: (event: number, visit: (place: number) => void) => {
      for (let index = starts[event]!; index < starts[event + 1]!; index++) visit(places[index]!)
    },
  }
}
