import { daysInMonth, parseMilliseconds } from './instant.ts'
import { quoted, TimeError } from './time-error.ts'
import { dayIn, localTimeIn, requireZone } from './zone.ts'
import type { Span } from './zone.ts'

/** The ways in which one point of time is written besides an instant with its offset. They need a zone. */
export type LocalForm = 'local time' | 'date' | 'month' | 'year'

/** How each form is named and shown to whoever wrote something else. */
export const examples: Record<LocalForm | 'instant', string> = {
  instant: 'an instant with an offset (2024-01-08T18:30:00-05:00)',
  'local time': 'a local time (2024-01-08T18:30)',
  date: 'a date (2024-01-08)',
  month: 'a month (2024-01)',
  year: 'a year (2024)',
}

/**
 * The stretch of time that a text covers, read as an instant or as one of `forms`. Throws a TimeError when it is
 * none of them, when it does not exist in the calendar or in the zone, and when it needs a zone and has none.
 */
export const spanOf = (text: string, zone: string | null, forms: readonly LocalForm[]): Span => {
  const instant = parseMilliseconds(text)
  if (instant !== null) return { first: instant, last: instant }
  const match = written.exec(text)
  const form = match && formOf(match)
  if (match === null || form === null || (form !== 'instant' && !forms.includes(form))) {
    const allowed = (['instant', ...forms] as const).map((name) => examples[name])
    throw new TimeError(`${quoted(text)} cannot be read here: write ${oneOf(allowed)}.`)
  }
  const reason = impossible(match)
  if (form === 'instant' || reason !== null) throw new TimeError(`${quoted(text)} does not exist: ${reason}.`)
  if (zone === null) {
    throw new TimeError(
      `${quoted(text)} needs a zone, such as America/Guayaquil: without one it names no moment.`,
    )
  }
  return localSpan(text, form, match, requireZone(zone))
}

/** Whether a text has one of the forms; what it names may be impossible all the same. */
export const hasForm = (text: string): boolean => written.test(text)

/** Whether a text is a date of the calendar, `2024-01-08`. */
export const isDate = (text: string): boolean =>
  date.test(text) && Number(text.slice(8)) <= daysInMonth(Number(text.slice(0, 4)), Number(text.slice(5, 7)))

const date = /^(?!0000)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/

const localSpan = (text: string, form: LocalForm, match: RegExpExecArray, zone: string): Span => {
  const [, year = '', month = '', , hour, minute, second = '00', decimals = ''] = match
  if (form === 'year')
    return { first: dayIn(zone, `${year}-01-01`).first, last: dayIn(zone, `${year}-12-31`).last }
  if (form === 'month') {
    const lastDay = daysInMonth(Number(year), Number(month))
    return { first: dayIn(zone, `${text}-01`).first, last: dayIn(zone, `${text}-${lastDay}`).last }
  }
  if (form === 'date') {
    const day = dayIn(zone, text)
    if (day.first > day.last)
      throw new TimeError(`${quoted(text)} does not exist in ${zone}: the zone skipped that day.`)
    return day
  }
  const milliseconds = decimals.slice(0, 3).padEnd(3, '0')
  const span = localTimeIn(zone, `${text.slice(0, 10)}T${hour}:${minute}:${second}.${milliseconds}`)
  if (span === null) {
    throw new TimeError(`${quoted(text)} never occurred in ${zone}: clocks were set forward over it.`)
  }
  return span
}

// Temporal reads far more than this (20240108, second 60 as 59, 2024-01-08[u-ca=hebrew]): it only gets what matched.
const written =
  /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/

const formOf = ([, , month, day, hour, , , , offset]: RegExpExecArray): LocalForm | 'instant' => {
  if (offset !== undefined) return 'instant'
  if (hour !== undefined) return 'local time'
  if (day !== undefined) return 'date'
  return month === undefined ? 'year' : 'month'
}

const impossible = (match: RegExpExecArray): string | null => {
  const [, year = '', month = '01', day = '01', hour = '00', minute = '00', second = '00', , offset] = match
  if (year === '0000') return 'years run from 0001 to 9999'
  if (month < '01' || month > '12') return 'months run from 01 to 12'
  const days = daysInMonth(Number(year), Number(month))
  if (Number(day) < 1 || Number(day) > days) return `${year}-${month} has the days 01 to ${days}`
  if (hour > '23') return 'hours run from 00 to 23'
  if (minute > '59') return 'minutes run from 00 to 59'
  if (second > '59') return 'seconds run from 00 to 59, a leap second is written as 59'
  if (offset === undefined || offset === 'Z') return null
  const outside = offset.slice(1, 3) > '23' || offset.slice(4) > '59'
  return outside ? 'offsets run from -23:59 to +23:59' : null
}

const oneOf = (names: readonly string[]): string =>
  new Intl.ListFormat('en', { type: 'disjunction' }).format(names)
