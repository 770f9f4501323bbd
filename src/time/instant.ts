/** UTC with milliseconds in one spelling, `2024-01-09T05:00:00.000Z`, years 0001–9999: compares as text. */
export type Instant = string

export const firstInstant: Instant = '0001-01-01T00:00:00.000Z'
export const lastInstant: Instant = '9999-12-31T23:59:59.999Z'

/** The instant of a whole number of milliseconds since 1970; what lies beyond the first or last is cut there. */
export const instantOf = (epochMilliseconds: number): Instant => {
  if (epochMilliseconds <= firstMillisecond) return firstInstant
  if (epochMilliseconds >= lastMillisecond) return lastInstant
  return new Date(epochMilliseconds).toISOString()
}

/** Milliseconds since 1970 of an instant, which must be one already. */
export const millisecondsOf = (instant: Instant): number => {
  // The one spelling is read in a quarter of the time that any other takes.
  if (instant.length !== firstInstant.length) return Date.parse(instant)
  const digits = (from: number, to: number): number => {
    let number = 0
    for (let place = from; place < to; place++) number = number * 10 + instant.charCodeAt(place) - 48
    return number
  }
  const day = daysSince1970(digits(0, 4), digits(5, 7), digits(8, 10))
  const second = (digits(11, 13) * 60 + digits(14, 16)) * 60 + digits(17, 19)
  return day * 86_400_000 + second * 1000 + digits(20, 23)
}

/** Days of the Gregorian calendar; years are counted from March on, so that a leap day is the last. */
const daysSince1970 = (year: number, month: number, day: number): number => {
  const march = month > 2 ? month - 3 : month + 9
  const from = month > 2 ? year : year - 1
  const leapDays = Math.floor(from / 4) - Math.floor(from / 100) + Math.floor(from / 400)
  return from * 365 + leapDays + Math.floor((153 * march + 2) / 5) + day - 1 - 719_468
}

/**
 * The instant that a text with an offset names (RFC 3339 in upper case, seconds optional), or null when it
 * names none: second 60, an impossible date, the year 0000. More than three decimals of a second are cut off,
 * and so is what its offset puts before year 1 or after 9999 UTC.
 */
export const parseInstant = (text: string): Instant | null => {
  const milliseconds = parseMilliseconds(text)
  return milliseconds === null ? null : instantOf(milliseconds)
}

/** As `parseInstant`, in milliseconds since 1970 and not cut: two of these compare even beyond the years kept. */
export const parseMilliseconds = (text: string): number | null => {
  const match = withOffset.exec(text)
  if (match === null) return null
  const [, toMinute, year, month, day, seconds = '00', decimals = '', sign, hoursOff, minutesOff] = match
  if (Number(day) > 28 && Number(day) > daysInMonth(Number(year), Number(month))) return null
  const local = Date.parse(`${toMinute}:${seconds}.${decimals.slice(0, 3).padEnd(3, '0')}Z`)
  if (sign === undefined) return local
  const offset = (Number(hoursOff) * 60 + Number(minutesOff)) * 60_000
  return sign === '-' ? local + offset : local - offset
}

/** How many days a month of the Gregorian calendar has; months count from 1. */
export const daysInMonth = (year: number, month: number): number =>
  month === 2 && isLeap(year) ? 29 : daysOf[month - 1]!

const daysOf = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const
const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)

const firstMillisecond = Date.parse(firstInstant)
const lastMillisecond = Date.parse(lastInstant)

const date = String.raw`(?!0000)(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])`
const minutes = String.raw`(?:[01]\d|2[0-3]):[0-5]\d`
const seconds = String.raw`(?::([0-5]\d)(?:\.(\d+))?)?`
const offset = String.raw`(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))`
const withOffset = new RegExp(`^(${date}T${minutes})${seconds}${offset}$`)
