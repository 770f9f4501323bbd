import type { Told } from '../../projections/told.ts'
import type { Moment } from '../time/moment.ts'
import type { Event } from '../vocabulary/envelope.ts'
import { metaCommandOf } from '../vocabulary/meta.ts'
import type { Place } from '../vocabulary/place.ts'

/** An event of the world with what later events say of it: those that stand, by id, in order of position. */
export type Entry = {
  event: Told
  /** Where an event of its type stands in the lifecycle. */
  rank: number
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

/** What is read of an event about another. */
export type Meta = Pick<Event, 'id' | 'type' | 'data'>

const none: readonly never[] = []
const noIds: ReadonlySet<string> = new Set()

/** Where an event of a type stands in its lifecycle; undefined for a type that does not count. */
export type Rank = (eventType: string) => number | undefined

/** An event of which nothing else is said, unless it is given. */
const entryOf = (
  event: Told,
  rank: number,
  correctedBy: readonly string[] = none,
  disputedBy: readonly string[] = none,
  corroboratedBy: readonly string[] = none,
): Entry => ({
  event,
  rank,
  earliest: event.when.earliest ?? '',
  latest: event.when.latest,
  correctedBy,
  disputedBy,
  corroboratedBy,
})

const targetOf = (event: Meta): string => (event.data as { eventId: string }).eventId

/** From newest to oldest: a retraction that still stands takes its target out, be it a retraction itself. */
const retractedIds = (metas: readonly Meta[]): ReadonlySet<string> => {
  if (metas.length === 0) return noIds
  const out = new Set<string>()
  for (const event of metas.toReversed())
    if (metaCommandOf(event.type) === 'retract' && !out.has(event.id)) out.add(targetOf(event))
  return out
}

/** Per field the latest correction counts, whole. A zone beside no `when` moves no window. */
const corrected = (event: Told, corrections: readonly Meta[]): Told => {
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
const widened = (event: Told, disputes: readonly Meta[]): Told => {
  let { earliest, latest } = event.when
  const widening = disputes.flatMap(({ data }) => (data as Correction).when ?? [])
  if (widening.length === 0) return event
  for (const when of widening) {
    if (earliest !== null && (when.earliest === null || when.earliest < earliest)) earliest = when.earliest
    if (when.latest > latest) latest = when.latest
  }
  return { ...event, when: { ...event.when, earliest, latest } }
}

const annotated = (event: Told, rank: number, about: readonly Meta[]): Entry => {
  if (about.length === 0) return entryOf(event, rank)
  const of = (command: string) => about.filter(({ type }) => metaCommandOf(type) === command)
  const ids = (events: readonly Meta[]) => events.map(({ id }) => id)
  const corrections = of('correct')
  const disputes = of('dispute')
  return entryOf(
    widened(corrected(event, corrections), disputes),
    rank,
    ids(corrections),
    ids(disputes),
    ids(of('corroborate')),
  )
}

/** An event of the world as it counts, or as it was recorded where it is retracted. */
export type Weighed = { entry: Entry; isRetracted: boolean }

/** Weighs an event of the world by all events about others; null if it is of a type that does not count. */
export const weighed = (
  event: Event,
  rankOf: Rank,
  metas: readonly Meta[],
  out = retractedIds(metas),
): Weighed | null => {
  const rank = rankOf(event.type)
  if (rank === undefined) return null
  // Not even asked whether it is among none: to look for a text that is new costs as much as to make an entry.
  const isRetracted = out.size > 0 && out.has(event.id)
  if (metas.length === 0) return { entry: entryOf(event as Told, rank), isRetracted }
  const about = metas.filter((meta) => targetOf(meta) === event.id && !out.has(meta.id))
  const entry = annotated(event as Told, rank, about)
  return { entry: isRetracted ? { ...entry, event: event as Told } : entry, isRetracted }
}

/**
 * The event of the world that an event about others is about in the end, be it about another such event. Each is about one before
 * it: a chain of any length is found on one way back.
 */
export const rootOf = (meta: Event, events: readonly Event[]): Event | undefined => {
  let root = meta
  for (let place = events.length - 1; place >= 0 && metaCommandOf(root.type); place--)
    if (events[place]!.id === targetOf(root)) root = events[place]!
  return metaCommandOf(root.type) ? undefined : root
}

/** The events that are about others. */
export const metasIn = (events: readonly Event[]): Event[] => events.filter(({ type }) => metaCommandOf(type))

/**
 * The events of the world that count, each as corrected and widened by the events about it, and those retracted, as
 * they were recorded. Types without a rank are kept by the log and ignored here.
 */
export const counted = (events: readonly Event[], rankOf: Rank): Counted => {
  const metas = metasIn(events)
  const out = retractedIds(metas)
  const about = Map.groupBy(metas, targetOf)
  const aboutOf = (event: Event) => (metas.length > 0 && about.get(event.id)) || none
  const entries: Entry[] = []
  const retracted: Entry[] = []
  for (const event of events) {
    const one = weighed(event, rankOf, aboutOf(event), out)
    if (one) (one.isRetracted ? retracted : entries).push(one.entry)
  }
  return { entries, retracted }
}
