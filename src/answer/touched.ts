import type { Event } from '../vocabulary/envelope.ts'
import { metaCommandOf } from '../vocabulary/meta.ts'
import type { Known } from './known.ts'
import { firstFrom } from './stretches.ts'

const earliestOf = ({ entries }: Known, id: string): string | undefined =>
  entries.findLast(({ event }) => event.id === id)?.earliest

/** Where the part of an order begins that an event from a moment on may rearrange. */
const dawnFrom = ({ reach, dawn }: Known, from: string): string => {
  const next = dawn[firstFrom(reach, from)]
  return next !== undefined && next < from ? next : from
}

/**
 * The moment before which an event more changes nothing of what was known: of its own window, or of that of the event it
 * is about, and of those whose place in the order it may change. `''` is before everything; null: it changes nothing at
 * any moment.
 */
export const touchedFrom = (before: Known, after: Known, event: Event): string | null => {
  const command = metaCommandOf(event.type)
  if (command === 'rate' || command === 'corroborate') return null
  const id = command === undefined ? event.id : (event.data as { eventId: string }).eventId
  const known = command === undefined ? [after] : [before, after]
  const bounds = known.map((one) => earliestOf(one, id)).filter((bound) => bound !== undefined)
  if (bounds.length === 0) return command === undefined ? null : ''
  const from = bounds.reduce((one, other) => (one < other ? one : other))
  const [one, other] = [dawnFrom(before, from), dawnFrom(after, from)]
  return one < other ? one : other
}
