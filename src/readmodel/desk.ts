import type { Entity } from '../answer/entity.ts'
import type { State } from '../../projections/projection.ts'
import type { Registered } from './registry.ts'
import { createScript, type Script } from './script.ts'

/** An entity that is at hand: its events, and the rectangles that nothing has closed, along valid time. */
export type AtHand = {
  entity: Entity
  registered: Registered
  current: number[]
  /** The texts of the candidates in rectangles that were looked at last, by the numbers of their contents. */
  texts: Map<number, readonly string[]>
  script: Script
  /** A state that is known to be said of it, and the words that are, by their numbers. */
  said: State | null
  words: Set<number>
}

/** An entity that comes to hand, with the rectangles that nothing has closed. */
export const atHand = (
  entity: Entity,
  registered: Registered,
  current: number[],
  words: Set<number>,
): AtHand => ({
  entity,
  registered,
  current,
  texts: new Map(),
  script: createScript(),
  said: null,
  words,
})

/** The entities that were asked for last, so many that together they have a bounded number of events. */
export type Desk = {
  get(stream: string): AtHand | undefined
  put(one: AtHand): void
}

export const createDesk = (fetch: (stream: string) => AtHand | undefined, mostEvents: number): Desk => {
  // All but the newest. One that has no place among them never comes there: the tables that a map has had hold on to each
  // other until old objects are collected, and to what was in them.
  const held = new Map<string, Held>()
  let newest: Held | undefined
  let events = 0

  const find = (stream: string): Held | undefined =>
    newest?.what.entity.stream === stream ? newest : held.get(stream)

  const bring = (one: Held) => {
    const before = newest
    newest = one
    if (held.size > 0) held.delete(one.what.entity.stream)
    if (!before) return
    if (events <= mostEvents) held.set(before.what.entity.stream, before)
    else events -= before.events
  }

  const put = (what: AtHand, there: Held | undefined) => {
    const one = there ?? { what, events: 0 }
    if (one !== newest) bring(one)
    events += what.entity.events.length - one.events
    one.events = what.entity.events.length
    for (const other of held.values()) {
      if (events <= mostEvents) break
      events -= other.events
      held.delete(other.what.entity.stream)
    }
  }

  return {
    put: (one) => put(one, find(one.entity.stream)),
    get: (stream) => {
      const there = find(stream)
      const one = there?.what ?? fetch(stream)
      if (one) put(one, there)
      return one
    },
  }
}

/** An entity, and as many events as it had when it was put there. */
type Held = { what: AtHand; events: number }
