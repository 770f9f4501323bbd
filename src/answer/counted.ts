import type { Told } from '../../projections/told.ts'
import type { Moment } from '../time/moment.ts'
import type { Event } from '../vocabulary/envelope.ts'
import { metaCommandOf } from '../vocabulary/meta.ts'
import type { Place } from '../vocabulary/place.ts'

/** An event of the world with what later events say of it: those that stand, by id, in order of position. */
export type Entry = {
  event: Told
  /** Bounds that compare as text; '' is before everything. */
  earliest: string
  latest: string
  correctedBy: readonly string[]
  disputedBy: readonly string[]
  corroboratedBy: readonly string[]
}

export type Counted = { entries: readonly Entry[]; retracted: readonly Entry[] }

type Correction = {
  eventId: string
  when?: Moment
  zone?: string
  places?: readonly Place[]
  note?: string
  data?: Told['data']
}

const none: readonly string[] = []

/** An event of which nothing else is said, unless it is given. */
export const entryOf = (
  event: Told,
  correctedBy = none,
  disputedBy = none,
  corroboratedBy = none,
): Entry => ({
  event,
  earliest: event.when.earliest ?? '',
  latest: event.when.latest,
  correctedBy,
  disputedBy,
  corroboratedBy,
})

const targetOf = (event: Event): string => (event.data as { eventId: string }).eventId

/** From newest to oldest: a retraction that still stands takes its target out, be it a retraction itself. */
const retractedIds = (metas: readonly Event[]): ReadonlySet<string> => {
  const out = new Set<string>()
  for (const event of metas.toReversed())
    if (metaCommandOf(event.type) === 'retract' && !out.has(event.id)) out.add(targetOf(event))
  return out
}

/** Per field the latest correction counts, whole. A zone beside no `when` moves no window. */
const corrected = (event: Told, corrections: readonly Event[]): Told => {
  let told = event
  for (const { data } of corrections) {
    const { when, zone, places, note, data: own } = data as Correction
    const moment = when ? { ...when, zone: when.zone ?? told.when.zone } : told.when
    told = {
      ...told,
      when: zone === undefined ? moment : { ...moment, zone },
      ...(places && { places }),
      ...(note !== undefined && { note }),
      ...(own && { data: own }),
    }
  }
  return told
}

/** A dispute that gives another time widens the window so that it covers both. */
const widened = (event: Told, disputes: readonly Event[]): Told => {
  let { earliest, latest } = event.when
  for (const { data } of disputes) {
    const { when } = data as Correction
    if (!when) continue
    if (earliest !== null && (when.earliest === null || when.earliest < earliest)) earliest = when.earliest
    if (when.latest > latest) latest = when.latest
  }
  return { ...event, when: { ...event.when, earliest, latest } }
}

const annotated = (event: Told, about: readonly Event[]): Entry => {
  const of = (command: string) => about.filter(({ type }) => metaCommandOf(type) === command)
  const ids = (events: readonly Event[]) => events.map(({ id }) => id)
  const corrections = of('correct')
  const disputes = of('dispute')
  return entryOf(
    widened(corrected(event, corrections), disputes),
    ids(corrections),
    ids(disputes),
    ids(of('corroborate')),
  )
}

/** Whether an event is one of the world, and of a type that `knows` knows. */
export const isCounted = (event: Event, knows: (eventType: string) => boolean): event is Event & Told =>
  knows(event.type)

/**
 * The events of the world that count, each as corrected and widened by the events about it, and those retracted, as
 * they were recorded. Types that `knows` does not are kept by the log and ignored here.
 */
export const counted = (events: readonly Event[], knows: (eventType: string) => boolean): Counted => {
  const metas = events.filter(({ type }) => metaCommandOf(type))
  const domain = events.filter((event) => isCounted(event, knows))
  if (metas.length === 0) return { entries: domain.map((event) => entryOf(event)), retracted: [] }

  const out = retractedIds(metas)
  const about = Map.groupBy(
    metas.filter(({ id }) => !out.has(id)),
    targetOf,
  )
  const entries = domain
    .filter(({ id }) => !out.has(id))
    .map((event) => annotated(event, about.get(event.id) ?? []))
  const retracted = domain
    .filter(({ id }) => out.has(id))
    .map((event) => ({ ...annotated(event, about.get(event.id) ?? []), event }))
  return { entries, retracted }
}
