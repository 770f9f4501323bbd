import { candidatesAt } from '../answer/candidates.ts'
import type { Known } from '../answer/known.ts'
import { instantOf } from '../time/instant.ts'
import { type Cut, type Holding, holdingOf } from './cuts.ts'
import type { Rectangles } from './rectangles.ts'

/**
 * A rectangle of an entity that nothing has closed, or a cut that is to become one. `holding`: null until somebody asks;
 * `content` and `rectangle`: their numbers, -1 until there are any.
 */
export type Piece = { from: number; to: number; holding: Holding | null; content: number; rectangle: number }

/** A cut that is to become a rectangle. */
export const pieceOf = ({ from, to, holding }: Cut): Piece => ({
  from,
  to,
  holding,
  content: -1,
  rectangle: -1,
})

/** The rectangles of an entity that nothing has closed, along valid time. */
export const piecesOf = (rectangles: Rectangles, entity: number): Piece[] =>
  rectangles.current(entity).map((rectangle) => ({
    from: rectangles.from(rectangle),
    to: rectangles.to(rectangle),
    holding: null,
    content: rectangles.content(rectangle),
    rectangle,
  }))

/** What holds in a piece of what was known when it was made. */
export const heldIn = (piece: Piece, known: Known): Holding =>
  (piece.holding ??= holdingOf(candidatesAt(known, instantOf(piece.from))))
