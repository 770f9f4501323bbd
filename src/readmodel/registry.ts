import type { Reality } from '../vocabulary/envelope.ts'
import { type Column, createColumn } from './column.ts'
import { firstPlace } from '../answer/search.ts'

/** An entity as the read model knows it: what no time changes, and what every row repeats. */
export type Registered = {
  number: number
  kind: string
  id: string
  reality: Reality
  /** The numbers of its events in the timeline. */
  events: number[]
  /** The last of them: what a row asks first is asked without a further look at memory that is far away. */
  newest: number
  /** The crises its counted events name from an event on, and those they named before. */
  crises: Crises
  crisesSince: number
  crisesBefore: { crises: Crises; since: number }[]
}

/** The crises that something belongs to, and the same as JSON. */
export type Crises = { names: readonly string[]; text: string }

/** Every entity, numbered from 0. */
export type Registry = {
  columns: { crisisEntity: Column<Uint32Array>; crisisSince: Column<Uint32Array> }
  /** Kept as texts: `<reality letter><stream>` of each entity, and the crises of each change of them. */
  texts: { entity: string[]; crises: string[] }
  all: readonly Registered[]
  of(stream: string): Registered | undefined
  add(kind: string, id: string, reality: Reality): Registered
  /** An event of the entity came. */
  happened(entity: Registered, event: number): void
  setCrises(entity: Registered, since: number, names: readonly string[]): void
  /** Makes all from what is kept, with the entity of each event. */
  restore(events: Uint32Array): void
}

const realityOf: Readonly<Record<string, Reality>> = { a: 'actual', e: 'exercise', t: 'test' }
const none: Crises = { names: [], text: '[]' }

export const createRegistry = (): Registry => {
  const all: Registered[] = []
  const byStream = new Map<string, Registered>()
  const texts: Registry['texts'] = { entity: [], crises: [] }
  const columns = { crisisEntity: createColumn('whole'), crisisSince: createColumn('whole') }
  /** What thousands have in common is there once, and found where it was found last. */
  const crises = new Map<string, Crises>()
  const kinds = new Map<string, string>()

  const crisesIn = (text: string): Crises => {
    const known = crises.get(text)
    if (known) return known
    const named = { names: JSON.parse(text) as string[], text }
    crises.set(text, named)
    return named
  }
  const kindIn = (name: string): string => {
    const known = kinds.get(name)
    if (known === undefined) kinds.set(name, name)
    return known ?? name
  }

  const enter = (text: string): Registered => {
    const stream = text.slice(1)
    const dash = stream.indexOf('-')
    const entity: Registered = {
      number: all.length,
      kind: kindIn(stream.slice(0, dash)),
      id: stream.slice(dash + 1),
      reality: realityOf[text[0]!]!,
      events: [],
      newest: -1,
      crises: none,
      crisesSince: 0,
      crisesBefore: [],
    }
    all.push(entity)
    byStream.set(stream, entity)
    return entity
  }

  const happened = (entity: Registered, event: number) => {
    entity.events.push(event)
    entity.newest = event
  }
  const change = (entity: Registered, since: number, crises: Crises) => {
    entity.crisesBefore.push({ crises: entity.crises, since: entity.crisesSince })
    entity.crises = crises
    entity.crisesSince = since
  }

  return {
    columns,
    texts,
    all,
    of: (stream) => byStream.get(stream),
    add: (kind, id, reality) => {
      const text = `${reality[0]}${kind}-${id}`
      texts.entity.push(text)
      return enter(text)
    },
    happened,
    setCrises: (entity, since, names) => {
      const named = crisesIn(JSON.stringify(names))
      if (entity.crises.text === named.text) return
      columns.crisisEntity.push(entity.number)
      columns.crisisSince.push(since)
      texts.crises.push(named.text)
      change(entity, since, named)
    },
    restore: (events) => {
      for (const text of texts.entity) enter(text)
      for (let number = 0; number < events.length; number++) happened(all[events[number]!]!, number)
      for (const [index, text] of texts.crises.entries())
        change(all[columns.crisisEntity.values[index]!]!, columns.crisisSince.values[index]!, crisesIn(text))
    },
  }
}

/** How many events of an entity there were when the log had so many. */
export const countOf = ({ events, newest }: Registered, count: number): number => {
  if (newest < count) return events.length
  return firstPlace(events.length, (place) => events[place]! >= count)
}

/** The crises of an entity when the log had so many events. */
export const crisesOf = ({ crises, crisesSince, crisesBefore }: Registered, count: number): Crises => {
  if (crisesSince < count) return crises
  return crisesBefore.findLast(({ since }) => since < count)?.crises ?? none
}
