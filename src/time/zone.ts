import { instantOf, millisecondsOf } from './instant.ts'
import type { Instant } from './instant.ts'
import { remembered } from './remembered.ts'
import { quoted, TimeError } from './time-error.ts'

/**
 * Whether a name is a time zone of the IANA database in its proper case: `Area/City`, `UTC`, and every old name and link
 * (`GMT`, `EST`, `NZ`). Offsets (`-05:00`), and abbreviations that the database does not have (`PST`), are none.
 */
export const isZone = (name: string): boolean => {
  if (knownZones.has(name)) return true
  if (!zoneName.test(name)) return false
  try {
    // Temporal finds a zone in any case and gives its name back in the proper one.
    if (new Temporal.ZonedDateTime(0n, name).timeZoneId !== name) return false
  } catch {
    return false
  }
  knownZones.add(name)
  return true
}

/** The zone itself, where it is one; throws a TimeError that names it where it is not. */
export const requireZone = (name: string): string => {
  if (isZone(name)) return name
  throw new TimeError(
    `${quoted(name)} is not a time zone: write a name of the IANA database, such as America/Guayaquil or UTC.`,
  )
}

/** First and last millisecond since 1970 of a stretch of time, both included, not cut to the years kept. */
export type Span = { first: number; last: number }

/**
 * The local day of a zone, for a date `2024-01-08` of the calendar. It begins with the first moment that exists
 * in it and ends with the last that has its date, also where midnight comes twice. A day that the zone skipped is
 * empty: it begins one millisecond after its end.
 */
export const dayIn: (zone: string, date: string) => Span = remembered(50_000, (zone, date) => {
  const day = Temporal.PlainDate.from(date)
  const next = day.add({ days: 1 })
  const first = day.toZonedDateTime(zone).epochMilliseconds
  const nextFirst = next.toZonedDateTime(zone).epochMilliseconds
  const nextMidnight = next.toPlainDateTime().toZonedDateTime(zone, { disambiguation: 'later' })
  // Where midnight comes twice, the clock may have gone back into the old day (23:01) or into the new (00:00).
  const beforeMidnight = nextMidnight.subtract({ milliseconds: 1 })
  const wentBack = beforeMidnight.toPlainDate().equals(day)
  return { first, last: wentBack ? beforeMidnight.epochMilliseconds : nextFirst - 1 }
})

/** Both moments that a local date-time without offset can mean in a zone, mostly one; null when it never occurs. */
export const localTimeIn = (zone: string, localTime: string): Span | null => {
  const local = Temporal.PlainDateTime.from(localTime)
  const first = local.toZonedDateTime(zone, { disambiguation: 'earlier' })
  if (!first.toPlainDateTime().equals(local)) return null
  const last = local.toZonedDateTime(zone, { disambiguation: 'later' })
  return { first: first.epochMilliseconds, last: last.epochMilliseconds }
}

/** The local date of an instant in a zone, `2024-01-08`. */
export const localDateIn: (zone: string, instant: Instant) => string = remembered(50_000, (zone, instant) =>
  zonedDateTime(zone, instant).toPlainDate().toString(),
)

/**
 * An instant moved by a part of the calendar, as the clock on the wall moves: to the same local time, later by
 * the gap where that does not exist, the earlier one where it comes twice.
 */
export const moveIn = (zone: string, instant: Instant, by: CalendarTerm): Instant =>
  instantOf(zonedDateTime(zone, instant).add(by).epochMilliseconds)

export type CalendarTerm = { years: number; months: number; weeks: number; days: number }

const zonedDateTime = (zone: string, instant: Instant) =>
  Temporal.Instant.fromEpochMilliseconds(millisecondsOf(instant)).toZonedDateTimeISO(zone)

const zoneName = /^[A-Z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/

// Only names that exist are kept, a few hundred: what users misspell must not fill the memory.
const knownZones = new Set<string>()
