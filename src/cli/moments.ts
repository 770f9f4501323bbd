import type { Span } from '../answer/account.ts'
import type { Instant } from '../time/instant.ts'

type Local = { date: string; time: string }

const formats = new Map<string, Intl.DateTimeFormat>()

const formatIn = (zone: string): Intl.DateTimeFormat => {
  const format =
    formats.get(zone) ??
    new Intl.DateTimeFormat('en-CA-u-ca-iso8601', {
      timeZone: zone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      fractionalSecondDigits: 3,
      hourCycle: 'h23',
    })
  formats.set(zone, format)
  return format
}

const localOf = (instant: Instant, zone: string): Local => {
  const parts = new Map<string, string>(
    formatIn(zone)
      .formatToParts(new Date(instant))
      .map(({ type, value }) => [type, value]),
  )
  const of = (type: string) => parts.get(type) ?? ''
  return {
    date: `${of('year').padStart(4, '0')}-${of('month')}-${of('day')}`,
    time: `${of('hour')}:${of('minute')}:${of('second')}.${of('fractionalSecond')}`,
  }
}

const beginning = '00:00:00.000'
const end = '23:59:59.999'

const short = (time: string): string => time.replace(/\.000$/, '').replace(/^(..:..):00$/, '$1')

/** An instant on the clocks of a zone, `2024-01-09 13:35`; the last millisecond of a day is its end. */
export const localText = (instant: Instant, zone: string): string => {
  const { date, time } = localOf(instant, zone)
  return time === end ? `end of ${date}` : `${date} ${short(time)}`
}

const windowText = (earliest: Instant, latest: Instant, zone: string): string => {
  const first = localOf(earliest, zone)
  const last = localOf(latest, zone)
  if (earliest === latest) return localText(earliest, zone)
  if (first.time === beginning && last.time === end)
    return first.date === last.date ? first.date : `${first.date} to ${last.date}`
  if (first.date === last.date) return `${first.date} ${short(first.time)} to ${short(last.time)}`
  return `${localText(earliest, zone)} to ${localText(latest, zone)}`
}

/** When something began, as exactly as it is known. A bound that is null is one that nothing gives. */
export const sinceText = (since: Span | null, zone: string): string => {
  if (since === null || (since.earliest === null && since.latest === null)) return ''
  const { earliest, latest } = since
  if (earliest === null) return `by ${localText(latest!, zone)}`
  if (latest === null) return `perhaps from ${localText(earliest, zone)}`
  return windowText(earliest, latest, zone)
}

/** When something stops, as exactly as it is known. Null as a whole: nobody has said that it does. */
export const untilText = (until: Span | null, zone: string): string => {
  if (until === null) return ''
  const { earliest, latest } = until
  if (earliest === null && latest === null) return 'open, and perhaps over'
  if (earliest === null) return `by ${localText(latest!, zone)}`
  if (latest === null) return `not before ${localText(earliest, zone)}`
  return windowText(earliest, latest, zone)
}

/** The window in which a moment lies. */
export const momentText = (
  { earliest, latest }: { earliest: Instant | null; latest: Instant },
  zone: string,
): string => sinceText({ earliest, latest }, zone)
