import { instantOf, millisecondsOf, parseInstant } from './instant.ts'
import type { Instant } from './instant.ts'
import { remembered } from './remembered.ts'
import { quoted, TimeError } from './time-error.ts'
import { isDate, spanOf } from './written.ts'
import { dayIn, localDateIn, moveIn, requireZone } from './zone.ts'
import type { CalendarTerm } from './zone.ts'

/** When something ends: at one moment between the two; `earliest` null is before everything. */
export type Bounds = { earliest: Instant | null; latest: Instant }

/** How long something holds, and whether the day it begins is the first of its days (null: nobody says). */
export type Term = { duration: string; countsFirstDay: boolean | null }

/**
 * Whether a text is a duration a term can have (ISO 8601): years, months, weeks and days, one or more of them
 * (`P60D`, `P1M2W`), or hours alone (`PT12H`). Nothing, zero, fractions and negative ones are none.
 */
export const isDuration = (text: string): boolean => parseDuration(text) !== null

/** What a planned end is written as: a date, its last day; an instant, the moment it stops; or neither (null). */
export const isUntil = (text: string): 'date' | 'instant' | null => {
  if (isDate(text)) return 'date'
  return parseInstant(text) === null ? null : 'instant'
}

/** Throws a TimeError where a planned end cannot be recorded: unreadable, without its zone, or on a day the zone skipped. */
export const requireUntil = (until: string, zone: string | null): void => {
  spanOf(until, zone, ['date'])
}

/**
 * The end that a term gives to what began at `when`, reckoned from both its ends. By the calendar it is where the
 * local day begins that is the term after the local date (`countsFirstDay`), the day after (not), or between the
 * two (null); in hours it is exact. Cut at the last instant. Throws a TimeError without a zone.
 */
export const endOfTerm = (when: Bounds & { zone: string | null }, term: Term): Bounds => {
  if (when.zone === null)
    throw new TimeError(`A term of ${quoted(term.duration)} needs a zone, such as America/Guayaquil.`)
  const zone = requireZone(when.zone)
  const duration = requireDuration(term.duration)
  if ('hours' in duration) return bounds(when, (instant) => addHours(instant, duration.hours))
  const endFrom = (instant: Instant, countsFirstDay: boolean): Instant => {
    const days = daysAfter(term.duration, localDateIn(zone, instant))
    return beginningOf(zone, countsFirstDay ? days.counting : days.notCounting)
  }
  return bounds(
    when,
    (earliest) => endFrom(earliest, term.countsFirstDay ?? true),
    (latest) => endFrom(latest, term.countsFirstDay ?? false),
  )
}

/**
 * The end that a planned end gives: an instant is exact, a date ends with its last moment in `zone`, so that it
 * holds all through its last day. A day that the zone skipped ends where the skip is. Cut at the last instant.
 * Throws a TimeError when it is neither, and for a date without a zone.
 */
export const endOfUntil = (until: string, zone: string | null): Bounds => {
  const instant = parseInstant(until)
  if (instant !== null) return { earliest: instant, latest: instant }
  if (!isDate(until))
    throw new TimeError(`${quoted(until)} is not a planned end: write a date or an instant.`)
  if (zone === null) throw new TimeError(`${quoted(until)} needs a zone, such as America/Guayaquil.`)
  const end = instantOf(dayIn(requireZone(zone), until).last + 1)
  return { earliest: end, latest: end }
}

/**
 * A running end moved by a term: by the calendar to the same local time in `zone`, later by the gap where that
 * does not exist, the earlier where it comes twice; in hours exactly. The term's counting rule moves nothing, a
 * bound that is open or cut at the last instant stays. Throws a TimeError for an unknown zone.
 */
export const extendEnd = (end: Bounds, term: Term, zone: string): Bounds => {
  requireZone(zone)
  const duration = requireDuration(term.duration)
  return bounds(end, (instant) =>
    'hours' in duration ? addHours(instant, duration.hours) : moveIn(zone, instant, duration),
  )
}

const bounds = (
  from: Bounds,
  moveEarliest: (instant: Instant) => Instant,
  moveLatest: (instant: Instant) => Instant = moveEarliest,
): Bounds => {
  const latest = moveLatest(from.latest)
  if (from.earliest === null) return { earliest: null, latest }
  if (from.earliest === from.latest && moveEarliest === moveLatest) return { earliest: latest, latest }
  const earliest = moveEarliest(from.earliest)
  // Where clocks are set, the later of two moments can have the earlier local time, and so the earlier end.
  return earliest <= latest ? { earliest, latest } : { earliest: latest, latest: earliest }
}

const addHours = (instant: Instant, hours: number): Instant =>
  instantOf(millisecondsOf(instant) + hours * 3_600_000)

const beginningOf = remembered(50_000, (zone, date) => instantOf(dayIn(zone, date).first))

/** The local days on which a term from a date is over, whether or not that date is counted. */
const daysAfter = remembered(50_000, (duration, date) => {
  const counting = Temporal.PlainDate.from(date).add(requireDuration(duration))
  return { counting: counting.toString(), notCounting: counting.add({ days: 1 }).toString() }
})

const requireDuration = (text: string): CalendarTerm | { hours: number } => {
  const duration = parseDuration(text)
  if (duration !== null) return duration
  throw new TimeError(
    `${quoted(text)} is not a term: write years, months, weeks and days (P60D, P1M), or hours alone (PT12H), above zero.`,
  )
}

const parseDuration = (text: string): CalendarTerm | { hours: number } | null => {
  if (!/[1-9]/.test(text)) return null
  const inHours = /^PT(\d+)H$/.exec(text)
  if (inHours !== null) return { hours: Number(inHours[1]) }
  const match = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?$/.exec(text)
  if (match === null) return null
  const [, years, months, weeks, days] = match
  return {
    years: upTo(10_000, years),
    months: upTo(120_000, months),
    weeks: upTo(600_000, weeks),
    days: upTo(4_000_000, days),
  }
}

/** A number cut where it leads past the year 9999 from anywhere: Temporal throws on what is far beyond. */
const upTo = (limit: number, digits: string | undefined): number => Math.min(Number(digits ?? 0), limit)
