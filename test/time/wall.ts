import * as fc from 'fast-check'

/** The date that a clock on the wall of a zone shows, told by Intl and not by what is tested. */
export const dateOnTheWall = (zone: string, milliseconds: number): string => {
  let format = formats.get(zone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    })
    formats.set(zone, format)
  }
  const parts = Object.fromEntries(format.formatToParts(milliseconds).map(({ type, value }) => [type, value]))
  return `${parts['year']?.padStart(4, '0')}-${parts['month']}-${parts['day']}`
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** Days that some zone skipped: there a date has no moment. */
const skipped = new Set(['1844-12-31', '1993-08-21', '1994-12-31', '2011-12-30'])

const dates = (from: string, to: string) =>
  fc
    .integer({ min: Date.parse(from) / 86_400_000, max: Date.parse(to) / 86_400_000 })
    .map((day) => new Date(day * 86_400_000).toISOString().slice(0, 10))
    .filter((date) => !skipped.has(date))

export const anyZone = fc.constantFrom('UTC', ...Intl.supportedValuesOf('timeZone'))
export const anyDate = dates('0001-01-02', '9999-12-30')
export const recentDate = dates('1940-01-01', '2040-12-31')
