import { instantOf } from './instant.ts'
import type { Instant } from './instant.ts'
import { remembered } from './remembered.ts'
import { quoted, TimeError } from './time-error.ts'
import { examples, hasForm, spanOf } from './written.ts'
import type { LocalForm } from './written.ts'
import { requireZone } from './zone.ts'

export { TimeError } from './time-error.ts'
export { isZone } from './zone.ts'

/**
 * One moment in the world, exactly known or not: it lies between `earliest` and `latest`, both included.
 * `text` is what was written (null: nothing, it is the now of its recording), `earliest` null is before everything.
 */
export type Moment = { text: string | null; zone: string | null; earliest: Instant | null; latest: Instant }

/**
 * Reads a subset of EDTF (ISO 8601-2): an instant with its offset; with a zone also a local date-time, a date, a
 * month or a year; `a/b`, some moment from the start of a to the end of b; `../b`, by the end of b. One of `~ ? %`
 * may follow a date, month or year: it stays in the text and moves nothing. A local time that occurs twice is
 * both. A window that contains `now` ends there, one that is wholly later stays. Throws a TimeError when the text
 * is none of these, does not exist in the calendar or the zone, needs a zone, or ends before it begins.
 */
export const resolveMoment = (text: string, zone: string | null, now: Instant): Moment => {
  if (zone !== null) requireZone(zone)
  const { earliest, latest } = windowOf(text, zone)
  const containsNow = (earliest === null || earliest <= now) && now < latest
  return { text, zone, earliest, latest: containsNow ? now : latest }
}

/** The moment of what gives none: now. Throws a TimeError for an unknown zone. */
export const momentAt = (now: Instant, zone: string | null): Moment => ({
  text: null,
  zone: zone === null ? null : requireZone(zone),
  earliest: now,
  latest: now,
})

/** The moment a question asks about: an instant, or the last millisecond of a date in `zone`. Throws a TimeError. */
export const askedInstant = (text: string, zone: string): Instant =>
  instantOf(spanOf(text, zone, ['date']).last)

/** Where a window asked for begins: an instant, or the first millisecond of a date or month in `zone`. Throws a TimeError. */
export const startOf = (text: string, zone: string): Instant =>
  instantOf(spanOf(text, zone, ['date', 'month']).first)

/** A record time told later: an instant, or the last millisecond of a date or month in `zone`. Throws a TimeError. */
export const lastInstantOf = (text: string, zone: string): Instant =>
  instantOf(spanOf(text, zone, ['date', 'month']).last)

type Window = { earliest: Instant | null; latest: Instant }

// Dates are told again and again, times of day seldom.
const windowOf = (text: string, zone: string | null): Window =>
  zone === null || text.includes('T') ? readWindow(text, zone) : datesIn(zone, text)

const datesIn = remembered(50_000, (zone, text) => readWindow(text, zone))

const readWindow = (text: string, zone: string | null): Window => {
  const { first, last } = stretchOf(text, zone)
  const latest = instantOf(last)
  if (first === null) return { earliest: null, latest }
  return { earliest: first === last ? latest : instantOf(first), latest }
}

const stretchOf = (text: string, zone: string | null): { first: number | null; last: number } => {
  const sides = text.split('/')
  const [a = '', b] = sides
  if (b === undefined) return sideOf(a, zone, text)
  if (sides.length > 2) throw unreadable(text)
  if (b === '..' || b === '') {
    throw new TimeError(
      `${quoted(text)} has no end: a moment has one, even where only a bound is known. Write a/b, or ../b for "by b".`,
    )
  }
  const { last } = sideOf(b, zone, text)
  if (a === '..') return { first: null, last }
  const { first } = sideOf(a, zone, text)
  // Compared before they are cut to the years kept, where both could become the same.
  if (last < first) throw new TimeError(`${quoted(text)} ends before it begins.`)
  return { first, last }
}

const sideOf = (side: string, zone: string | null, text: string) => {
  const point = side.replace(qualifier, '$1')
  if (!hasForm(point)) throw unreadable(text)
  return spanOf(point, zone, forms)
}

// A qualifier belongs to a date, never to a time of day.
const qualifier = /^([\d-]+)[~?%]$/
const forms: readonly LocalForm[] = ['local time', 'date', 'month', 'year']

const unreadable = (text: string): TimeError =>
  new TimeError(
    `${quoted(text)} is not a moment: write ${examples.instant}, or with a zone ${examples['local time']}, ` +
      `${examples.date}, ${examples.month}, ${examples.year}, a/b or ../b.`,
  )
