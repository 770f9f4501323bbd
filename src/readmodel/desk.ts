import type { Entity } from '../answer/entity.ts'
import type { State } from '../../projections/projection.ts'
import type { Written } from './cuts.ts'
import type { Registered } from './registry.ts'

/** An entity that is at hand: its events, and the rectangles that nothing has closed, along valid time. */
export type AtHand = {
  entity: Entity
  registered: Registered
  current: number[]
  /** The texts of the candidates in its newest rectangles, by the numbers of their contents. */
  texts: ReadonlyMap<number, readonly string[]>
  /** Its newest states with their texts. */
  written: Written
  /** A state whose words are known to be said of it. */
  said: State | null
}

/** The entities that were asked for last, so many that together they have a bounded number of events. */
export type Desk = {
  get(stream: string): AtHand | undefined
  put(one: AtHand): void
}

export const createDesk = (fetch: (stream: string) => AtHand | undefined, mostEvents: number): Desk => {
  const atHand = new Map<string, AtHand>()
  let events = 0
  const drop = (stream: string) => {
    const one = atHand.get(stream)
    if (!one) return
    events -= one.entity.events.length
    atHand.delete(stream)
  }
  const put = (one: AtHand) => {
    const { stream } = one.entity
    drop(stream)
    atHand.set(stream, one)
    events += one.entity.events.length
    for (const other of atHand.keys()) {
      if (events <= mostEvents || other === stream) break
      drop(other)
    }
  }
  return {
    put,
    get: (stream) => {
      const one = atHand.get(stream) ?? fetch(stream)
      if (one) put(one)
      return one
    },
  }
}
