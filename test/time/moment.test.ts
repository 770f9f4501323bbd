import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { firstInstant, instantOf, lastInstant, millisecondsOf } from '../../src/time/instant.ts'
import {
  askedInstant,
  lastInstantOf,
  momentAt,
  resolveMoment,
  startOf,
  TimeError,
} from '../../src/time/moment.ts'
import { anyDate, anyZone, dateOnTheWall } from './wall.ts'

const guayaquil = 'America/Guayaquil'
/** A now after everything, so that no window is cut by it. */
const late = lastInstant

/** `earliest latest` of a moment, `..` for an earliest of null. */
const window = (text: string, zone: string | null, now = late) => {
  const { earliest, latest } = resolveMoment(text, zone, now)
  return [earliest ?? '..', latest]
}

describe('when is written as', () => {
  test.each([
    ['an instant', '2024-01-08T18:30:00-05:00', null, '2024-01-08T23:30:00.000Z', '2024-01-08T23:30:00.000Z'],
    [
      'an instant beside a zone',
      '2024-01-08T18:30Z',
      guayaquil,
      '2024-01-08T18:30:00.000Z',
      '2024-01-08T18:30:00.000Z',
    ],
    [
      'a local time: a point, not its minute',
      '2024-01-08T18:30',
      guayaquil,
      '2024-01-08T23:30:00.000Z',
      '2024-01-08T23:30:00.000Z',
    ],
    [
      'a local time with seconds',
      '2024-01-08T18:30:15',
      guayaquil,
      '2024-01-08T23:30:15.000Z',
      '2024-01-08T23:30:15.000Z',
    ],
    [
      'a local time cut to milliseconds',
      '2024-01-08T18:30:15.98765',
      guayaquil,
      '2024-01-08T23:30:15.987Z',
      '2024-01-08T23:30:15.987Z',
    ],
    [
      'a local time with one decimal',
      '2024-01-08T18:30:15.9',
      guayaquil,
      '2024-01-08T23:30:15.900Z',
      '2024-01-08T23:30:15.900Z',
    ],
    ['a date', '2024-01-08', guayaquil, '2024-01-08T05:00:00.000Z', '2024-01-09T04:59:59.999Z'],
    ['a month', '2024-02', guayaquil, '2024-02-01T05:00:00.000Z', '2024-03-01T04:59:59.999Z'],
    [
      'a month in which clocks were set',
      '2024-03',
      'Europe/London',
      '2024-03-01T00:00:00.000Z',
      '2024-03-31T22:59:59.999Z',
    ],
    [
      'a month whose last day was skipped',
      '1994-12',
      'Pacific/Kiritimati',
      '1994-12-01T10:00:00.000Z',
      '1994-12-31T09:59:59.999Z',
    ],
    ['a year', '2024', guayaquil, '2024-01-01T05:00:00.000Z', '2025-01-01T04:59:59.999Z'],
    ['the year 1900', '1900', guayaquil, '1900-01-01T05:14:00.000Z', '1901-01-01T05:13:59.999Z'],
    ['the year 2100', '2100', 'America/Lima', '2100-01-01T05:00:00.000Z', '2101-01-01T04:59:59.999Z'],
    ['the year 9999, cut', '9999', guayaquil, '9999-01-01T05:00:00.000Z', lastInstant],
    ['the year 1, cut', '0001', 'Asia/Tokyo', firstInstant, '0001-12-31T14:41:00.999Z'],
    [
      'a date without midnight',
      '2018-11-04',
      'America/Sao_Paulo',
      '2018-11-04T03:00:00.000Z',
      '2018-11-05T01:59:59.999Z',
    ],
    [
      'a date whose midnight comes twice',
      '2024-11-03',
      'America/Havana',
      '2024-11-03T04:00:00.000Z',
      '2024-11-04T04:59:59.999Z',
    ],
    [
      'a local time that occurs twice: both',
      '2024-11-03T01:30',
      'America/New_York',
      '2024-11-03T05:30:00.000Z',
      '2024-11-03T06:30:00.000Z',
    ],
    [
      'some moment from a to b',
      '2024-01-07/2024-01-08',
      guayaquil,
      '2024-01-07T05:00:00.000Z',
      '2024-01-09T04:59:59.999Z',
    ],
    [
      'from a date to an instant',
      '2024-01-07/2024-01-08T12:00:00Z',
      guayaquil,
      '2024-01-07T05:00:00.000Z',
      '2024-01-08T12:00:00.000Z',
    ],
    [
      'from an instant to an instant',
      '2024-01-07T12:00Z/2024-01-08T12:00Z',
      null,
      '2024-01-07T12:00:00.000Z',
      '2024-01-08T12:00:00.000Z',
    ],
    [
      'from a year to a month',
      '2023/2024-01',
      guayaquil,
      '2023-01-01T05:00:00.000Z',
      '2024-02-01T04:59:59.999Z',
    ],
    [
      'from a date to the month around it',
      '2024-01-10/2024-01',
      guayaquil,
      '2024-01-10T05:00:00.000Z',
      '2024-02-01T04:59:59.999Z',
    ],
    [
      'one moment twice',
      '2024-01-08T10:00/2024-01-08T10:00',
      guayaquil,
      '2024-01-08T15:00:00.000Z',
      '2024-01-08T15:00:00.000Z',
    ],
    [
      'from the first to the second time',
      '2024-11-03T01:30/2024-11-03T01:15',
      'America/New_York',
      '2024-11-03T05:30:00.000Z',
      '2024-11-03T06:15:00.000Z',
    ],
    ['by the end of b', '../2024-01-08', guayaquil, null, '2024-01-09T04:59:59.999Z'],
    ['by an instant', '../2024-01-08T12:00:00Z', null, null, '2024-01-08T12:00:00.000Z'],
    ['by the end of a month', '../2024-01', guayaquil, null, '2024-02-01T04:59:59.999Z'],
  ])('%s: %s in %s', (_, text, zone, earliest, latest) =>
    expect(resolveMoment(text, zone, late)).toStrictEqual({ text, zone, earliest, latest }),
  )

  test.each([
    ['2024-01-08~', '2024-01-08'],
    ['2024-01?', '2024-01'],
    ['2024%', '2024'],
    ['2024-01-07?/2024-01-08~', '2024-01-07/2024-01-08'],
    ['2024-01-07/2024-01-08%', '2024-01-07/2024-01-08'],
    ['../2024-01-08~', '../2024-01-08'],
  ])('%s keeps its qualifier in the text and moves nothing', (text, plain) => {
    expect(resolveMoment(text, guayaquil, late)).toStrictEqual({
      ...resolveMoment(plain, guayaquil, late),
      text,
    })
  })
})

describe('refused, in words that help:', () => {
  test.each([
    ['a month 13', '2024-13-01', 'months run from 01 to 12'],
    ['a month 0', '2024-00', 'months run from 01 to 12'],
    ['30 February', '2024-02-30', '2024-02 has the days 01 to 29'],
    ['29 February 1900', '1900-02-29', '1900-02 has the days 01 to 28'],
    ['29 February 2100', '2100-02-29', '2100-02 has the days 01 to 28'],
    ['a day 0', '2024-01-00', '2024-01 has the days 01 to 31'],
    ['an impossible day of an instant', '2024-04-31T10:00:00Z', '2024-04 has the days 01 to 30'],
    ['an impossible day inside an interval', '2024-02-28/2024-02-30', '2024-02 has the days 01 to 29'],
    ['hour 24', '2024-01-08T24:00', 'hours run from 00 to 23'],
    ['minute 60', '2024-01-08T10:60', 'minutes run from 00 to 59'],
    ['second 60', '2016-12-31T23:59:60', 'seconds run from 00 to 59'],
    ['second 60 of an instant', '2016-12-31T23:59:60Z', 'seconds run from 00 to 59'],
    ['an offset of 24 hours', '2024-01-08T10:00:00+24:00', 'offsets run from -23:59 to +23:59'],
    ['an offset with 60 minutes', '2024-01-08T10:00:00-05:60', 'offsets run from -23:59 to +23:59'],
    ['the year 0', '0000', 'years run from 0001 to 9999'],
    ['the year 0 of an instant', '0000-12-31T23:00:00-05:00', 'years run from 0001 to 9999'],
    ['an interval without end', '2024-01-08/..', 'has no end'],
    ['an interval that is open on both sides', '../..', 'has no end'],
    ['an interval with an empty end', '2024-01-08/', 'has no end'],
    ['an interval with an empty start', '/2024-01-08', 'is not a moment'],
    ['an interval of three', '2024-01-07/2024-01-08/2024-01-09', 'is not a moment'],
    ['an interval that ends before it begins', '2024-01-09/2024-01-08', 'ends before it begins'],
    [
      'the same where both sides are cut',
      '9999-12-31T23:30:00-05:00/9999-12-31T23:00:00-05:00',
      'ends before it begins',
    ],
    ['an open side alone', '..', 'is not a moment'],
    ['a term for an end', '2024-01-08/P60D', 'is not a moment'],
    ['two qualifiers', '2024-01-08?~', 'is not a moment'],
    ['a qualifier in front', '~2024-01-08', 'is not a moment'],
    ['a qualifier in the middle', '2024?-01-08', 'is not a moment'],
    ['a qualifier after a time', '2024-01-08T10:00~', 'is not a moment'],
    ['a qualifier after an instant', '2024-01-08T10:00:00Z~', 'is not a moment'],
    ['a qualifier alone', '~', 'is not a moment'],
    ['a qualified open side', '..~/2024-01-08', 'is not a moment'],
    ['the basic format', '20240108', 'is not a moment'],
    ['a year of five digits', '12024-01-08', 'is not a moment'],
    ['a year of three digits', '824', 'is not a moment'],
    ['a negative year', '-0044-03-15', 'is not a moment'],
    ['unspecified digits', '2024-01-XX', 'is not a moment'],
    ['a season', '2024-21', 'months run from 01 to 12'],
    ['a week', '2024-W02', 'is not a moment'],
    ['a calendar in brackets', '2024-01-08[u-ca=hebrew]', 'is not a moment'],
    ['a zone in brackets', '2024-01-08T10:00[America/Guayaquil]', 'is not a moment'],
    ['an hour alone', '2024-01-08T10', 'is not a moment'],
    ['blanks around', ' 2024-01-08', 'is not a moment'],
    ['a line feed', '2024-01-08\n', 'is not a moment'],
    ['words', 'yesterday', 'is not a moment'],
    ['nothing', '', 'is not a moment'],
  ])('%s, %j', (_, text, message) => {
    expect(() => resolveMoment(text, guayaquil, late)).toThrow(TimeError)
    expect(() => resolveMoment(text, guayaquil, late)).toThrow(message)
  })

  test.each([
    '2024-01-08T10:00',
    '2024-01-08',
    '2024-01',
    '2024',
    '2024~',
    '../2024-01-08',
    '2024-01-08T10:00Z/2024-01-09',
  ])('%s without a zone', (text) => expect(() => resolveMoment(text, null, late)).toThrow('needs a zone'))

  test.each(['-05:00', 'PST', 'america/guayaquil', 'America/Guayaqil', ''])(
    'the zone %j, whatever is written',
    (zone) => {
      for (const text of ['2024-01-08', '2024-01-08T10:00:00Z']) {
        expect(() => resolveMoment(text, zone, late)).toThrow(`${JSON.stringify(zone)} is not a time zone`)
      }
      expect(() => momentAt(late, zone)).toThrow(TimeError)
      expect(() => askedInstant('2024-01-08', zone)).toThrow(TimeError)
    },
  )

  test.each([
    ['2024-03-10T02:30', 'America/New_York'],
    ['2018-11-04T00:00', 'America/Sao_Paulo'],
    ['2018-11-04T00:59:59.999', 'America/Sao_Paulo'],
    ['2011-12-30T12:00', 'Pacific/Apia'],
  ])('the local time %s, which never occurred in %s', (text, zone) => {
    expect(() => resolveMoment(text, zone, late)).toThrow('clocks were set forward')
  })

  test('a day that the zone skipped', () => {
    expect(() => resolveMoment('2011-12-30', 'Pacific/Apia', late)).toThrow('the zone skipped that day')
    expect(() => resolveMoment('../2011-12-30', 'Pacific/Apia', late)).toThrow('the zone skipped that day')
    expect(window('2011-12', 'Pacific/Apia')).toStrictEqual([
      '2011-12-01T10:00:00.000Z',
      '2011-12-31T09:59:59.999Z',
    ])
  })

  test('a text of any length, of which the message shows the beginning', () => {
    const refusal = (() => {
      try {
        return resolveMoment('9'.repeat(100_000), guayaquil, late)
      } catch (error) {
        return error
      }
    })()
    expect(refusal).toBeInstanceOf(TimeError)
    expect(refusal).toHaveProperty('message', expect.stringMatching(/^"9{60}" and more is not a moment/))
    expect(refusal).toHaveProperty('name', 'TimeError')
  })

  test('anything else, by a TimeError and nothing worse', () => {
    const piece = fc.constantFrom(
      '2024',
      '-',
      '01',
      '31',
      'T',
      ':',
      '60',
      '.5',
      'Z',
      '+05:00',
      '/',
      '..',
      '~',
      '?',
      'P1D',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        try {
          const { earliest, latest } = resolveMoment(pieces.join(''), guayaquil, late)
          expect(earliest === null || earliest <= latest).toBe(true)
        } catch (error) {
          expect(error).toBeInstanceOf(TimeError)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('events are past tense:', () => {
  const now = '2024-01-08T20:00:00.000Z'

  test.each([
    ['a date that contains now ends there', '2024-01-08', '2024-01-08T05:00:00.000Z', now],
    ['a year that contains now ends there', '2024', '2024-01-01T05:00:00.000Z', now],
    ['by a date that is not over is by now', '../2024-01-09', '..', now],
    ['by a date far ahead is by now', '../2031', '..', now],
    ['a window that begins now is now', '2024-01-08T20:00Z/2024-01-09', now, now],
    ['a window that ends now is whole', '2024-01-07/2024-01-08T20:00Z', '2024-01-07T05:00:00.000Z', now],
    ['one that is over stays', '2024-01-07', '2024-01-07T05:00:00.000Z', '2024-01-08T04:59:59.999Z'],
    ['one that is wholly later stays', '2024-01-09', '2024-01-09T05:00:00.000Z', '2024-01-10T04:59:59.999Z'],
    [
      'an instant ahead stays',
      '2024-01-08T20:00:00.001Z',
      '2024-01-08T20:00:00.001Z',
      '2024-01-08T20:00:00.001Z',
    ],
  ])('%s', (_, text, earliest, latest) =>
    expect(window(text, guayaquil, now)).toStrictEqual([earliest, latest]),
  )

  test('a local time that occurs twice, once before now and once after, was the first', () => {
    expect(window('2024-11-03T01:30', 'America/New_York', '2024-11-03T06:00:00.000Z')).toStrictEqual([
      '2024-11-03T05:30:00.000Z',
      '2024-11-03T06:00:00.000Z',
    ])
  })

  test('what gives no moment is now', () => {
    expect(momentAt(now, null)).toStrictEqual({ text: null, zone: null, earliest: now, latest: now })
    expect(momentAt(now, guayaquil)).toStrictEqual({
      text: null,
      zone: guayaquil,
      earliest: now,
      latest: now,
    })
  })
})

describe('a question asks about', () => {
  test.each([
    ['2024-01-08', '2024-01-09T04:59:59.999Z'],
    ['2024-01-08T12:00:00Z', '2024-01-08T12:00:00.000Z'],
    ['2024-01-08T12:00-05:00', '2024-01-08T17:00:00.000Z'],
    ['9999-12-31', lastInstant],
  ])('%s, which is %s', (text, instant) => expect(askedInstant(text, guayaquil)).toBe(instant))

  test.each([
    '2024-01',
    '2024',
    '2024-01-08T12:00',
    '2024-01-08~',
    '../2024-01-08',
    '2024-02-30',
    '20240108',
    'now',
    '',
  ])('no %j', (text) => expect(() => askedInstant(text, guayaquil)).toThrow(TimeError))

  test('no day that the zone skipped', () => {
    expect(() => askedInstant('2011-12-30', 'Pacific/Apia')).toThrow('the zone skipped that day')
  })
})

test.each([
  ['2024-01-08', '2024-01-08T05:00:00.000Z', '2024-01-09T04:59:59.999Z'],
  ['2024-02', '2024-02-01T05:00:00.000Z', '2024-03-01T04:59:59.999Z'],
  ['2024-01-08T12:00:00.5Z', '2024-01-08T12:00:00.500Z', '2024-01-08T12:00:00.500Z'],
])('%s begins at %s and is over after %s', (text, first, last) => {
  expect(startOf(text, guayaquil)).toBe(first)
  expect(lastInstantOf(text, guayaquil)).toBe(last)
})

test.each(['2024', '2024-01-08T12:00', '2024-01-08?', '2024-01-08/2024-01-09', '2024-13', ''])(
  '%j has neither beginning nor end to ask for',
  (text) => {
    expect(() => startOf(text, guayaquil)).toThrow(TimeError)
    expect(() => lastInstantOf(text, guayaquil)).toThrow(TimeError)
  },
)

describe('for any date, zone and now', () => {
  const anyNow = fc
    .integer({ min: millisecondsOf(firstInstant), max: millisecondsOf(lastInstant) })
    .map((time) => instantOf(time))

  test('a window lies in the local day, begins before it ends and never contains now', () => {
    fc.assert(
      fc.property(anyZone, anyDate, anyNow, (zone, date, now) => {
        const { earliest, latest } = resolveMoment(date, zone, now)
        expect(earliest !== null && earliest <= latest).toBe(true)
        expect(dateOnTheWall(zone, millisecondsOf(earliest as string))).toBe(date)
        expect(dateOnTheWall(zone, millisecondsOf(latest))).toBe(date)
        expect((earliest as string) <= now && now < latest).toBe(false)
      }),
    )
  })

  test('a month runs from its first day to its last, and an interval from a to b', () => {
    fc.assert(
      fc.property(anyZone, anyDate, anyDate, (zone, one, other) => {
        const [a, b] = [one, other].toSorted() as [string, string]
        expect(window(`${a}/${b}`, zone)).toStrictEqual([window(a, zone)[0], window(b, zone)[1]])
        fc.pre(!a.startsWith('9999-12'))
        const [earliest, latest] = window(a.slice(0, 7), zone) as [string, string]
        expect(dateOnTheWall(zone, millisecondsOf(earliest))).toBe(`${a.slice(0, 7)}-01`)
        expect(dateOnTheWall(zone, millisecondsOf(latest)).slice(0, 7)).toBe(a.slice(0, 7))
        expect(dateOnTheWall(zone, millisecondsOf(latest) + 1).slice(0, 7)).not.toBe(a.slice(0, 7))
      }),
    )
  })
})
