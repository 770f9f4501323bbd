import { describe, expect, test } from 'vitest'
import type { Because } from '../../src/answer/account.ts'
import { giverOf, sourceText } from '../../src/cli/giver.ts'
import { localText, sinceText, untilText } from '../../src/cli/moments.ts'
import { table, width, wrapped } from '../../src/cli/table.ts'

const zone = 'America/Guayaquil'

describe('a moment', () => {
  test.each([
    ['2024-01-09T18:35:00.000Z', '2024-01-09 13:35'],
    ['2024-01-09T18:35:07.000Z', '2024-01-09 13:35:07'],
    ['2024-01-09T18:35:00.020Z', '2024-01-09 13:35:00.020'],
    ['2024-01-09T04:59:59.999Z', 'end of 2024-01-08'],
  ])('%s is shown on the clocks of its zone', (instant, text) => {
    expect(localText(instant, zone)).toBe(text)
  })

  test.each([
    ['2024-01-08T05:00:00.000Z', '2024-01-09T04:59:59.999Z', '2024-01-08'],
    ['2024-01-06T05:00:00.000Z', '2024-01-08T04:59:59.999Z', '2024-01-06 to 2024-01-07'],
    ['2024-01-09T03:45:00.000Z', '2024-01-09T03:45:00.000Z', '2024-01-08 22:45'],
    ['2024-01-09T03:45:00.000Z', '2024-01-10T04:59:59.999Z', '2024-01-08 22:45 to end of 2024-01-09'],
    ['2024-01-09T13:00:00.000Z', '2024-01-09T14:30:00.000Z', '2024-01-09 08:00 to 09:30'],
    [null, '2024-01-08T04:59:59.999Z', 'by end of 2024-01-07'],
    ['2024-01-08T05:00:00.000Z', null, 'perhaps from 2024-01-08 00:00'],
    [null, null, ''],
  ])('between %s and %s is told as exactly as it is known', (earliest, latest, text) => {
    expect(sinceText({ earliest, latest }, zone)).toBe(text)
  })

  test.each([
    ['2024-03-08T05:00:00.000Z', '2024-03-09T05:00:00.000Z', '2024-03-08 00:00 to 2024-03-09 00:00'],
    ['2024-03-08T05:00:00.000Z', null, 'not before 2024-03-08 00:00'],
    [null, '2024-03-08T05:00:00.000Z', 'by 2024-03-08 00:00'],
    [null, null, 'open, and perhaps over'],
  ])('from which something stops, between %s and %s, likewise', (earliest, latest, text) => {
    expect(untilText({ earliest, latest }, zone)).toBe(text)
  })
})

describe('a table', () => {
  test('fits the terminal: its widest columns are wrapped between words', () => {
    const rows = [
      [
        ['State of exception in the whole of Ecuador', { text: 'ec-110', tone: 'quiet' as const }],
        ['certain'],
      ],
    ]
    expect(table(['what', 'sure'], rows, 30)).toStrictEqual([
      'WHAT                   SURE',
      'State of exception in  certain',
      'the whole of Ecuador',
      'ec-110',
    ])
  })

  test('breaks what has no room for a word, and counts what a terminal shows', () => {
    expect(wrapped('fugitive-fito-2024', 10)).toStrictEqual(['fugitive-', 'fito-2024'])
    expect(wrapped('aaaaaaaaaaaa b', 5)).toStrictEqual(['aaaaa', 'aaaaa', 'aa b'])
    expect([width('José'), width('Jose\u0301'), width('東京')]).toStrictEqual([4, 4, 4])
    expect(
      table(
        ['a', 'b'],
        [
          [['東京'], ['x']],
          [['José'], ['y']],
        ],
        40,
      ),
    ).toStrictEqual(['A     B', '東京  x', 'José  y'])
  })
})

describe('what gave a status', () => {
  const event = (type: string, publisher: string, why?: 'undecided' | 'later'): Because => ({
    eventId: publisher,
    type,
    when: {
      text: null,
      zone: null,
      earliest: '2024-01-07T05:00:00.000Z',
      latest: '2024-01-08T04:59:59.999Z',
    },
    source: { publisher, medium: 'press' },
    flagged: false,
    correctedBy: [],
    disputedBy: [],
    corroboratedBy: [],
    ...(why && { why }),
  })
  const giver = (status: string, basis: Because[], aside: Because[] = []) =>
    giverOf('fugitive', { basis, aside }, status)

  test('is the last event that did, not one that only fills or follows', () => {
    const basis = [event('EscapeReported', 'A'), event('AbsenceNoticed', 'B'), event('FugitiveSighted', 'C')]
    expect(giver('reported_escaped', basis)).toBe(basis[0])
  })

  test('is a lapse where time brought it', () => {
    const lapse = { lapse: 'expired', earliest: null, latest: '2024-03-09T05:00:00.000Z' }
    const basis = [event('EmergencyDeclared', 'A'), lapse]
    expect(giverOf('emergency', { basis, aside: [] }, 'expired')).toBe(lapse)
  })

  test('is an undecided event where the status is only possible, whatever the order they are told in', () => {
    const aside = [
      event('FugitiveRecaptured', 'later', 'later'),
      event('EscapeConfirmed', 'B', 'undecided'),
      event('EscapeReported', 'C', 'undecided'),
    ]
    const basis = [event('AbsenceNoticed', 'A')]
    expect(giver('at_large', basis, aside)).toBe(aside[1])
    expect(giver('reported_escaped', basis, aside)).toBe(aside[2])
    expect(giver('recaptured', basis, aside)).toBe(null)
  })

  test('is not known of a kind that is not', () => {
    expect(giverOf('rumour', { basis: [event('Heard', 'A')], aside: [] }, 'heard')).toBe(null)
  })
})

test.each([
  [{ publisher: 'SNAI', speaker: { name: 'snai' } }, 'SNAI'],
  [
    { publisher: 'Infobae', speaker: { name: 'César Zapata', id: 'cesar-zapata' } },
    'César Zapata, in Infobae',
  ],
  [{ publisher: 'Infobae' }, 'Infobae'],
])('the source %j is told as %s', (source, text) => {
  expect(sourceText({ ...source, medium: 'press' })).toBe(text)
})

test('an event without a source is the word of the desk', () => {
  expect(sourceText(undefined)).toBe('the desk')
})
