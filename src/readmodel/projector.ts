import { grown, type Known, knownAt } from '../answer/known.ts'
import { touchedFrom } from '../answer/touched.ts'
import { textsOf } from '../answer/words.ts'
import { millisecondsOf } from '../time/instant.ts'
import { type Event, idOf } from '../vocabulary/envelope.ts'
import { metaCommandOf } from '../vocabulary/meta.ts'
import { type Cut, cuts, saysAsMuch } from './cuts.ts'
import type { AtHand, Desk } from './desk.ts'
import type { Suppositions } from './suppositions.ts'
import type { Tables } from './tables.ts'

/** Takes events in the order of their positions into the read model. */
export type Projector = (event: Event) => void

type Piece = Cut & { rectangle?: number; content?: number }

const head = Number.MAX_SAFE_INTEGER

export const createProjector = (tables: Tables, desk: Desk, suppositions: Suppositions): Projector => {
  const { timeline, registry, contents, rectangles, index, states, vocables, unknownTypes } = tables
  const { from: froms, to: tos, content: contentOf } = rectangles.columns

  const textsOfStates = (numbers: readonly number[]): string[] => {
    const found = states.texts(numbers)
    return numbers.map((number) => found.get(number)!)
  }

  /** A rectangle as it was cut. */
  const pieceOf = (rectangle: number, { texts }: AtHand): Piece => {
    const content = contentOf.values[rectangle]!
    const { states: numbers, disputed, flagged } = contents.of(content)
    const known = texts.get(content)
    const found =
      known ??
      Array.from(
        numbers,
        (
          (all) => (number: number) =>
            all.get(number)!
        )(states.texts(numbers)),
      )
    return {
      from: froms.values[rectangle]!,
      to: tos.values[rectangle]!,
      candidates: [],
      texts: found,
      disputed,
      flagged,
      rectangle,
      content,
    }
  }

  /** The content of a cut: that of a piece which says the same, or a new one. */
  const contentFor = (
    cut: Piece,
    near: readonly Piece[],
    numbers: Map<string, number>,
    one: AtHand,
  ): number => {
    const same = near.find((piece) => piece.content !== undefined && saysAsMuch(piece, cut))
    if (same) return same.content!
    const stateNumbers = cut.texts.map((text, place) => {
      const state = cut.candidates[place]
      if (!state) return 0
      const known = numbers.get(text)
      if (known !== undefined) return known
      vocables.add(one.registered.number, textsOf(state, one.said))
      one.said = state
      const number = states.add(text)
      numbers.set(text, number)
      return number
    })
    const { disputed, flagged, candidates } = cut
    return contents.add({ states: stateNumbers, disputed, flagged }, candidates)
  }

  /** Puts what holds from a moment on in the place of what was held to. */
  const place = (one: AtHand, known: Known, from: string, event: number): void => {
    const { current, registered } = one
    const start = from === '' ? -Infinity : millisecondsOf(from)
    let first = current.findLastIndex((rectangle) => froms.values[rectangle]! < start)
    // What has no beginning has no rectangle: whether it goes on can only be seen from before it.
    if (first < 0 && from !== '') return place(one, known, '', event)
    first = Math.max(first, 0)
    const old = current.slice(first).map((rectangle) => pieceOf(rectangle, one))
    const made: Piece[] = [...cuts(known, from)]
    const [straddling] = old
    if (from !== '' && straddling) {
      if (saysAsMuch(straddling, made[0]!)) made[0]!.from = straddling.from
      else made.unshift({ ...straddling, to: start })
    }

    const numbers = new Map<string, number>()
    for (const { content, texts } of old) {
      const known = contents.of(content!).states
      texts.forEach((text, index) => numbers.set(text, known[index]!))
    }
    const byFrom = new Map(old.map((piece) => [piece.from, piece]))
    for (const piece of made) {
      const same = byFrom.get(piece.from)
      if (same && same.to === piece.to && saysAsMuch(same, piece)) {
        piece.rectangle = same.rectangle!
        piece.content = same.content!
        byFrom.delete(piece.from)
      } else delete piece.rectangle
    }
    for (const { rectangle } of byFrom.values()) {
      rectangles.close(rectangle!, event)
      index.closed(rectangle!, registered.kind)
    }
    const near = [...old]
    for (const piece of made) {
      if (piece.rectangle !== undefined) continue
      piece.content = contentFor(piece, near, numbers, one)
      near.push(piece)
      piece.rectangle = rectangles.open(registered.number, piece.from, piece.to, event, piece.content)
      index.add(piece.rectangle, registered.kind)
    }
    current.splice(first, current.length - first, ...made.map(({ rectangle }) => rectangle!))
    one.texts = new Map(made.slice(-2).map(({ content, texts }) => [content!, texts]))
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
    const one: AtHand = before ?? { entity, registered, current: [], texts: new Map(), said: null }
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
