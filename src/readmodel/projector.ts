import type { State } from '../../projections/projection.ts'
import { grown, type Known, knownAt } from '../answer/known.ts'
import { touched, type Touched } from '../answer/touched.ts'
import { firstPlace } from '../answer/search.ts'
import { textsOf } from '../answer/words.ts'
import { millisecondsOf } from '../time/instant.ts'
import { type Event, idOf } from '../vocabulary/envelope.ts'
import { metaCommandOf } from '../vocabulary/meta.ts'
import { type Cut, cuts, saysAsMuch } from './cuts.ts'
import { type AtHand, atHand, type Desk } from './desk.ts'
import type { Suppositions } from './suppositions.ts'
import type { Tables } from './tables.ts'

/** Takes events into the read model, those of a stream in their order. */
export type Projector = (event: Event) => void

/**
 * A rectangle as it was cut, or a cut that is to become one. `numbers`: of its states, where they are known; `isKept`: the
 * rectangle stays as it is.
 */
type Piece = Cut & { rectangle?: number; content?: number; numbers?: readonly number[]; isKept?: true }

/** So many contents of an entity at hand have their texts at hand. */
const mostTexts = 32

const head = Number.MAX_SAFE_INTEGER
const whole: Touched = { from: '', to: null }

export const createProjector = (tables: Tables, desk: Desk, suppositions: Suppositions): Projector => {
  const { timeline, registry, contents, rectangles, index, states, vocables, unknownTypes } = tables

  const textsOfStates = (numbers: readonly number[]): string[] => {
    const found = states.texts(numbers)
    return numbers.map((number) => found.get(number)!)
  }

  const pieceOf = (rectangle: number, { texts }: AtHand): Piece => {
    const content = rectangles.content(rectangle)
    const { states: numbers, disputed, flagged } = contents.of(content)
    return {
      from: rectangles.from(rectangle),
      to: rectangles.to(rectangle),
      candidates: [],
      texts: texts.get(content) ?? textsOfStates(numbers),
      disputed,
      flagged,
      rectangle,
      content,
      numbers,
    }
  }

  const say = (state: State, one: AtHand): void => {
    const { said, words, number } = one
    one.said = state
    vocables.add(number, textsOf(state, said), words)
  }

  /** Gives a piece a content: that of another which says the same, or a new one. */
  const fill = (piece: Piece, near: readonly Piece[], one: AtHand): void => {
    for (const other of near) {
      if (!saysAsMuch(other, piece)) continue
      piece.content = other.content!
      piece.numbers = other.numbers!
      return
    }
    const { disputed, flagged, candidates, texts } = piece
    const numbers: number[] = []
    for (let place = 0; place < texts.length; place++) {
      const state = candidates[place]
      const known = state ? numberAmong(near, texts[place]!) : 0
      if (known === null) say(state!, one)
      numbers.push(known ?? states.add(texts[place]!))
    }
    piece.numbers = numbers
    piece.content = contents.add({ states: numbers, disputed, flagged }, candidates)
  }

  /** The place of the last of the rectangles that begins before a moment, or at it if `orAt`; -1: none does. */
  const placeBefore = (current: readonly number[], moment: number, orAt: boolean): number => {
    const isAfter = (place: number) => {
      const from = rectangles.from(current[place]!)
      return orAt ? from > moment : from >= moment
    }
    return firstPlace(current.length, isAfter) - 1
  }

  /** Puts what holds in a stretch of valid time in the place of what was held to. */
  const place = (one: AtHand, known: Known, stretch: Touched, event: number): void => {
    const { current, number } = one
    const { from, to } = stretch
    const start = from === '' ? -Infinity : millisecondsOf(from)
    const end = to === null ? Infinity : millisecondsOf(to)
    const before = placeBefore(current, start, false)
    // What has no beginning has no rectangle: whether it goes on can only be seen from before it.
    if (before < 0 && stretch !== whole) return place(one, known, whole, event)
    const first = Math.max(before, 0)
    const last = placeBefore(current, end, true)
    const old: Piece[] = []
    for (let index = first; index <= last; index++) old.push(pieceOf(current[index]!, one))
    const made: Piece[] = cuts(known, stretch, (state) => one.script.textOf(state))
    if (before >= 0) joinBefore(old[0]!, start, made)
    if (to !== null) joinAfter(made, end, old.at(-1)!)

    keepSame(old, made)
    for (const { rectangle, isKept } of old) {
      if (isKept) continue
      rectangles.close(rectangle!, event)
      index.closed(rectangle!, one.entity.kind)
    }
    for (const piece of made) {
      if (piece.isKept) continue
      if (piece.content === undefined) fill(piece, old, one)
      old.push(piece)
      piece.rectangle = rectangles.open(number, piece.from, piece.to, event, piece.content!)
    }
    const after = to === null ? [] : current.slice(last + 1)
    current.length = first
    for (const { rectangle } of made) current.push(rectangle!)
    for (const rectangle of after) current.push(rectangle)
    if (one.texts.size > mostTexts) one.texts.clear()
    for (const { content, texts } of made) one.texts.set(content!, texts)
  }

  return (event) => {
    const { kind, stream, reality } = event
    const before = desk.get(stream)
    const number = before?.number ?? registry.add(kind, idOf(event), reality)
    const happening = timeline.add(event.position, number)
    registry.happened(number, happening)

    // Asked before it grows: what is known of it now is what it grows from.
    const earlier = before && knownAt(before.entity, head)
    const entity = suppositions.adopt(before?.entity, event) ?? grown(before?.entity, event)
    const known = knownAt(entity, head)
    const one = before ?? atHand(entity, number, [], new Set())
    one.entity = entity
    desk.put(one)
    if (known.projection.rank(event.type) === undefined && metaCommandOf(event.type) === undefined) {
      unknownTypes.set(event.type, (unknownTypes.get(event.type) ?? 0) + 1)
      return
    }
    const stretch = earlier ? touched(earlier, known) : whole
    if (stretch) place(one, known, stretch, happening)
    if (known.crisis !== earlier?.crisis) registry.setCrises(number, happening, known.crisis)
  }
}

/** Joins what was made on to what it begins in, which held from before it. */
const joinBefore = (straddling: Piece, start: number, made: Piece[]): void => {
  const [first] = made
  if (saysAsMuch(straddling, first!)) first!.from = straddling.from
  else made.unshift({ ...straddling, to: start })
}

/** Joins what was made on to what holds where it ends, as it did before. */
const joinAfter = (made: Piece[], end: number, straddling: Piece): void => {
  const last = made.at(-1)!
  if (saysAsMuch(last, straddling)) last.to = straddling.to
  else made.push({ ...straddling, from: end })
}

/** Has those of what was made that are as they were become the rectangles that they were. */
const keepSame = (old: readonly Piece[], made: readonly Piece[]): void => {
  let place = 0
  for (const piece of made) {
    while (place < old.length && old[place]!.from < piece.from) place++
    const other = old[place]
    if (other?.from !== piece.from || other.to !== piece.to || !saysAsMuch(other, piece)) continue
    piece.rectangle = other.rectangle!
    piece.content = other.content!
    piece.numbers = other.numbers!
    piece.isKept = other.isKept = true
  }
}

/** The number of a state by its text, where one of several pieces has it. */
const numberAmong = (pieces: readonly Piece[], text: string): number | null => {
  for (const { numbers, texts } of pieces) {
    const place = numbers ? texts.indexOf(text) : -1
    if (place >= 0) return numbers![place]!
  }
  return null
}
