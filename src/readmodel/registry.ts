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
  /** The crises its counted events name, from an event on. */
  crises: { since: number; named: Crises }[]
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
      crises: [],
    }
    all.push(entity)
    byStream.set(stream, entity)
    return entity
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
    setCrises: (entity, since, names) => {
      const named = crisesIn(JSON.stringify(names))
      if ((entity.crises.at(-1)?.named ?? none).text === named.text) return
      columns.crisisEntity.push(entity.number)
      columns.crisisSince.push(since)
      texts.crises.push(named.text)
      entity.crises.push({ since, named })
    },
    restore: (events) => {
      for (const text of texts.entity) enter(text)
      for (let number = 0; number < events.length; number++) all[events[number]!]!.events.push(number)
      for (const [index, text] of texts.crises.entries())
        all[columns.crisisEntity.values[index]!]!.crises.push({
          since: columns.crisisSince.values[index]!,
          named: crisesIn(text),
        })
    },
  }
}

/** How many events of an entity there were when the log had so many. */
export const countOf = ({ events }: Registered, count: number): number => {
  if (events.at(-1)! < count) return events.length
  return firstPlace(events.length, (place) => events[place]! >= count)
}

/** The crises of an entity when the log had so many events. */
export const crisesOf = ({ crises }: Registered, count: number): Crises => {
  for (let index = crises.length - 1; index >= 0; index--)
    if (crises[index]!.since < count) return crises[index]!.named
  return none
}
