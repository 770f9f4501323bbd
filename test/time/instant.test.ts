import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { firstInstant, instantOf, lastInstant, millisecondsOf, parseInstant } from '../../src/time/instant.ts'

describe('an instant with its offset', () => {
  test.each([
    ['2024-01-09T05:00:00.000Z', '2024-01-09T05:00:00.000Z'],
    ['2024-01-09T05:00:00Z', '2024-01-09T05:00:00.000Z'],
    ['2024-01-09T05:00Z', '2024-01-09T05:00:00.000Z'],
    ['2024-01-09T00:00:00-05:00', '2024-01-09T05:00:00.000Z'],
    ['2024-01-09T00:00-05:00', '2024-01-09T05:00:00.000Z'],
    ['2024-01-09T10:45:00+05:45', '2024-01-09T05:00:00.000Z'],
    ['2024-01-09T05:00:00-00:00', '2024-01-09T05:00:00.000Z'],
    ['2024-01-09T05:00:00.5Z', '2024-01-09T05:00:00.500Z'],
    ['2024-02-29T12:00:00Z', '2024-02-29T12:00:00.000Z'],
    ['2000-02-29T12:00:00Z', '2000-02-29T12:00:00.000Z'],
    ['0050-03-04T12:00:00Z', '0050-03-04T12:00:00.000Z'],
    ['1900-01-01T00:00:00-05:14', '1900-01-01T05:14:00.000Z'],
  ])('%s is %s', (text, instant) => expect(parseInstant(text)).toBe(instant))

  test.each([
    ['2024-01-09T05:00:00.1239Z', '2024-01-09T05:00:00.123Z'],
    ['2024-01-09T05:00:00.999999999999Z', '2024-01-09T05:00:00.999Z'],
    ['1950-01-09T05:00:00.9999Z', '1950-01-09T05:00:00.999Z'],
  ])('%s loses what is finer than a millisecond', (text, instant) => expect(parseInstant(text)).toBe(instant))

  test.each([
    ['0001-01-01T00:00:00+08:00', firstInstant],
    ['0001-01-01T00:00:00Z', firstInstant],
    ['9999-12-31T23:59:59-05:00', lastInstant],
    ['9999-12-31T23:59:59.999Z', lastInstant],
  ])('%s is cut where the years kept begin or end', (text, instant) =>
    expect(parseInstant(text)).toBe(instant),
  )

  test.each([
    ['no offset', '2024-01-09T05:00:00'],
    ['no time', '2024-01-09'],
    ['second 60', '2016-12-31T23:59:60Z'],
    ['minute 60', '2024-01-09T05:60:00Z'],
    ['hour 24', '2024-01-09T24:00:00Z'],
    ['30 February', '2024-02-30T05:00:00Z'],
    ['29 February of a common year', '2023-02-29T05:00:00Z'],
    ['29 February of 1900', '1900-02-29T05:00:00Z'],
    ['31 April', '2024-04-31T05:00:00Z'],
    ['month 13', '2024-13-01T05:00:00Z'],
    ['month 0', '2024-00-01T05:00:00Z'],
    ['day 0', '2024-01-00T05:00:00Z'],
    ['year 0', '0000-01-01T05:00:00Z'],
    ['a year of five digits', '12024-01-09T05:00:00Z'],
    ['a signed year', '+012024-01-09T05:00:00Z'],
    ['an offset of 24 hours', '2024-01-09T05:00:00+24:00'],
    ['an offset with 60 minutes', '2024-01-09T05:00:00+05:60'],
    ['an offset without colon', '2024-01-09T05:00:00-0500'],
    ['an offset of hours alone', '2024-01-09T05:00:00-05'],
    ['a zone in brackets', '2024-01-09T05:00:00-05:00[America/Guayaquil]'],
    ['a comma before the decimals', '2024-01-09T05:00:00,5Z'],
    ['a point without decimals', '2024-01-09T05:00:00.Z'],
    ['decimals of a minute', '2024-01-09T05:00.5Z'],
    ['the basic format', '20240109T050000Z'],
    ['a blank for the T', '2024-01-09 05:00:00Z'],
    ['lower case', '2024-01-09t05:00:00z'],
    ['blanks around it', ' 2024-01-09T05:00:00Z'],
    ['a line feed after it', '2024-01-09T05:00:00Z\n'],
    ['other digits', '２０２４-01-09T05:00:00Z'],
    ['nothing', ''],
  ])('%s is none', (_, text) => expect(parseInstant(text)).toBeNull())
})

const milliseconds = fc.integer({ min: millisecondsOf(firstInstant), max: millisecondsOf(lastInstant) })

describe('the one spelling', () => {
  test('reads back as what was written', () => {
    fc.assert(
      fc.property(milliseconds, (time) => {
        expect(millisecondsOf(instantOf(time))).toBe(time)
        expect(parseInstant(instantOf(time))).toBe(instantOf(time))
        expect(instantOf(time)).toHaveLength(24)
      }),
    )
  })

  test('compares as text as the times compare', () => {
    fc.assert(
      fc.property(milliseconds, milliseconds, (one, other) => {
        expect(instantOf(one) < instantOf(other)).toBe(one < other)
      }),
    )
  })

  test.each([
    [millisecondsOf(firstInstant) - 1, firstInstant],
    [millisecondsOf(lastInstant) + 1, lastInstant],
    [-1e20, firstInstant],
    [1e20, lastInstant],
  ])('of %d milliseconds is cut to %s', (time, instant) => expect(instantOf(time)).toBe(instant))

  test('an offset moves the instant and nothing else', () => {
    const offset = fc.record({
      sign: fc.constantFrom('+', '-'),
      hours: fc.integer({ min: 0, max: 23 }),
      minutes: fc.integer({ min: 0, max: 59 }),
    })
    const inside = fc.integer({
      min: millisecondsOf('0002-01-01T00:00Z'),
      max: millisecondsOf('9999-01-01T00:00Z'),
    })
    fc.assert(
      fc.property(inside, offset, (time, { sign, hours, minutes }) => {
        const moved = (sign === '+' ? 1 : -1) * (hours * 60 + minutes) * 60_000
        const written = `${hours}`.padStart(2, '0') + ':' + `${minutes}`.padStart(2, '0')
        expect(parseInstant(instantOf(time).replace('Z', sign + written))).toBe(instantOf(time - moved))
      }),
    )
  })
})
