import type { EntityName } from '../answer/sequence.ts'
import type { Model } from '../readmodel/model.ts'
import { type Instant, instantOf, millisecondsOf } from '../time/instant.ts'

/** A stretch of a clock, both ends in it, and all that something can change of in it. */
export type Stretch<Bound> = { from: Bound; to: Bound; names: readonly EntityName[] }

/** So many entities are looked at together; a stretch with fewer than `least` is made longer the next time. */
const most = 1000
const least = 200
const day = 86_400_000

/**
 * Valid time from one moment to another (null: from the first change of all, to the last), cut into stretches in each of
 * which few entities change, as known at a position.
 */
export function* validStretches(
  model: Model,
  kinds: readonly string[],
  first: Instant | null,
  last: Instant | null,
  position: number,
): Generator<Stretch<Instant>> {
  const extent = model.extent()
  if (!extent) return
  const end = last === null ? extent.to : Math.min(millisecondsOf(last), extent.to)
  let after = (first === null ? extent.from : Math.max(millisecondsOf(first), extent.from)) - 1
  for (let width = day; after < end;) {
    const upTo = Math.min(after + width, end)
    const window = { after: instantOf(after), upTo: instantOf(upTo) }
    const names = kinds.flatMap((kind) => [...model.turning(kind, window, position)])
    if (names.length > most && upTo - after > 1) {
      width = Math.ceil((upTo - after) / 4)
      continue
    }
    if (names.length > 0) yield { from: instantOf(after + 1), to: window.upTo, names }
    if (names.length < least) width *= 2
    after = upTo
  }
}

/** What was recorded after a position and up to another, cut into stretches of few events. */
export function* knownStretches(
  model: Model,
  kinds: readonly string[],
  after: number,
  last: number,
): Generator<Stretch<number>> {
  for (let from = after; from < last;) {
    const to = Math.min(model.positionAfter(from, most), last)
    const names = [...model.recorded(from, to)].filter(({ kind }) => kinds.includes(kind))
    if (names.length > 0) yield { from, to, names }
    from = to
  }
}
