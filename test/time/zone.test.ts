import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instantOf, millisecondsOf } from '../../src/time/instant.ts'
import { TimeError } from '../../src/time/time-error.ts'
import { dayIn, isZone, localDateIn, requireZone } from '../../src/time/zone.ts'
import { anyDate, anyZone, dateOnTheWall, recentDate } from './wall.ts'

describe('a zone', () => {
  test.each([
    'UTC',
    'Etc/UTC',
    'Etc/GMT+5',
    'America/Guayaquil',
    'America/Lima',
    'America/Argentina/Buenos_Aires',
    'America/Buenos_Aires',
    'America/Port-au-Prince',
    'Asia/Kolkata',
    'Asia/Calcutta',
    'Europe/Kyiv',
    'GMT',
    'Zulu',
    'EST',
    'EST5EDT',
    'CET',
    'NZ-CHAT',
    'GB-Eire',
    'W-SU',
    'GMT+0',
  ])('%s is one, each time it is asked', (name) => {
    expect(isZone(name)).toBe(true)
    expect(isZone(name)).toBe(true)
  })

  test.each([
    '',
    '-05:00',
    '+0530',
    'Z',
    'PST',
    'IST',
    'UTC+5',
    'GMT-5',
    'Est',
    'gmt',
    'utc',
    'america/guayaquil',
    'America/guayaquil',
    'AMERICA/GUAYAQUIL',
    'America/Guayaqil',
    'America',
    'America/',
    'Etc/Unknown',
    'Foo/Bar',
    'America/Guayaquil ',
    'UTC\n',
    '../etc/passwd',
    'constructor',
  ])('%j is none', (name) => {
    expect(isZone(name)).toBe(false)
    expect(() => requireZone(name)).toThrow(TimeError)
    expect(() => requireZone(name)).toThrow(JSON.stringify(name))
  })

  test('all zones that Intl lists are zones', () => {
    expect(Intl.supportedValuesOf('timeZone').filter((name) => !isZone(name))).toStrictEqual([])
  })
})

const day = (zone: string, date: string) => {
  const { first, last } = dayIn(zone, date)
  return [instantOf(first), instantOf(last)]
}

describe('a local day', () => {
  test.each([
    [
      'has 24 hours',
      'America/Guayaquil',
      '2024-01-08',
      '2024-01-08T05:00:00.000Z',
      '2024-01-09T04:59:59.999Z',
    ],
    ['has 23 hours', 'Europe/London', '2024-03-31', '2024-03-31T00:00:00.000Z', '2024-03-31T22:59:59.999Z'],
    ['has 25 hours', 'Europe/London', '2024-10-27', '2024-10-26T23:00:00.000Z', '2024-10-27T23:59:59.999Z'],
    [
      'without midnight',
      'America/Sao_Paulo',
      '2018-11-04',
      '2018-11-04T03:00:00.000Z',
      '2018-11-05T01:59:59.999Z',
    ],
    ['before it', 'America/Sao_Paulo', '2018-11-03', '2018-11-03T03:00:00.000Z', '2018-11-04T02:59:59.999Z'],
    [
      'without midnight',
      'America/Asuncion',
      '2023-10-01',
      '2023-10-01T04:00:00.000Z',
      '2023-10-02T02:59:59.999Z',
    ],
    [
      'without midnight',
      'Africa/Cairo',
      '2024-04-26',
      '2024-04-25T22:00:00.000Z',
      '2024-04-26T20:59:59.999Z',
    ],
    [
      'begins at half past',
      'America/Toronto',
      '1919-03-31',
      '1919-03-31T04:30:00.000Z',
      '1919-04-01T03:59:59.999Z',
    ],
    [
      'midnight twice, both its own',
      'America/Havana',
      '2024-11-03',
      '2024-11-03T04:00:00.000Z',
      '2024-11-04T04:59:59.999Z',
    ],
    [
      'ends at the first of the two',
      'America/Havana',
      '2024-11-02',
      '2024-11-02T04:00:00.000Z',
      '2024-11-03T03:59:59.999Z',
    ],
    [
      'its last hour twice',
      'Asia/Beirut',
      '2024-10-26',
      '2024-10-25T21:00:00.000Z',
      '2024-10-26T21:59:59.999Z',
    ],
    [
      'goes on after the next began',
      'America/St_Johns',
      '2006-10-28',
      '2006-10-28T02:30:00.000Z',
      '2006-10-29T03:29:59.999Z',
    ],
    [
      'begins before that ends',
      'America/St_Johns',
      '2006-10-29',
      '2006-10-29T02:30:00.000Z',
      '2006-10-30T03:29:59.999Z',
    ],
    [
      'before a day that was skipped',
      'Pacific/Apia',
      '2011-12-29',
      '2011-12-29T10:00:00.000Z',
      '2011-12-30T09:59:59.999Z',
    ],
    [
      'after a day that was skipped',
      'Pacific/Apia',
      '2011-12-31',
      '2011-12-30T10:00:00.000Z',
      '2011-12-31T09:59:59.999Z',
    ],
    [
      'of local mean time',
      'America/Guayaquil',
      '1900-01-01',
      '1900-01-01T05:14:00.000Z',
      '1900-01-02T05:13:59.999Z',
    ],
    [
      'with an offset in seconds',
      'America/Guayaquil',
      '1880-01-01',
      '1880-01-01T05:19:20.000Z',
      '1880-01-02T05:19:19.999Z',
    ],
    ['of 2100', 'Europe/London', '2100-07-01', '2100-06-30T23:00:00.000Z', '2100-07-01T22:59:59.999Z'],
    ['of 9999', 'America/New_York', '9999-07-01', '9999-07-01T04:00:00.000Z', '9999-07-02T03:59:59.999Z'],
  ])('%s: %s %s', (_, zone, date, first, last) => expect(day(zone, date)).toStrictEqual([first, last]))

  test('that the zone skipped is empty, and its neighbours touch', () => {
    const { first, last } = dayIn('Pacific/Apia', '2011-12-30')
    expect(first - last).toBe(1)
    expect(first).toBe(dayIn('Pacific/Apia', '2011-12-31').first)
    expect(last).toBe(dayIn('Pacific/Apia', '2011-12-29').last)
  })

  test.each([
    ['of any century', anyDate],
    ['while zones set their clocks', recentDate],
  ])('holds exactly the milliseconds with its date on the wall, in every zone: days %s', (_, date) => {
    fc.assert(
      fc.property(anyZone, date, (zone, date) => {
        const { first, last } = dayIn(zone, date)
        expect(dateOnTheWall(zone, first)).toBe(date)
        expect(dateOnTheWall(zone, last)).toBe(date)
        expect(dateOnTheWall(zone, first - 1)).not.toBe(date)
        expect(dateOnTheWall(zone, last + 1)).not.toBe(date)
      }),
      { numRuns: 300 },
    )
  })

  test('is the same when it is remembered', () => {
    const { first, last } = dayIn('America/Lima', '2024-01-08')
    expect(dayIn('America/Guayaquil', '2024-01-08')).toStrictEqual({ first, last })
    expect(dayIn('America/Lima', '2024-01-08')).toStrictEqual({ first, last })
    expect(dayIn('Asia/Tokyo', '2024-01-08').first).toBe(first - 14 * 3_600_000)
  })
})

test('the local date of an instant is the one on the wall', () => {
  const times = fc.integer({
    min: millisecondsOf('1800-01-01T00:00Z'),
    max: millisecondsOf('2400-01-01T00:00Z'),
  })
  fc.assert(
    fc.property(anyZone, times, (zone, time) => {
      expect(localDateIn(zone, instantOf(time))).toBe(dateOnTheWall(zone, time))
    }),
    { numRuns: 300 },
  )
})
