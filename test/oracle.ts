import { projectionOf } from '../projections/index.ts'
import type { Projection, State } from '../projections/projection.ts'
import type { Told } from '../projections/told.ts'
import { firstInstant, type Instant } from '../src/time/instant.ts'
import type { Moment } from '../src/time/moment.ts'
import type { Bounds } from '../src/time/term.ts'
import type { Event } from '../src/vocabulary/envelope.ts'

/** A state an entity may be in, the events that lead to it, and whether a dispute stands about what gave its status. */
export type Outcome = { state: State | null; basis: readonly string[]; flagged: boolean; disputed: boolean }

/**
 * The candidate states of one stream at a moment, as known at a position: the definition of every answer in its
 * slowest and plainest words, for tests to hold the fast ones to. Events come by position.
 */
export const oracle = (events: readonly Event[], asOf: Instant, position: number): (State | null)[] =>
  outcomes(events, asOf, position).map(({ state }) => state)

/** The events that their lifecycle does not allow where they stand, and the status each met (null: none). */
export const flags = (events: readonly Event[], position: number): Map<string, string | null> =>
  orderOf(projectionFor(events), countedIn(events, position)).flagged

/** The candidates with how they came about. Of those with equal facets the first counts. */
export const outcomes = (events: readonly Event[], asOf: Instant, position: number): Outcome[] => {
  const projection = projectionFor(events)
  const { order, flagged } = orderOf(projection, countedIn(events, position))
  const undecided = order.filter(({ when }) => startOf(when) <= asOf && asOf < when.latest)
  const facets = new Set<string>()
  return [0, ...undecided.keys().map((k) => k + 1)].flatMap((k) => {
    const taken = order.filter((event) => event.when.latest <= asOf || undecided.slice(0, k).includes(event))
    return foldOf(projection, taken, asOf).flatMap(({ state, since }) => {
      const seen = facets.has(facetsOf(state))
      facets.add(facetsOf(state))
      if (seen) return []
      const disputed = taken
        .slice(since)
        .some(({ id }) => disputesOf(id, standingIn(events, position)).length > 0)
      const basis = taken.map(({ id }) => id)
      return [{ state, basis, disputed, flagged: basis.some((id) => flagged.has(id)) }]
    })
  })
}

const facetsOf = (state: State | null): string =>
  JSON.stringify(
    state && ['status', 'title', 'places', 'end', 'roles', 'members'].map((name) => state[name] ?? null),
  )

/** The moments at which an answer can change: where a window or an end begins or is over. */
export const boundsOf = (events: readonly Event[], position: number): Instant[] => {
  const windows = countedIn(events, position).flatMap(({ when }) => [
    startOf(when) || firstInstant,
    when.latest,
  ])
  const ends = windows
    .flatMap((at) => oracle(events, at, position))
    .map((state) => state?.['end'] as Bounds | null | undefined)
  return [...new Set([...windows, ...ends.flatMap((end) => (end ? [startOf(end), end.latest] : []))])]
    .filter(Boolean)
    .sort()
}

const projectionFor = ([first]: readonly Event[]): Projection => projectionOf(first!.kind)

/** Before everything is less than any instant. */
const startOf = ({ earliest }: { earliest: Instant | null }): string => earliest ?? ''

/** Going from newest to oldest, each retraction still standing takes its target out as if never recorded. */
const standingIn = (events: readonly Event[], position: number): Event[] => {
  const known = events.filter((event) => event.position <= position)
  const out = new Set<unknown>()
  for (const { id, type, data } of known.toReversed())
    if (type === 'EntryRetracted' && !out.has(id)) out.add(data['eventId'])
  return known.filter(({ id }) => !out.has(id))
}

const about =
  (type: string) =>
  (id: string, standing: readonly Event[]): Event[] =>
    standing.filter((event) => event.type === type && event.data['eventId'] === id)
const correctionsOf = about('EntryCorrected')
const disputesOf = about('EntryDisputed')

/** The events of the world, as the standing events about them leave them. */
export const countedIn = (events: readonly Event[], position: number): Told[] => {
  const standing = standingIn(events, position)
  const told = standing.filter((event): event is Event & Told => event.when !== undefined)
  return told.map((event: Told) => {
    const corrected = correctionsOf(event.id, standing).reduce(correct, event)
    return disputesOf(event.id, standing).reduce(widen, corrected)
  })
}

type Correction = Partial<Pick<Told, 'when' | 'places' | 'note' | 'data'>> & { zone?: string }

const correct = (event: Told, { data: correction }: Event): Told => {
  const {
    when = event.when,
    zone = when.zone ?? event.when.zone,
    places,
    note,
    data,
  } = correction as Correction
  return {
    ...event,
    when: { ...when, zone },
    ...(places && { places }),
    ...(note !== undefined && { note }),
    ...(data && { data }),
  }
}

const widen = (event: Told, { data }: Event): Told => {
  const other = data['when'] as Moment | undefined
  if (!other) return event
  const earliest = startOf(other) < startOf(event.when) ? other.earliest : event.when.earliest
  const latest = other.latest > event.when.latest ? other.latest : event.when.latest
  return { ...event, when: { ...event.when, earliest, latest } }
}

/** Time orders windows that do not overlap, the lifecycle those that do. */
const orderOf = (projection: Projection, counted: readonly Told[]) => {
  const order: Told[] = []
  const flagged = new Map<string, string | null>()
  let state: State | null = null
  for (let left = [...counted]; left.length > 0;) {
    const lapse = state && projection.lapse(state)
    const first = [...left.map(({ when }) => when.latest), ...(lapse ? [lapse.latest] : [])].sort()[0]!
    const may = left.filter(({ when }) => startOf(when) <= first)
    if (may.length === 0) {
      state = projection.lapsed(state!, lapse!)
      continue
    }
    const met: State | null = state
    const places = may
      .map((event) => ({ event, legal: projection.legal(met, event) }))
      .sort(comparedBy(projection))
    const { event, legal } = places[0]!
    if (!legal) flagged.set(event.id, met?.status ?? null)
    state = projection.reduce(met, event)
    left = left.filter((other) => other !== event)
    order.push(event)
  }
  return { order, flagged }
}

type Place = { event: Told; legal: boolean }

const comparedBy =
  (projection: Projection) =>
  (a: Place, b: Place): number =>
    Number(b.legal) - Number(a.legal) ||
    projection.rank(a.event.type)! - projection.rank(b.event.type)! ||
    compareText(a.event.when.latest, b.event.when.latest) ||
    compareText(startOf(a.event.when), startOf(b.event.when)) ||
    a.event.revision - b.event.revision

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** The states after these events: two where an end may have come. `since`: the place of what gave the status. */
const foldOf = (projection: Projection, order: readonly Told[], asOf: Instant) => {
  let state: State | null = null
  let since = 0
  for (const [index, event] of order.entries()) {
    const lapse = state && projection.lapse(state)
    if (lapse && lapse.latest < startOf(event.when)) {
      state = projection.lapsed(state!, lapse)
      since = index
    }
    if (projection.gives(state, event) !== null) since = index
    state = projection.reduce(state, event)
  }
  const lapse = state && projection.lapse(state)
  const without = { state, since }
  if (!lapse || startOf(lapse) > asOf) return [without]
  const expired = { state: projection.lapsed(state!, lapse), since: order.length }
  return lapse.latest <= asOf ? [expired] : [without, expired]
}
