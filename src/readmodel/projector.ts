import type { State } from '../../projections/projection.ts'
import { isAlike } from '../answer/alike.ts'
import { grown, type Known, knownAt } from '../answer/known.ts'
import { touched, type Touched } from '../answer/touched.ts'
import { firstPlace, itemBefore } from '../answer/search.ts'
import { millisecondsOf } from '../time/instant.ts'
import { type Event, idOf } from '../vocabulary/envelope.ts'
import { metaCommandOf } from '../vocabulary/meta.ts'
import { cuts, saysAsMuch } from './cuts.ts'
import { type AtHand, atHand, type Desk } from './desk.ts'
import { heldIn, type Piece, pieceOf, piecesOf } from './piece.ts'
import { createSpeech } from './speech.ts'
import type { Suppositions } from './suppositions.ts'
import type { Tables } from './tables.ts'

/** Takes an event, by its number, into the read model; those of a stream in their order. */
export type Projector = (event: Event, happening: number, told?: OnTaken) => void

/** Told of an event, and what was known of its entity before and after it. */
export type OnTaken = (event: Event, before: Known | null, after: Known) => void

/** A state and its wording, by their numbers. */
type Told = { state: number; wording: number }
const nothing: Told = { state: 0, wording: 0 }

/** An entity of more events has long states. */
const many = 32

const head = Number.MAX_SAFE_INTEGER
const whole: Touched = { from: '', to: null }

export const createProjector = (tables: Tables, desk: Desk, suppositions: Suppositions): Projector => {
  const { timeline, registry, contents, rectangles, index, states, unknownTypes } = tables

  /** A state and its wording: those of one which is alike, near it, or new ones. */
  const toldOf = (state: State, line: number, near: readonly Piece[], one: AtHand): Told => {
    const known = toldAmong(near, state, isOne) ?? toldAmong(near, state, isAlike)
    if (known) return known
    const speech = (one.speech ??= createSpeech(tables, one.number))
    return {
      wording: speech.wordingOf(state, line),
      state: states.add(one.script.textOf(state, line)),
    }
  }

  /** What is told of a state where one of several pieces has it. */
  const toldAmong = (
    pieces: readonly Piece[],
    state: State,
    isSame: (one: State | null, other: State) => boolean,
  ): Told | null => {
    let unlike: State | null = null
    for (const { holding, content } of pieces) {
      const { candidates } = holding!
      for (let place = 0; place < candidates.length; place++) {
        const candidate = candidates[place]!
        // What holds in one piece mostly holds in the next as well.
        if (candidate === unlike) continue
        if (isSame(candidate, state))
          return { state: contents.state(content, place), wording: contents.wording(content, place) }
        unlike = candidate
      }
    }
    return null
  }

  /** Gives a piece a content: that of another which says the same, or a new one. */
  const fill = (piece: Piece, near: readonly Piece[], one: AtHand): void => {
    const { candidates, disputed, flagged } = piece.holding!
    const states: number[] = []
    const wordings: number[] = []
    for (const [place, candidate] of candidates.entries()) {
      // Mostly the first of them goes on from the first of what held before it, and the others from the others. To keep how both
      // are written takes room, and is worth it where much is told.
      const line = one.entity.events.length > many ? Math.min(place, 1) : 0
      const { state, wording } = candidate === null ? nothing : toldOf(candidate, line, near, one)
      states.push(state)
      wordings.push(wording)
    }
    const content = { states, wordings, disputed, flagged }
    const same = near.find((other) => contents.is(other.content, content))
    piece.content = same?.content ?? contents.add(content, candidates)
  }

  /** Puts what holds in a stretch of valid time in the place of what was held to. */
  const place = (one: AtHand, earlier: Known | undefined, known: Known, stretch: Touched, event: number) => {
    const { number } = one
    const current = (one.current ??= piecesOf(rectangles, number))
    const { from, to } = stretch
    const start = from === '' ? -Infinity : millisecondsOf(from)
    const end = to === null ? Infinity : millisecondsOf(to)
    const before = placeBefore(current, start, false)
    // What has no beginning has no rectangle: whether it goes on can only be seen from before it.
    if (before < 0 && stretch !== whole) return place(one, earlier, known, whole, event)
    const first = Math.max(before, 0)
    const last = placeBefore(current, end, true)
    const old = current.slice(first, last + 1)
    for (const piece of old) heldIn(piece, earlier!)
    const made = cuts(known, stretch).map(pieceOf)
    if (before >= 0) joinBefore(old[0]!, start, made)
    if (to !== null) joinAfter(made, end, old.at(-1)!)
    keepSame(old, made)
    for (const { rectangle } of goneFrom(old, made)) {
      rectangles.close(rectangle, event)
      index.closed(rectangle, one.entity.kind)
    }
    let next = 0
    for (const [index, piece] of made.entries()) {
      if (piece.rectangle >= 0) continue
      if (piece.content < 0) {
        while (next < old.length && old[next]!.to < piece.from) next++
        fill(piece, beside(piece, old, next, itemBefore(made, index)), one)
      }
      piece.rectangle = rectangles.open(number, piece.from, piece.to, event, piece.content)
    }
    const after = current.slice(last + 1)
    current.length = first
    for (const piece of made) current.push(piece)
    for (const piece of after) current.push(piece)
  }

  return (event, happening, told) => {
    const { kind, stream, reality } = event
    const before = desk.get(stream)
    const number = before?.number ?? registry.add(kind, idOf(event), reality)
    timeline.own(happening, number)
    registry.happened(number, happening)

    // Asked before it grows: what is known of it now is what it grows from.
    const earlier = before && knownAt(before.entity, head)
    const entity = suppositions.adopt(before?.entity, event) ?? grown(before?.entity, event)
    const known = knownAt(entity, head)
    const one = before ?? atHand(entity, number)
    one.entity = entity
    desk.put(one)
    told?.(event, earlier ?? null, known)
    if (known.projection.rank(event.type) === undefined && metaCommandOf(event.type) === undefined) {
      unknownTypes.set(event.type, (unknownTypes.get(event.type) ?? 0) + 1)
      return
    }
    const stretch = earlier ? touched(earlier, known) : whole
    if (stretch) place(one, earlier, known, stretch, happening)
    if (known.crisis !== earlier?.crisis) registry.setCrises(number, happening, known.crisis)
  }
}

const isOne = (one: State | null, other: State): boolean => one === other

/** The place of the last piece that begins before a moment, or at it if `orAt`; -1: none does. */
const placeBefore = (pieces: readonly Piece[], moment: number, orAt: boolean): number => {
  const isAfter = (place: number) => {
    const { from } = pieces[place]!
    return orAt ? from > moment : from >= moment
  }
  return firstPlace(pieces.length, isAfter) - 1
}

/** Joins what was made on to what it begins in, which held from before it. */
const joinBefore = (straddling: Piece, start: number, made: Piece[]): void => {
  const [first] = made
  if (saysAsMuch(straddling.holding!, first!.holding!)) first!.from = straddling.from
  else made.unshift({ ...straddling, to: start, rectangle: -1 })
}

/** Joins what was made on to what holds where it ends, as it did before. */
const joinAfter = (made: Piece[], end: number, straddling: Piece): void => {
  const last = made.at(-1)!
  if (saysAsMuch(last.holding!, straddling.holding!)) last.to = straddling.to
  else made.push({ ...straddling, from: end, rectangle: -1 })
}

/** The pieces beside one, in which most of what holds in it will be found: those of some from a place on, and the one before it. */
const beside = (
  piece: Piece,
  pieces: readonly Piece[],
  from: number,
  before: Piece | undefined,
): readonly Piece[] => {
  const found = before ? [before] : []
  for (let place = from; place < pieces.length && pieces[place]!.from <= piece.to; place++)
    found.push(pieces[place]!)
  return found
}

/** Has those of what was made that are as they were be the pieces that they were. */
const keepSame = (old: readonly Piece[], made: Piece[]): void => {
  let next = 0
  for (let place = 0; place < made.length; place++) {
    const { from, to, holding } = made[place]!
    while (next < old.length && old[next]!.from < from) next++
    const other = old[next]
    if (other?.from === from && other.to === to && saysAsMuch(other.holding!, holding!)) made[place] = other
  }
}

/** Those of the old pieces that are not among what was made; both are along valid time. */
const goneFrom = (old: readonly Piece[], made: readonly Piece[]): Piece[] => {
  let next = 0
  return old.filter((piece) => {
    while (next < made.length && made[next]!.from < piece.from) next++
    return made[next] !== piece
  })
}
