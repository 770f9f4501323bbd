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
  const held = new Map<string, Held>()
  let newest: Held | undefined
  let events = 0
  /** What was asked for last comes last. */
  const put = (what: AtHand, there: Held | undefined) => {
    const { stream, events: own } = what.entity
    const one = there ?? { what, events: 0 }
    events += own.length - one.events
    one.events = own.length
    if (one !== newest) {
      if (there) held.delete(stream)
      held.set(stream, one)
      newest = one
    }
    if (events <= mostEvents) return
    for (const other of held.values()) {
      if (events <= mostEvents || other === one) break
      events -= other.events
      held.delete(other.what.entity.stream)
    }
  }
  return {
    put: (one) => put(one, newest?.what === one ? newest : held.get(one.entity.stream)),
    get: (stream) => {
      const there = held.get(stream)
      const one = there?.what ?? fetch(stream)
      if (one) put(one, there)
      return one
    },
  }
}

/** An entity, and as many events as it had when it was put there. */
type Held = { what: AtHand; events: number }
