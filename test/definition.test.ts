import { describe, expect, test } from 'vitest'
import { answersAt, flaggedIn, knownOf, moment, recorded, specify } from './given.ts'

const type = 'state_of_emergency'
const zone = 'America/Guayaquil'
const person = { name: 'Fito' }
const ecuador = [{ name: 'Ecuador', country: 'EC' }]
const esmeraldas = [{ name: 'Esmeraldas', country: 'EC' }]

describe('before a window there is nothing of it, within it perhaps, from its last millisecond on certainly', () => {
  specify('emergency', {
    'one event': {
      given: [['declare', '2024-01-08/2024-01-09', { type }]],
      holds: {
        '2024-01-08T04:59:59.999Z': null,
        '2024-01-08T05:00:00.000Z': [null, 'in_force'],
        '2024-01-10T04:59:59.998Z': [null, 'in_force'],
        '2024-01-10T04:59:59.999Z': 'in_force',
      },
    },
    'known by a bound only, it may have been ever before': {
      given: [['declare', '../2024-01-09', { type }]],
      holds: { '0001-01-01T00:00:00Z': [null, 'in_force'], '2024-01-09': 'in_force' },
    },
    'two that overlap: the first, then both, in the order of a life and never the later one alone': {
      given: [
        ['lift', '2024-01-08', { by: 'Noboa' }],
        ['declare', '2024-01-08/2024-01-09', { type }],
      ],
      holds: {
        '2024-01-08T12:00:00.000Z': [null, 'in_force', 'lifted'],
        // Whether or not the other has happened: lifted it is.
        '2024-01-08': 'lifted',
      },
    },
    'time goes before the order of a life where windows do not overlap': {
      given: [
        ['declare', '2024-01-09', { type }],
        ['lift', '2024-01-08'],
      ],
      holds: { '2024-01-08': 'lifted', '2024-01-09': 'in_force' },
      flagged: { e1: null, e0: 'lifted' },
    },
    'of two of one kind at one time the later recorded counts last': {
      given: [
        ['declare', '2024-01-08', { type }],
        ['amend', '2024-01-09', { title: 'One' }],
        ['amend', '2024-01-09', { title: 'Two' }],
      ],
      holds: {
        '2024-01-09T12:00:00.000Z': [{ title: 'a-1' }, { title: 'One' }, { title: 'Two' }],
        '2024-01-09': { title: 'Two' },
      },
    },
    'the one that is over first goes first, and of those the one that may begin first': {
      given: [
        ['declare', '2024-01-01', { type }],
        ['amend', '2024-01-09/2024-01-12', { title: 'Long' }],
        ['amend', '2024-01-10', { title: 'Short' }],
        ['amend', '../2024-01-10', { title: 'Open' }],
      ],
      holds: {
        '2024-01-10T12:00:00.000Z': [
          { title: 'a-1' },
          { title: 'Open' },
          { title: 'Short' },
          { title: 'Long' },
        ],
        '2024-01-12': { title: 'Long' },
      },
    },
    'candidates with equal facets count once, the first': {
      given: [
        ['declare', '2024-01-01', { type, grounds: ['one'] }],
        ['amend', '2024-01-08', { grounds: ['two'] }],
        ['amend', '2024-01-08', { grounds: ['three'], places: ecuador }],
      ],
      holds: {
        '2024-01-08T12:00:00.000Z': [
          { grounds: ['one'], places: [] },
          { grounds: ['three'], places: ecuador },
        ],
      },
    },
  })
})

describe('one that is allowed goes before one that is not', () => {
  specify('designation', {
    'so that what was revoked and made again on one day is in place': {
      given: [
        ['designate', '2024-01-01', { title: 'List' }],
        ['designate', '2024-01-08', { title: 'Again' }],
        ['revoke', '2024-01-08'],
      ],
      holds: {
        '2024-01-08T12:00:00.000Z': ['designated', 'revoked', { status: 'designated', title: 'Again' }],
        '2024-01-08': 'designated',
      },
    },
  })
})

describe('a lapse', () => {
  const term = { duration: 'P5D', countsFirstDay: true }
  specify('emergency', {
    'happens before an event that begins after it': {
      given: [
        ['declare', '2024-01-08T12:00:00Z', { type, term }],
        ['lift', '2024-01-13T05:00:00.001Z'],
      ],
      holds: { '2024-01-13T05:00:00.000Z': 'expired', '2024-01-14': 'lifted' },
      flagged: { e1: 'expired' },
    },
    'and after one that may have come in time': {
      given: [
        ['declare', '2024-01-08T12:00:00Z', { type, term }],
        ['lift', '2024-01-13T05:00:00.000Z'],
      ],
      holds: { '2024-01-13T04:59:59.999Z': 'in_force', '2024-01-13T05:00:00.000Z': 'lifted' },
    },
    'so that an extension at the very end is in time, and moves that end': {
      given: [
        ['declare', '2024-01-08T12:00:00Z', { type, term }],
        ['extend', '2024-01-13T05:00:00.000Z', { term: { duration: 'P5D', countsFirstDay: false } }],
      ],
      holds: { '2024-01-17': 'in_force', '2024-01-18': 'expired' },
    },
    'and one a millisecond later is not, and counts from its own time': {
      given: [
        ['declare', '2024-01-08T12:00:00Z', { type, term }],
        ['extend', '2024-01-13T05:00:00.001Z', { term: { duration: 'P5D', countsFirstDay: false } }],
      ],
      holds: { '2024-01-13T05:00:00.000Z': 'expired', '2024-01-18': 'in_force', '2024-01-19': 'expired' },
      flagged: { e1: 'expired' },
    },
    'that is uncertain gives two candidates, without it and with it, of each way it may have gone': {
      given: [
        ['declare', '2024-01-08T12:00:00Z', { type, term: { duration: 'P5D', countsFirstDay: null } }],
        ['amend', '2024-01-13', { places: ecuador }],
      ],
      holds: {
        '2024-01-13T12:00:00.000Z': [
          { status: 'in_force', places: [] },
          { status: 'expired', places: [] },
          { status: 'in_force', places: ecuador },
          { status: 'expired', places: ecuador },
        ],
        '2024-01-14': { status: 'expired', places: ecuador },
      },
    },
    'comes by itself, with nothing recorded': {
      given: [['declare', '2024-01-08', { type, term: { duration: 'P10Y', countsFirstDay: true } }]],
      holds: { '2034-01-07': 'in_force', '2034-01-08': 'expired' },
    },
  })
})

describe('a correction', () => {
  specify('emergency', {
    'replaces each field it gives whole, and no other': {
      given: [
        ['declare', '2024-01-08', { type, title: 'Decree', grounds: ['riots'], places: ecuador }],
        ['correct', 0, { data: { type: 'curfew' } }],
        ['correct', 0, { places: esmeraldas }],
        ['correct', 0, { when: '2024-01-10', zone }],
      ],
      holds: {
        '2024-01-09': null,
        '2024-01-10': { status: 'in_force', type: 'curfew', title: 'a-1', grounds: [], places: esmeraldas },
      },
    },
    'of a field corrected before counts, until it is retracted': {
      given: [
        ['declare', '2024-01-08', { type }],
        ['correct', 0, { when: '2024-01-10', zone, places: ecuador }],
        ['correct', 0, { when: '2024-01-12', zone }],
        ['retract', 2],
      ],
      holds: { '2024-01-09': null, '2024-01-10': { status: 'in_force', places: ecuador } },
    },
    'of the zone alone moves no window; terms are read in it': {
      given: [
        ['declare', '2024-01-08', { type, term: { duration: 'P60D', countsFirstDay: true } }],
        ['correct', 0, { zone: 'Europe/Madrid' }],
      ],
      holds: {
        '2024-01-07': null,
        '2024-01-08': {
          status: 'in_force',
          end: { earliest: '2024-03-07T23:00:00.000Z', latest: '2024-03-08T23:00:00.000Z' },
        },
      },
    },
    'of the time alone keeps the zone': {
      given: [
        ['declare', '2024-01-08', { type, until: '2024-03-01', zone: 'Europe/Madrid' }],
        ['correct', 0, { when: '2024-01-10T00:00:00Z' }],
      ],
      holds: { '2024-03-01T22:59:59.999Z': 'in_force', '2024-03-01T23:00:00.000Z': 'expired' },
    },
    'of time and zone brings its zone, until a later one': {
      given: [
        ['declare', '2024-01-08', { type, until: '2024-03-01' }],
        ['correct', 0, { zone: 'Asia/Tokyo' }],
        ['correct', 0, { when: '2024-01-10', zone: 'Europe/Madrid' }],
      ],
      holds: { '2024-03-01T22:59:59.999Z': 'in_force', '2024-03-01T23:00:00.000Z': 'expired' },
    },
    'works at every moment from its record on': {
      given: [
        ['declare', '2024-01-08', { type }],
        ['lift', '2024-01-20'],
        ['correct', 0, { when: '2024-01-25', zone }],
      ],
      holds: { '2024-01-10': null, '2024-01-20': 'lifted', '2024-01-25': 'in_force' },
      flagged: { e1: null, e0: 'lifted' },
    },
  })
})

describe('a retraction takes its target out as if never recorded', () => {
  specify('emergency', {
    'an event of the world': {
      given: [
        ['announce', '2024-01-08', { type }],
        ['declare', '2024-01-09', { type }],
        ['retract', 1],
      ],
      holds: { '2024-01-09': 'announced' },
    },
    'the only one': {
      given: [
        ['declare', '2024-01-09', { type }],
        ['retract', 0],
      ],
      holds: { '2024-01-09': null },
    },
    'a correction': {
      given: [
        ['declare', '2024-01-08', { type }],
        ['correct', 0, { when: '2024-01-10', zone }],
        ['retract', 1],
      ],
      holds: { '2024-01-08': 'in_force' },
    },
    'a retraction, and so on': {
      given: [
        ['declare', '2024-01-08', { type }],
        ['retract', 0],
        ['retract', 1],
        ['retract', 2],
        ['retract', 3],
      ],
      holds: { '2024-01-08': 'in_force' },
    },
    'twice is once: one retraction that falls leaves the other': {
      given: [
        ['declare', '2024-01-08', { type }],
        ['retract', 0],
        ['retract', 0],
        ['retract', 1],
      ],
      holds: { '2024-01-08': null },
    },
    'and can put others out of place': {
      given: [
        ['declare', '2024-01-08', { type }],
        ['lift', '2024-01-10'],
        ['retract', 0],
      ],
      holds: { '2024-01-10': 'lifted' },
      flagged: { e1: null },
    },
  })
})

describe('a dispute', () => {
  specify('emergency', {
    'that gives another time: no before both, perhaps between, yes after both': {
      given: [
        ['declare', '2024-01-08', { type }],
        ['dispute', 0, { when: '2024-01-10', zone }],
      ],
      holds: { '2024-01-07': null, '2024-01-09': [null, 'in_force'], '2024-01-10': 'in_force' },
    },
    'that gives an earlier one': {
      given: [
        ['declare', '2024-01-08', { type }],
        ['dispute', 0, { when: '../2024-01-05', zone }],
      ],
      holds: { '2023-01-01': [null, 'in_force'], '2024-01-08': 'in_force' },
    },
    'widens what was corrected, before it or after': {
      given: [
        ['declare', '2024-01-08', { type }],
        ['dispute', 0, { when: '2024-01-10', zone }],
        ['correct', 0, { when: '2024-01-15', zone }],
      ],
      holds: { '2024-01-09': null, '2024-01-12': [null, 'in_force'], '2024-01-15': 'in_force' },
    },
    'without a time moves nothing, and neither do one more source and a rating': {
      given: [
        ['declare', '2024-01-08', { type }],
        ['dispute', 0],
        ['corroborate', 0],
        ['rate', 0, { reliability: 'B', credibility: '2' }],
      ],
      holds: { '2024-01-07': null, '2024-01-08': 'in_force' },
    },
    'that is retracted moves nothing either': {
      given: [
        ['declare', '2024-01-08', { type }],
        ['dispute', 0, { when: '2024-01-10', zone }],
        ['retract', 1],
      ],
      holds: { '2024-01-08': 'in_force' },
    },
  })

  test('shows a figure in the window that covers both times, as it was written', () => {
    const known = knownOf(
      recorded('incident', [
        ['report-figure', '2024-01-08', { measure: 'held', value: { best: 3 } }],
        ['dispute', 0, { when: '2024-01-10', zone }],
      ]),
    )
    const [answer] = answersAt(known, '2024-01-10')
    expect(answer!.state!['figures']).toMatchObject([
      { when: { ...moment('2024-01-08'), latest: moment('2024-01-10').latest } },
    ])
  })
})

describe('a candidate is disputed', () => {
  const disputed = (kind: string, lines: Parameters<typeof recorded>[1], asOf: string) =>
    answersAt(knownOf(recorded(kind, lines)), asOf).map((candidate) => [
      candidate.state?.status ?? null,
      candidate.disputed,
    ])

  test('while a dispute stands about the event that gave its status', () => {
    const lines = [
      ['report-escape', '2024-01-08', { person }],
      ['dispute', 0],
    ] as const
    expect(disputed('fugitive', lines, '2024-01-08')).toStrictEqual([['reported_escaped', true]])
    expect(disputed('fugitive', [...lines, ['retract', 1]], '2024-01-08')).toStrictEqual([
      ['reported_escaped', false],
    ])
  })

  test('or about a later one, be it one that gave no status', () => {
    const lines = [
      ['confirm-escape', '2024-01-08', { person }],
      ['sight', '2024-01-10'],
      ['dispute', 1],
    ] as const
    expect(disputed('fugitive', lines, '2024-01-09')).toStrictEqual([['at_large', false]])
    expect(disputed('fugitive', lines, '2024-01-10')).toStrictEqual([['at_large', true]])
  })

  test('but not about what an event after it has settled', () => {
    const lines = [
      ['report-escape', '2024-01-08', { person }],
      ['dispute', 0],
      ['confirm-escape', '2024-01-10', { person }],
    ] as const
    expect(disputed('fugitive', lines, '2024-01-10T12:00:00Z')).toStrictEqual([
      ['reported_escaped', true],
      ['at_large', false],
    ])
  })

  test('expired, given by no event, only by disputes of what came after', () => {
    const declared = ['declare', '2024-01-08', { type, until: '2024-01-10' }] as const
    expect(disputed('emergency', [declared, ['dispute', 0]], '2024-01-10')).toStrictEqual([
      ['in_force', true],
    ])
    expect(disputed('emergency', [declared, ['dispute', 0]], '2024-01-11')).toStrictEqual([
      ['expired', false],
    ])
    const upheld = [declared, ['uphold', '2024-01-15'], ['dispute', 1]] as const
    expect(disputed('emergency', upheld, '2024-01-14')).toStrictEqual([['expired', false]])
    expect(disputed('emergency', upheld, '2024-01-15')).toStrictEqual([['expired', true]])
  })
})

describe('what is out of place', () => {
  test('is judged with all that is known at the position, and heals when what was missing is recorded', () => {
    const events = recorded('emergency', [
      ['lift', '2024-01-10'],
      ['declare', '2024-01-08', { type }],
    ])
    expect(flaggedIn(knownOf(events, 1))).toStrictEqual({ e0: null })
    expect(flaggedIn(knownOf(events, 2))).toStrictEqual({})
  })

  test('is seen at the candidates it led to, and at no others', () => {
    const known = knownOf(
      recorded('emergency', [
        ['declare', '2024-01-08', { type }],
        ['abandon', '2024-01-10'],
      ]),
    )
    expect(answersAt(known, '2024-01-09').map(({ flagged }) => flagged)).toStrictEqual([false])
    expect(answersAt(known, '2024-01-10').map(({ flagged }) => flagged)).toStrictEqual([true])
  })
})

test('what was recorded later is not known before', () => {
  const events = recorded('emergency', [
    ['announce', '2024-01-08', { type }],
    ['declare', '2024-01-09', { type }],
    ['retract', 1],
  ])
  const statuses = [1, 2, 3].map((count) =>
    answersAt(knownOf(events, count), '2024-01-10').map(({ state }) => state?.status),
  )
  expect(statuses).toStrictEqual([['announced'], ['in_force'], ['announced']])
})
