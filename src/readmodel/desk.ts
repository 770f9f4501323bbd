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
  /** Puts one away that is over, unless it has so many events that to fetch it again would take long. */
  putAway(stream: string, isOver: (entity: Entity) => boolean): void
}

/** As many events, and about as many bytes of their texts. */
export type DeskLimits = { events: number; bytes: number }

/** One with more events stays at hand. */
const small = 32

/** `unweighed`: of so many events it need not be known yet what they hold. Of what is put away before, it never is. */
export const createDesk = (
  numberOf: (stream: string) => number | undefined,
  fetch: (number: number) => AtHand,
  most: DeskLimits,
  unweighed = 0,
): Desk => {
  // By their numbers: the tables that a map has had hold on to each other until old objects are collected, and to what was
  // in them.
  const held: (Held | undefined)[] = []
  const recent = createRecent<Held>()
  let newest: Held | undefined
  let events = 0
  let bytes = 0
  /** Those of which some events are not weighed, and how many these are. Empty where one was forgotten. */
  let fresh: (Held | undefined)[] = []
  let waiting = 0
  const isFull = () => events > most.events || bytes > most.bytes
  const forget = (one: Held) => {
    events -= one.events
    bytes -= one.bytes
    if (one.fresh >= 0) fresh[one.fresh] = undefined
  }
  const weigh = () => {
    for (const one of fresh) {
      if (!one) continue
      one.fresh = -1
      for (; one.weighed < one.events; one.weighed++) {
        const weight = weightOf(one.what.entity.events[one.weighed])
        one.bytes += weight
        bytes += weight
      }
    }
    fresh = []
    waiting = 0
  }
  const leave = (one: Held) => {
    forget(one)
    if (!one.place) return
    held[one.what.number] = undefined
    recent.leave(one.place)
    one.place = null
  }

  const find = (number: number): Held | undefined => (newest?.what.number === number ? newest : held[number])

  const bring = (one: Held) => {
    if (newest && !newest.place) {
      if (isFull()) forget(newest)
      else {
        const { number } = newest.what
        while (held.length <= number) held.push(undefined)
        held[number] = newest
        newest.place = recent.enter(newest)
      }
    }
    newest = one
    if (one.place) recent.touch(one.place)
  }

  const weighLater = (one: Held, more: number) => {
    if (one.fresh < 0) one.fresh = fresh.push(one) - 1
    waiting += more
    if (waiting > unweighed) weigh()
  }

  const put = (what: AtHand, there: Held | undefined) => {
    const one = there ?? { what, events: 0, weighed: 0, bytes: 0, fresh: -1, place: null }
    if (one !== newest) bring(one)
    const more = what.entity.events.length - one.events
    if (more > 0) {
      one.events += more
      events += more
      if (most.events > 0) weighLater(one, more)
    }
    for (let other = recent.oldest(); other && other !== one && isFull(); other = recent.oldest())
      leave(other)
  }

  return {
    put: (one) => put(one, find(one.number)),
    get: (stream) => {
      // Who is asked for again need not be looked up.
      const number = newest?.what.entity.stream === stream ? newest.what.number : numberOf(stream)
      if (number === undefined) return undefined
      const there = find(number)
      const one = there?.what ?? fetch(number)
      put(one, there)
      return one
    },
    putAway: (stream, isOver) => {
      const one = find(numberOf(stream) ?? -1)
      if (!one || one.events > small || !isOver(one.what.entity)) return
      leave(one)
      if (one === newest) newest = undefined
    },
  }
}

/**
 * An entity, and as many events as it had when it was put there; what those of them held that were weighed, and where it is among
 * those with others: -1: it has none.
 */
type Held = {
  what: AtHand
  events: number
  weighed: number
  bytes: number
  fresh: number
  place: Place<Held> | null
}
