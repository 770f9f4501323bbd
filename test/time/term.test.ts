import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instantOf, lastInstant, millisecondsOf } from '../../src/time/instant.ts'
import { resolveMoment, TimeError } from '../../src/time/moment.ts'
import {
  endOfTerm,
  endOfUntil,
  extendEnd,
  isDuration,
  isUntil,
  requireUntil,
  type Term,
} from '../../src/time/term.ts'
import { anyZone, recentDate } from './wall.ts'

const guayaquil = 'America/Guayaquil'

const term = (duration: string, countsFirstDay: boolean | null = null): Term => ({ duration, countsFirstDay })
const from = (text: string, zone: string | null = guayaquil) => resolveMoment(text, zone, lastInstant)
/** `[earliest, latest]` of the end of a term. */
const end = (text: string, duration: string, countsFirstDay: boolean | null, zone = guayaquil) => {
  const { earliest, latest } = endOfTerm(from(text, zone), term(duration, countsFirstDay))
  return [earliest, latest]
}
const both = (instant: string) => ({ earliest: instant, latest: instant })

describe('a duration', () => {
  test.each([
    'P60D',
    'P1D',
    'P2W',
    'P1M',
    'P1Y',
    'P1Y2M3W4D',
    'P1M15D',
    'P0Y1D',
    'P060D',
    'PT12H',
    'PT1H',
    'PT1000H',
  ])('%s is one', (text) => expect(isDuration(text)).toBe(true))

  test.each([
    ['nothing', ''],
    ['nothing', 'P'],
    ['nothing', 'PT'],
    ['zero', 'P0D'],
    ['zero', 'P0Y0M0D'],
    ['zero', 'PT0H'],
    ['negative', '-P1D'],
    ['negative', 'P-1D'],
    ['signed', '+P1D'],
    ['hours beside days', 'P1DT12H'],
    ['minutes', 'PT30M'],
    ['hours and minutes', 'PT1H30M'],
    ['seconds', 'PT90S'],
    ['a fraction', 'P1.5D'],
    ['a fraction', 'PT0.5H'],
    ['lower case', 'p60d'],
    ['the wrong order', 'P1D1M'],
    ['a part twice', 'P1D1D'],
    ['no number', 'PD'],
    ['no letter', 'P60'],
    ['a T without hours', 'P60DT'],
    ['blanks', ' P60D'],
    ['a line feed', 'P60D\n'],
    ['words', '60 days'],
  ])('%s is none: %j', (_, text) => {
    expect(isDuration(text)).toBe(false)
    expect(() => endOfTerm(from('2024-01-08'), term(text))).toThrow(TimeError)
    expect(() => extendEnd(both('2024-01-08T05:00:00.000Z'), term(text), guayaquil)).toThrow(TimeError)
  })
})

describe('the end of a term of', () => {
  test.each([
    [
      '60 days, the first counts',
      '2024-01-08',
      'P60D',
      true,
      '2024-03-08T05:00:00.000Z',
      '2024-03-08T05:00:00.000Z',
    ],
    [
      '60 days, the first does not',
      '2024-01-08',
      'P60D',
      false,
      '2024-03-09T05:00:00.000Z',
      '2024-03-09T05:00:00.000Z',
    ],
    [
      '60 days, nobody says',
      '2024-01-08',
      'P60D',
      null,
      '2024-03-08T05:00:00.000Z',
      '2024-03-09T05:00:00.000Z',
    ],
    [
      '60 days from a time of day',
      '2024-01-08T18:30',
      'P60D',
      null,
      '2024-03-08T05:00:00.000Z',
      '2024-03-09T05:00:00.000Z',
    ],
    [
      '60 days from an instant of another day in UTC',
      '2024-01-09T04:30:00Z',
      'P60D',
      null,
      '2024-03-08T05:00:00.000Z',
      '2024-03-09T05:00:00.000Z',
    ],
    [
      '60 days from one of two days',
      '2024-01-07/2024-01-08',
      'P60D',
      true,
      '2024-03-07T05:00:00.000Z',
      '2024-03-08T05:00:00.000Z',
    ],
    [
      '60 days from one of two days, nobody says',
      '2024-01-07/2024-01-08',
      'P60D',
      null,
      '2024-03-07T05:00:00.000Z',
      '2024-03-09T05:00:00.000Z',
    ],
    ['one day', '2024-01-08', 'P1D', true, '2024-01-09T05:00:00.000Z', '2024-01-09T05:00:00.000Z'],
    ['two weeks', '2024-01-08', 'P2W', true, '2024-01-22T05:00:00.000Z', '2024-01-22T05:00:00.000Z'],
    [
      'a month from the 31st',
      '2024-01-31',
      'P1M',
      true,
      '2024-02-29T05:00:00.000Z',
      '2024-02-29T05:00:00.000Z',
    ],
    [
      'a month from the 30th, which does not count',
      '2023-01-30',
      'P1M',
      false,
      '2023-03-01T05:00:00.000Z',
      '2023-03-01T05:00:00.000Z',
    ],
    [
      'a year from 29 February',
      '2024-02-29',
      'P1Y',
      true,
      '2025-02-28T05:00:00.000Z',
      '2025-02-28T05:00:00.000Z',
    ],
    [
      'months before days',
      '2024-01-31',
      'P1M1D',
      true,
      '2024-03-01T05:00:00.000Z',
      '2024-03-01T05:00:00.000Z',
    ],
    [
      '12 hours from an instant',
      '2024-01-08T18:30:00-05:00',
      'PT12H',
      true,
      '2024-01-09T11:30:00.000Z',
      '2024-01-09T11:30:00.000Z',
    ],
    [
      '12 hours from a date',
      '2024-01-08',
      'PT12H',
      false,
      '2024-01-08T17:00:00.000Z',
      '2024-01-09T16:59:59.999Z',
    ],
    ['60 days in 1900', '1900-01-08', 'P60D', true, '1900-03-09T05:14:00.000Z', '1900-03-09T05:14:00.000Z'],
    ['60 days in 2100', '2100-01-08', 'P60D', true, '2100-03-09T05:00:00.000Z', '2100-03-09T05:00:00.000Z'],
    ['60 days over the end of 9999', '9999-12-08', 'P60D', null, lastInstant, lastInstant],
    [
      'a day of which only the latest end is cut',
      '9999-12-30',
      'P1D',
      null,
      '9999-12-31T05:00:00.000Z',
      lastInstant,
    ],
    ['a million years', '2024-01-08', 'P1000000Y', null, lastInstant, lastInstant],
    [
      'more than a number holds',
      '2024-01-08',
      `P${'9'.repeat(400)}Y${'9'.repeat(400)}M${'9'.repeat(400)}W${'9'.repeat(400)}D`,
      null,
      lastInstant,
      lastInstant,
    ],
    ['more hours than a number holds', '2024-01-08', `PT${'9'.repeat(400)}H`, null, lastInstant, lastInstant],
  ])('%s: %s', (_, text, duration, countsFirstDay, earliest, latest) => {
    expect(end(text, duration, countsFirstDay)).toStrictEqual([earliest, latest])
  })

  test.each([
    ['Peru', 'America/Lima', '2024-01-10', 'P60D', '2024-03-10T05:00:00.000Z', '2024-03-11T05:00:00.000Z'],
    [
      'calendar days, not 24 hours',
      'Europe/London',
      '2024-03-30',
      'P2D',
      '2024-03-31T23:00:00.000Z',
      '2024-04-01T23:00:00.000Z',
    ],
    [
      'to a day without midnight',
      'America/Sao_Paulo',
      '2018-11-03',
      'P1D',
      '2018-11-04T03:00:00.000Z',
      '2018-11-05T02:00:00.000Z',
    ],
    [
      'to a day with two midnights',
      'America/Havana',
      '2024-11-02',
      'P1D',
      '2024-11-03T04:00:00.000Z',
      '2024-11-04T05:00:00.000Z',
    ],
    [
      'to a day the zone skipped',
      'Pacific/Apia',
      '2011-12-29',
      'P1D',
      '2011-12-30T10:00:00.000Z',
      '2011-12-30T10:00:00.000Z',
    ],
  ])('%s (%s): %s %s', (_, zone, text, duration, earliest, latest) => {
    expect(end(text, duration, null, zone)).toStrictEqual([earliest, latest])
  })

  test('hours counts real hours over a change of clocks', () => {
    expect(end('2024-03-30T18:00', 'PT12H', null, 'Europe/London')).toStrictEqual([
      '2024-03-31T06:00:00.000Z',
      '2024-03-31T06:00:00.000Z',
    ])
  })

  test.each(['P60D', 'PT12H'])('%s has no earliest where its beginning has none', (duration) => {
    const { earliest, latest } = endOfTerm(from('../2024-01-08'), term(duration))
    expect(earliest).toBeNull()
    expect(latest).toBe(duration === 'P60D' ? '2024-03-09T05:00:00.000Z' : '2024-01-09T16:59:59.999Z')
  })

  test('is never crossed, though the later moment has the earlier date', () => {
    // In St. John's clocks went from 00:01 of the 29th back to 23:01 of the 28th.
    const window = {
      zone: 'America/St_Johns',
      earliest: '2006-10-29T02:30:30.000Z',
      latest: '2006-10-29T02:31:30.000Z',
    }
    expect(endOfTerm(window, term('P1D', true))).toStrictEqual({
      earliest: '2006-10-29T02:30:00.000Z',
      latest: '2006-10-30T03:30:00.000Z',
    })
  })

  test.each(['P60D', 'PT12H'])('%s needs a zone that exists', (duration) => {
    expect(() => endOfTerm(from('2024-01-08T10:00:00Z', null), term(duration))).toThrow('needs a zone')
    expect(() => endOfTerm({ ...from('2024-01-08'), zone: 'PST' }, term(duration))).toThrow(
      '"PST" is not a time zone',
    )
  })

  test('any length lies between its two counting rules', () => {
    const amount = fc.integer({ min: 1, max: 400 })
    const unit = fc.constantFrom('D', 'W', 'M')
    fc.assert(
      fc.property(anyZone, recentDate, amount, unit, (zone, date, amount, unit) => {
        const duration = `P${amount}${unit}`
        const counted = endOfTerm(from(date, zone), term(duration, true))
        const notCounted = endOfTerm(from(date, zone), term(duration, false))
        const unknown = endOfTerm(from(date, zone), term(duration, null))
        expect(unknown).toStrictEqual({ earliest: counted.earliest, latest: notCounted.latest })
        expect(counted.earliest).toBe(counted.latest)
        expect(counted.latest <= notCounted.latest).toBe(true)
        expect(counted.latest > (from(date, zone).earliest as string)).toBe(true)
      }),
    )
  })
})

describe('a planned end', () => {
  test.each([
    ['2024-03-08', 'date'],
    ['2024-02-29', 'date'],
    ['9999-12-31', 'date'],
    ['2024-03-08T05:00:00Z', 'instant'],
    ['2024-03-08T05:00-05:00', 'instant'],
    ['2024-02-30', null],
    ['2024-03', null],
    ['2024', null],
    ['2024-03-08T05:00', null],
    ['2024-03-08~', null],
    ['../2024-03-08', null],
    ['20240308', null],
    ['0000-01-01', null],
    ['', null],
  ])('%j is written as: %s', (text, form) => {
    expect(isUntil(text)).toBe(form)
    if (form === null) {
      expect(() => endOfUntil(text, guayaquil)).toThrow(TimeError)
      expect(() => requireUntil(text, guayaquil)).toThrow(TimeError)
    } else {
      expect(() => requireUntil(text, guayaquil)).not.toThrow()
    }
  })

  test.each([
    ['a date holds through its last day', '2024-03-08', guayaquil, '2024-03-09T05:00:00.000Z'],
    ['into a day without midnight', '2018-11-03', 'America/Sao_Paulo', '2018-11-04T03:00:00.000Z'],
    ['up to the first of two midnights', '2024-11-02', 'America/Havana', '2024-11-03T04:00:00.000Z'],
    [
      'through what the day has after the next began',
      '2006-10-28',
      'America/St_Johns',
      '2006-10-29T03:30:00.000Z',
    ],
    [
      'where the skip is, on a day that was skipped',
      '2011-12-30',
      'Pacific/Apia',
      '2011-12-30T10:00:00.000Z',
    ],
    ['up to the last instant', '9999-12-31', guayaquil, lastInstant],
    ['an instant is exact', '2024-03-08T00:00:00-05:00', guayaquil, '2024-03-08T05:00:00.000Z'],
    ['an instant needs no zone', '2024-03-08T05:00:00Z', null, '2024-03-08T05:00:00.000Z'],
  ])('%s: %s in %s', (_, until, zone, instant) =>
    expect(endOfUntil(until, zone)).toStrictEqual(both(instant)),
  )

  test('that is a date needs a zone that exists', () => {
    expect(() => endOfUntil('2024-03-08', null)).toThrow('needs a zone')
    expect(() => endOfUntil('2024-03-08', 'PST')).toThrow('"PST" is not a time zone')
    expect(() => requireUntil('2024-03-08', null)).toThrow('needs a zone')
    expect(() => requireUntil('2024-03-08T05:00:00Z', null)).not.toThrow()
  })

  test('is not recorded for a day that the zone skipped', () => {
    expect(() => requireUntil('2011-12-30', 'Pacific/Apia')).toThrow('the zone skipped that day')
  })

  test('of a date is the moment after the last that a question about that date asks for', () => {
    fc.assert(
      fc.property(anyZone, recentDate, (zone, date) => {
        expect(endOfUntil(date, zone)).toStrictEqual(
          both(instantOf(millisecondsOf(from(date, zone).latest) + 1)),
        )
      }),
    )
  })
})

describe('an extension', () => {
  test.each([
    [
      'adds to both bounds',
      guayaquil,
      'P30D',
      '2024-03-08T05:00:00.000Z',
      '2024-03-09T05:00:00.000Z',
      '2024-04-07T05:00:00.000Z',
      '2024-04-08T05:00:00.000Z',
    ],
    [
      'from the 31st, to the last of the month',
      guayaquil,
      'P1M',
      '2024-01-30T05:00:00.000Z',
      '2024-01-31T05:00:00.000Z',
      '2024-02-29T05:00:00.000Z',
      '2024-02-29T05:00:00.000Z',
    ],
    [
      'keeps the local time over a change of clocks',
      'Europe/London',
      'P1D',
      '2024-03-30T12:00:00.000Z',
      '2024-03-30T12:00:00.000Z',
      '2024-03-31T11:00:00.000Z',
      '2024-03-31T11:00:00.000Z',
    ],
    [
      'hours are real hours',
      'Europe/London',
      'PT24H',
      '2024-03-30T12:00:00.000Z',
      '2024-03-30T12:00:00.000Z',
      '2024-03-31T12:00:00.000Z',
      '2024-03-31T12:00:00.000Z',
    ],
    [
      'is later by the gap',
      'America/New_York',
      'P1D',
      '2024-03-09T07:30:00.000Z',
      '2024-03-09T07:30:00.000Z',
      '2024-03-10T07:30:00.000Z',
      '2024-03-10T07:30:00.000Z',
    ],
    [
      'to midnight where there is none: later by the gap',
      'America/Sao_Paulo',
      'P1D',
      '2018-11-03T03:00:00.000Z',
      '2018-11-03T03:00:00.000Z',
      '2018-11-04T03:00:00.000Z',
      '2018-11-04T03:00:00.000Z',
    ],
    [
      'is the earlier of two',
      'America/New_York',
      'P1D',
      '2024-11-02T05:30:00.000Z',
      '2024-11-02T05:30:00.000Z',
      '2024-11-03T05:30:00.000Z',
      '2024-11-03T05:30:00.000Z',
    ],
    [
      'over a day the zone skipped',
      'Pacific/Apia',
      'P1D',
      '2011-12-29T20:00:00.000Z',
      '2011-12-29T20:00:00.000Z',
      '2011-12-30T20:00:00.000Z',
      '2011-12-30T20:00:00.000Z',
    ],
    [
      'is cut at the last instant',
      guayaquil,
      'P1M',
      '9999-12-01T05:00:00.000Z',
      '9999-12-15T05:00:00.000Z',
      lastInstant,
      lastInstant,
    ],
    [
      'leaves a bound that is cut where it is',
      guayaquil,
      'P1D',
      '9999-01-01T05:00:00.000Z',
      lastInstant,
      '9999-01-02T05:00:00.000Z',
      lastInstant,
    ],
    ['leaves it, by hours too', guayaquil, 'PT1H', lastInstant, lastInstant, lastInstant, lastInstant],
  ])('%s (%s, %s)', (_, zone, duration, earliest, latest, earliestThen, latestThen) => {
    expect(extendEnd({ earliest, latest }, term(duration), zone)).toStrictEqual({
      earliest: earliestThen,
      latest: latestThen,
    })
  })

  test('is the same whatever its counting rule', () => {
    const running = { earliest: '2024-03-08T05:00:00.000Z', latest: '2024-03-09T05:00:00.000Z' }
    const extended = extendEnd(running, term('P30D', null), guayaquil)
    expect(extendEnd(running, term('P30D', true), guayaquil)).toStrictEqual(extended)
    expect(extendEnd(running, term('P30D', false), guayaquil)).toStrictEqual(extended)
  })

  test('leaves an open bound open', () => {
    expect(
      extendEnd({ earliest: null, latest: '2024-03-09T05:00:00.000Z' }, term('P30D'), guayaquil),
    ).toStrictEqual({
      earliest: null,
      latest: '2024-04-08T05:00:00.000Z',
    })
  })

  test('is never crossed, though the later bound has the earlier local time', () => {
    // 01:50 and, after clocks went back, 01:10: a month later these are ten past and ten to two.
    const running = { earliest: '2024-11-03T05:50:00.000Z', latest: '2024-11-03T06:10:00.000Z' }
    expect(extendEnd(running, term('P1M'), 'America/New_York')).toStrictEqual({
      earliest: '2024-12-03T06:10:00.000Z',
      latest: '2024-12-03T06:50:00.000Z',
    })
  })

  test('needs a zone that exists', () => {
    expect(() => extendEnd(both('2024-03-08T05:00:00.000Z'), term('P30D'), 'PST')).toThrow(
      '"PST" is not a time zone',
    )
    expect(() => extendEnd(both('2024-03-08T05:00:00.000Z'), term('PT1H'), 'PST')).toThrow(
      '"PST" is not a time zone',
    )
  })

  test('moves every end later and keeps its bounds in order', () => {
    const times = fc.integer({
      min: millisecondsOf('1950-01-01T00:00Z'),
      max: millisecondsOf('2050-01-01T00:00Z'),
    })
    const width = fc.integer({ min: 0, max: 7 * 86_400_000 })
    const durations = fc.constantFrom('P1D', 'P2W', 'P1M', 'P1Y2M3W4D', 'PT1H', 'PT36H')
    fc.assert(
      fc.property(anyZone, times, width, durations, (zone, time, width, duration) => {
        const running = { earliest: instantOf(time), latest: instantOf(time + width) }
        const extended = extendEnd(running, term(duration), zone)
        expect(extended.earliest !== null && extended.earliest <= extended.latest).toBe(true)
        expect(extended.earliest !== null && extended.earliest > running.earliest).toBe(true)
        expect(extended.latest > running.latest).toBe(true)
      }),
    )
  })
})
