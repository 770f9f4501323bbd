import type { Entity } from '../answer/entity.ts'
import type { Piece } from './piece.ts'
import { createRecent, type Place } from './recent.ts'
import { createScript, type Script } from './script.ts'
import type { Speech } from './speech.ts'
import { weightOf } from './weight.ts'

/** An entity that is at hand: its events, and the rectangles that nothing has closed, along valid time. */
export type AtHand = {
  entity: Entity
  /** Its number. */
  number: number
  /** Null until an event comes: who only asks needs none of them. */
  current: Piece[] | null
  script: Script
  /** Null until a state comes. */
  speech: Speech | null
}

/** An entity that comes to hand. */
export const atHand = (entity: Entity, number: number): AtHand => ({
  entity,
  number,
  current: null,
  script: createScript(),
  speech: null,
})

/** The entities that were asked for last, so many that the events of all together are bounded, and what these hold. */
export type Desk = {
  get(stream: string): AtHand | undefined
  put(one: AtHand): void
}

/** As many events, and about as many bytes of their texts. */
export type DeskLimits = { events: number; bytes: number }

export const createDesk = (fetch: (stream: string) => AtHand | undefined, most: DeskLimits): Desk => {
  // One that has no place among them never comes there, and who is there is moved only in the order of who was asked for:
  // the tables that a map has had hold on to each other until old objects are collected, and to what was in them.
  const held = new Map<string, Held>()
  const recent = createRecent<Held>()
  let newest: Held | undefined
  let events = 0
  let bytes = 0
  const isFull = () => events > most.events || bytes > most.bytes
  const forget = (one: Held) => {
    events -= one.events
    bytes -= one.bytes
  }

  const find = (stream: string): Held | undefined =>
    newest?.what.entity.stream === stream ? newest : held.get(stream)

  const bring = (one: Held) => {
    if (newest && !newest.place) {
      if (isFull()) forget(newest)
      else {
        held.set(newest.what.entity.stream, newest)
        newest.place = recent.enter(newest)
      }
    }
    newest = one
    if (one.place) recent.touch(one.place)
  }

  const put = (what: AtHand, there: Held | undefined) => {
    const one = there ?? { what, events: 0, bytes: 0, place: null }
    if (one !== newest) bring(one)
    const { events: all } = what.entity
    for (; one.events < all.length; one.events++, events++) {
      const weight = most.events > 0 ? weightOf(all[one.events]) : 0
      one.bytes += weight
      bytes += weight
    }
    for (let other = recent.oldest(); other && other !== one && isFull(); other = recent.oldest()) {
      forget(other)
      held.delete(other.what.entity.stream)
      recent.leave(other.place!)
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

/** An entity, and as many events as it had when it was put there, with what they held. */
type Held = { what: AtHand; events: number; bytes: number; place: Place<Held> | null }
