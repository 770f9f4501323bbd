import { firstPlace } from '../answer/search.ts'
import type { EntityName } from '../answer/sequence.ts'
import { realities, type Reality } from '../vocabulary/envelope.ts'
import { type Column, createColumn } from './column.ts'
import { createIds, type Ids } from './ids.ts'

/** The crises that something belongs to, and the same as JSON. */
export type Crises = { names: readonly string[]; text: string }

/** Every entity, numbered from 0: what no time changes, and what every row of it repeats. */
export type Registry = {
  columns: { crisisEntity: Column<Uint32Array>; crisisSince: Column<Uint32Array> }
  /** Kept as texts: `<reality letter><stream>` of each entity, and the crises of each change of them. */
  texts: { entity: string[]; crises: string[] }
  ids: Ids
  length(): number
  of(stream: string): number | undefined
  add(kind: string, id: string, reality: Reality): number
  /** An event of the entity came. */
  happened(entity: number, event: number): void
  setCrises(entity: number, since: number, names: readonly string[]): void
  kind(entity: number): string
  name(entity: number): EntityName
  stream(entity: number): string
  reality(entity: number): Reality
  /** The numbers of its events in the timeline, until the next comes. */
  events(entity: number): Uint32Array
  /** A number that lies where what is asked of it does, but for its id and its events. */
  touch(entity: number): number
  /** How many events of it there were when the log had so many. */
  countOf(entity: number, count: number): number
  /** Its crises when the log had so many events. */
  crisesOf(entity: number, count: number): Crises
  /** Makes all from what is kept, with the entity of each event. */
  restore(events: Uint32Array): void
}

const letterOf = (reality: Reality): string => reality[0]!
const none: Crises = { names: [], text: '[]' }

/** Of each entity a record of so many whole numbers, which lie together: what is asked of one is mostly far away in memory. */
const size = 8
const [kindAt, realityAt, newestAt, countAt, eventsAt, crisesAt, crisesSinceAt] = [0, 1, 2, 3, 4, 5, 6]

export const createRegistry = (): Registry => {
  const byStream = new Map<string, number>()
  const texts: Registry['texts'] = { entity: [], crises: [] }
  const columns = { crisisEntity: createColumn('whole'), crisisSince: createColumn('whole') }
  const records = createColumn('whole')
  const ids = createIds()
  /** The events of an entity lie together, with room for as many as the next power of two. */
  const happenings = createColumn('whole')
  /** What thousands have in common is there once. */
  const kinds: string[] = []
  const crises: Crises[] = [none]
  const numberOfCrises = new Map([[none.text, 0]])
  const crisesBefore = new Map<number, { crises: Crises; since: number }[]>()

  const crisesIn = (text: string): number => {
    const known = numberOfCrises.get(text)
    if (known !== undefined) return known
    numberOfCrises.set(text, crises.length)
    return crises.push({ names: JSON.parse(text) as string[], text }) - 1
  }

  const kindIn = (name: string): number => {
    const known = kinds.indexOf(name)
    return known < 0 ? kinds.push(name) - 1 : known
  }

  const enter = (entity: number, text: string): void => {
    const stream = text.slice(1)
    const dash = stream.indexOf('-')
    records.fill(0, (entity + 1) * size)
    records.values[entity * size + kindAt] = kindIn(stream.slice(0, dash))
    records.values[entity * size + realityAt] = realities.findIndex((one) => letterOf(one) === text[0])
    ids.add(stream.slice(dash + 1))
    byStream.set(stream, entity)
  }

  const makeRoom = (length: number): number => {
    const start = happenings.length
    happenings.fill(0, start + length)
    return start
  }
  const happened = (entity: number, event: number) => {
    const at = entity * size
    const count = records.values[at + countAt]!
    const isFull = (count & (count - 1)) === 0
    if (isFull) {
      const events = records.values[at + eventsAt]!
      const start = makeRoom(Math.max(count * 2, 1))
      happenings.values.copyWithin(start, events, events + count)
      records.values[at + eventsAt] = start
    }
    happenings.values[records.values[at + eventsAt]! + count] = event
    records.values[at + countAt] = count + 1
    records.values[at + newestAt] = event
  }
  const change = (entity: number, since: number, number: number) => {
    const at = entity * size
    const before = crisesBefore.get(entity) ?? []
    before.push({
      crises: crises[records.values[at + crisesAt]!]!,
      since: records.values[at + crisesSinceAt]!,
    })
    crisesBefore.set(entity, before)
    records.values[at + crisesAt] = number
    records.values[at + crisesSinceAt] = since
  }
  const kind = (entity: number): string => kinds[records.values[entity * size + kindAt]!]!
  const stream = (entity: number): string => texts.entity[entity]!.slice(1)

  return {
    columns,
    texts,
    ids,
    length: () => texts.entity.length,
    of: (name) => byStream.get(name),
    add: (kind, id, reality) => {
      const text = `${letterOf(reality)}${kind}-${id}`
      const entity = texts.entity.push(text) - 1
      enter(entity, text)
      return entity
    },
    happened,
    setCrises: (entity, since, names) => {
      const text = JSON.stringify(names)
      const number = crisesIn(text)
      if (records.values[entity * size + crisesAt] === number) return
      columns.crisisEntity.push(entity)
      columns.crisisSince.push(since)
      texts.crises.push(text)
      change(entity, since, number)
    },
    kind,
    name: (entity) => ({ kind: kind(entity), id: stream(entity).slice(kind(entity).length + 1) }),
    stream,
    reality: (entity) => realities[records.values[entity * size + realityAt]!]!,
    events: (entity) => {
      const start = records.values[entity * size + eventsAt]!
      return happenings.values.subarray(start, start + records.values[entity * size + countAt]!)
    },
    touch: (entity) => records.values[entity * size]!,
    countOf: (entity, count) => {
      const at = entity * size
      const all = records.values[at + countAt]!
      if (records.values[at + newestAt]! < count) return all
      const start = records.values[at + eventsAt]!
      return firstPlace(all, (place) => happenings.values[start + place]! >= count)
    },
    crisesOf: (entity, count) => {
      const at = entity * size
      if (records.values[at + crisesSinceAt]! < count) return crises[records.values[at + crisesAt]!]!
      return crisesBefore.get(entity)?.findLast(({ since }) => since < count)?.crises ?? none
    },
    restore: (events) => {
      const { length } = texts.entity
      records.fill(0, length * size)
      for (let entity = 0; entity < length; entity++) enter(entity, texts.entity[entity]!)
      const counts = new Uint32Array(length)
      for (let number = 0; number < events.length; number++) counts[events[number]!]!++
      let room = 0
      for (let entity = 0; entity < length; entity++) {
        records.values[entity * size + eventsAt] = room
        const count = counts[entity]!
        if (count > 0) room += 2 ** Math.ceil(Math.log2(count))
      }
      happenings.fill(0, room)
      for (let number = 0; number < events.length; number++) {
        const at = events[number]! * size
        const count = records.values[at + countAt]!++
        happenings.values[records.values[at + eventsAt]! + count] = number
        records.values[at + newestAt] = number
      }
      for (const [index, text] of texts.crises.entries())
        change(columns.crisisEntity.values[index]!, columns.crisisSince.values[index]!, crisesIn(text))
    },
  }
}
