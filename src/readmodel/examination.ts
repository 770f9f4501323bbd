import { projectionOf, projections } from '../../projections/index.ts'
import type { Event } from '../vocabulary/envelope.ts'
import { metaCommandOf } from '../vocabulary/meta.ts'
import type { Core } from './core.ts'
import type { Events } from './store.ts'
import { createVerification, type Difference, type Verification } from './verification.ts'

/** How much is looked at: so many entities, or all of them at each position at which one changed. */
export type Extent = { sample: number } | 'all'

/** What is compared in one step, and what is found by it. */
export type Examined = { what: 'events' | 'entity' | 'list' | 'file'; found: Difference[] }

/** Compares a read model with its log and the definition, a step at a time. `random` gives a number from 0 up to 1. */
export function* examination(
  core: Core,
  events: Events,
  extent: Extent,
  random: () => number,
): Generator<Examined> {
  const verification = createVerification(core, events)
  const { registry, states } = core.tables
  const window = extent === 'all' ? mostOfList : Math.min(mostOfList, extent.sample)
  const below = (most: number): number => Math.floor(random() * most)
  yield { what: 'events', found: extent === 'all' ? wholeLog(core, events) : [] }
  const all = registry.length()
  const chosen =
    extent === 'all' || extent.sample >= all
      ? Array(all).keys()
      : new Set(Array.from({ length: extent.sample }, () => below(all)))
  for (const entity of chosen) {
    const positions = positionsOf(core, entity)
    const some = Array.from({ length: 2 }, () => positions[below(positions.length)]!)
    const looked = extent === 'all' ? positions : new Set([...some, core.position()])
    yield { what: 'entity', found: verification.entity(entity, looked) }
  }
  for (const projection of projections) {
    const ids = verification.idsOf(projection)
    for (let count = ids.length === 0 ? 0 : listsOfKind; count > 0; count--) {
      const first = ids.length <= window ? 0 : below(ids.length - window)
      const stretch = ids.slice(first, first + window)
      yield {
        what: 'list',
        found: verification.list(
          projection,
          stretch,
          { asOf: verification.momentAt(random()), position: positionAt(core, random()) },
          count % 4 === 0
            ? wordsOf(verification, core, projection.kind.name, stretch[below(stretch.length)]!)
            : undefined,
        ),
      }
    }
  }
  const lost = states.lost()
  const finding = `${lost} states cannot be read, and were made from the events again`
  yield { what: 'file', found: lost === 0 ? [] : [{ about: 'the file', position: core.position(), finding }] }
}

/** So many lists of each kind are compared, of so many entities each at the most. */
export const listsOfKind = 12
const mostOfList = 60

const positionsOf = ({ tables: { timeline, registry } }: Core, entity: number): number[] =>
  [...registry.events(entity)].map((number) => timeline.columns.position.values[number]!)

const positionAt = ({ tables: { timeline } }: Core, place: number): number =>
  timeline.columns.position.values[Math.floor(place * timeline.length())] ?? 0

const wordsOf = (
  verification: Verification,
  { tables: { registry } }: Core,
  kind: string,
  id: string,
): readonly string[] | undefined => {
  const word = verification.wordOf(registry.of(`${kind}-${id}`)!)
  return word === null ? undefined : [word]
}

/** Every event of the log up to where the read model is: whether it is there, in its place. */
const wholeLog = (core: Core, events: Events): Difference[] => {
  const { timeline, registry, unknownTypes } = core.tables
  const { position: positions, entity } = timeline.columns
  const unknown = new Map<string, number>()
  let number = 0
  for (const event of events.from(0, core.position())) {
    const about = number < entity.length ? registry.stream(entity.values[number]!) : 'none'
    if (positions.values[number] !== event.position || about !== event.stream) {
      const finding = `is there as the event of ${about} at ${positions.values[number] ?? 'no position'}`
      return [{ about: event.stream, position: event.position, finding }]
    }
    if (isUnknown(event)) unknown.set(event.type, (unknown.get(event.type) ?? 0) + 1)
    number++
  }
  const [counted, kept] = [unknown, unknownTypes].map(inOrder)
  return [
    ...(number === timeline.length() ? [] : [`has ${timeline.length()} events, and the log ${number}`]),
    ...(counted === kept ? [] : [`counts as unknown types ${kept}, and should ${counted}`]),
  ].map((finding) => ({ about: 'the whole', position: core.position(), finding }))
}

const inOrder = (counts: ReadonlyMap<string, number>): string =>
  JSON.stringify([...counts].toSorted(([one], [other]) => (one < other ? -1 : 1)))

const isUnknown = ({ kind, type }: Event): boolean =>
  projectionOf(kind).rank(type) === undefined && metaCommandOf(type) === undefined
