import { grown, type Known, knownAt } from '../answer/known.ts'
import { touchedFrom } from '../answer/touched.ts'
import { textsOf } from '../answer/words.ts'
import { millisecondsOf } from '../time/instant.ts'
import { type Event, idOf } from '../vocabulary/envelope.ts'
import { metaCommandOf } from '../vocabulary/meta.ts'
import { type Cut, cuts, saysAsMuch, type Written } from './cuts.ts'
import type { AtHand, Desk } from './desk.ts'
import type { Suppositions } from './suppositions.ts'
import type { Tables } from './tables.ts'

/** Takes events in the order of their positions into the read model. */
export type Projector = (event: Event) => void

/** A rectangle as it was cut, or a cut that is to become one. `numbers`: of its states, where they are known. */
type Piece = Cut & { rectangle?: number; content?: number; numbers?: readonly number[] }

const head = Number.MAX_SAFE_INTEGER

export const createProjector = (tables: Tables, desk: Desk, suppositions: Suppositions): Projector => {
  const { timeline, registry, contents, rectangles, index, states, vocables, unknownTypes } = tables
  const { from: froms, to: tos, content: contentOf } = rectangles.columns

  const textsOfStates = (numbers: readonly number[]): string[] => {
    const found = states.texts(numbers)
    return numbers.map((number) => found.get(number)!)
  }

  const pieceOf = (rectangle: number, { texts }: AtHand): Piece => {
    const content = contentOf.values[rectangle]!
    const { states: numbers, disputed, flagged } = contents.of(content)
    return {
      from: froms.values[rectangle]!,
      to: tos.values[rectangle]!,
      candidates: [],
      texts: texts.get(content) ?? textsOfStates(numbers),
      disputed,
      flagged,
      rectangle,
      content,
      numbers,
    }
  }

  /** Gives a piece a content: that of another which says the same, or a new one. */
  const fill = (piece: Piece, near: readonly Piece[], one: AtHand): void => {
    const like = near.find((other) => saysAsMuch(other, piece))
    if (like) {
      piece.content = like.content!
      piece.numbers = like.numbers!
      return
    }
    const numbers = piece.texts.map((text, place) => {
      const state = piece.candidates[place]
      if (!state) return 0
      for (const other of near) {
        const known = other.numbers ? other.texts.indexOf(text) : -1
        if (known >= 0) return other.numbers![known]!
      }
      vocables.add(one.registered.number, textsOf(state, one.said))
      one.said = state
      return states.add(text)
    })
    const { disputed, flagged, candidates } = piece
    piece.numbers = numbers
    piece.content = contents.add({ states: numbers, disputed, flagged }, candidates)
  }

  /** Puts what holds from a moment on in the place of what was held to. */
  const place = (one: AtHand, known: Known, from: string, event: number): void => {
    const { current, registered } = one
    const start = from === '' ? -Infinity : millisecondsOf(from)
    let first = current.length - 1
    while (first >= 0 && froms.values[current[first]!]! >= start) first--
    // What has no beginning has no rectangle: whether it goes on can only be seen from before it.
    if (first < 0 && from !== '') return place(one, known, '', event)
    first = Math.max(first, 0)
    const old: Piece[] = []
    for (let index = first; index < current.length; index++) old.push(pieceOf(current[index]!, one))
    const written: Written = new Map()
    const made: Piece[] = [...cuts(known, from, one.written, written)]
    const [straddling] = old
    if (from !== '' && straddling) {
      if (saysAsMuch(straddling, made[0]!)) made[0]!.from = straddling.from
      else made.unshift({ ...straddling, to: start })
    }

    const kept = keepSame(old, made)
    for (const { rectangle } of old) {
      if (kept.has(rectangle!)) continue
      rectangles.close(rectangle!, event)
      index.closed(rectangle!, registered.kind)
    }
    for (const piece of made) {
      if (kept.has(piece.rectangle ?? -1)) continue
      if (piece.content === undefined) fill(piece, old, one)
      old.push(piece)
      piece.rectangle = rectangles.open(registered.number, piece.from, piece.to, event, piece.content!)
      index.add(piece.rectangle, registered.kind)
    }
    current.length = first
    for (const { rectangle } of made) current.push(rectangle!)
    one.texts = new Map(made.slice(-2).map(({ content, texts }) => [content!, texts]))
    one.written = written
  }

  return (event) => {
    const { kind, stream, reality, position } = event
    const before = desk.get(stream)
    const registered = before?.registered ?? registry.add(kind, idOf(event), reality)
    const number = timeline.length()
    timeline.add(position, registered.number)
    registered.events.push(number)

    const entity = suppositions.adopt(before?.entity, event) ?? grown(before?.entity, event)
    const known = knownAt(entity, head)
    const one: AtHand = before ?? {
      entity,
      registered,
      current: [],
      texts: new Map(),
      written: new Map(),
      said: null,
    }
    const earlier = before && knownAt(before.entity, head)
    one.entity = entity
    desk.put(one)
    if (known.projection.rank(event.type) === undefined && metaCommandOf(event.type) === undefined) {
      unknownTypes.set(event.type, (unknownTypes.get(event.type) ?? 0) + 1)
      return
    }
    const from = earlier ? touchedFrom(earlier, known, event) : ''
    if (from !== null) place(one, known, from, number)
    if (known.crisis !== earlier?.crisis) registry.setCrises(registered, number, known.crisis)
  }
}

/** The rectangles that stay as they are; those that are made again become them. */
const keepSame = (old: readonly Piece[], made: readonly Piece[]): ReadonlySet<number> => {
  const kept = new Set<number>()
  let place = 0
  for (const piece of made) {
    while (place < old.length && old[place]!.from < piece.from) place++
    const other = old[place]
    if (other?.from !== piece.from || other.to !== piece.to || !saysAsMuch(other, piece)) continue
    Object.assign(piece, { rectangle: other.rectangle, content: other.content, numbers: other.numbers })
    kept.add(other.rectangle!)
  }
  return kept
}
