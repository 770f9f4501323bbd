import type { Projection, State } from '../../projections/projection.ts'
import type { Reality } from '../vocabulary/envelope.ts'
import type { Place } from '../vocabulary/place.ts'
import type { Known } from './known.ts'
import { speaksOf } from './words.ts'

export type Certainty = 'certain' | 'possible'

/** Which entities are asked for. A state satisfies a list when it has one of its values. */
export type Filter = {
  /** `active` is the kind's active statuses, also in a list; `any` is all. */
  status: 'active' | 'any' | readonly string[]
  /** The statuses of a named question; `status` narrows them. */
  question?: readonly string[]
  type?: readonly string[]
  country?: string
  subdivision?: string
  crisis?: string
  certainty?: Certainty
  reality: Reality
  words?: readonly string[]
}

/** The statuses that are asked for; null: any. */
export const statusesOf = (
  { status, question }: Filter,
  projection: Projection,
): readonly string[] | null => {
  if (question && (status === 'active' || status === 'any')) return question
  if (status === 'any') return null
  const listed = status === 'active' ? [status] : status
  const named = listed.flatMap((one) => (one === 'active' ? projection.active : [one]))
  return question ? named.filter((one) => question.includes(one)) : named
}

/** Whether an entity can be meant at all: what is asked of it that no time changes. */
export const concerns = ({ entity, crisis }: Known, filter: Filter): boolean =>
  entity.reality === filter.reality && (filter.crisis === undefined || crisis.includes(filter.crisis))

/** What of a state can be asked for without reading its texts. */
export type Shape = Pick<State, 'status' | 'type'> & {
  readonly places: readonly Pick<Place, 'country' | 'subdivision' | 'precision'>[]
}

/** Whether a state satisfies all that is asked but its status. */
export const fits = (state: Shape | State, { type, country, subdivision, words }: Filter): boolean => {
  if (type && !type.includes(state['type'] as string)) return false
  if (country && !state.places.some((place) => (place.country ?? place.subdivision?.slice(0, 2)) === country))
    return false
  if (
    subdivision &&
    !state.places.some(
      (place) =>
        place.subdivision === subdivision ||
        (place.precision === 'country' && place.country === subdivision.slice(0, 2)),
    )
  )
    return false
  return !words || speaksOf(state as State, words)
}

/** Whether nothing but a status is asked of the state itself: then `any` speaks of the status alone. */
export const isBare = ({ status, question, type, country, subdivision, words }: Filter): boolean =>
  status === 'any' && !question && !type && !country && !subdivision && !words
