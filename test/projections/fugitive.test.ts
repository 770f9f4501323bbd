import { describe } from 'vitest'
import { asserter, moment, specify } from '../given.ts'

const person = { name: 'José Adolfo Macías Villamar', id: 'fito' }
const prison = [{ name: 'La Regional', country: 'EC', precision: 'site' }]
const beach = [{ name: 'Playas', country: 'EC' }]
const argentina = [{ name: 'Argentina', country: 'AR', precision: 'country' }]

describe('missing is not escaped', () => {
  specify('fugitive', {
    'an absence noticed, then reported and confirmed as an escape': {
      given: [
        ['notice-absence', '2024-01-07', { person, places: prison }],
        ['report-escape', '2024-01-08', { person }],
        ['confirm-escape', '2024-01-09', { person }],
      ],
      holds: {
        '2024-01-06': null,
        '2024-01-07': { status: 'missing', title: person.name, places: prison, person },
        '2024-01-08': { status: 'reported_escaped', places: prison },
        '2024-01-09': 'at_large',
      },
    },
    'in the order of the world an escape comes before its notice, which is then in place and changes no status':
      {
        given: [
          ['notice-absence', '2024-01-07', { person, places: prison }],
          ['confirm-escape', '2024-01-05', { person }],
        ],
        holds: {
          '2024-01-05': { status: 'at_large', places: [] },
          '2024-01-07': { status: 'at_large', places: prison },
        },
      },
    'an escape by some day may be the one noticed before': {
      given: [
        ['report-escape', '../2024-01-08', { person }],
        ['notice-absence', '2024-01-07', { person }],
      ],
      holds: {
        '2024-01-06': [null, 'reported_escaped'],
        '2024-01-07T12:00:00.000Z': [null, 'missing', 'reported_escaped'],
        '2024-01-07': ['missing', 'reported_escaped'],
        '2024-01-08': 'reported_escaped',
      },
    },
    'what is reported of him who is at large fills gaps only': {
      given: [
        ['confirm-escape', '2024-01-07', { person: { name: 'Fito' }, partOf: 'incident-riots' }],
        ['report-escape', '2024-01-08', { person, aliases: ['Fito'], partOf: 'incident-other' }],
      ],
      holds: {
        '2024-01-08': {
          status: 'at_large',
          title: 'Fito',
          person: { name: 'Fito' },
          aliases: ['Fito'],
          partOf: 'incident-riots',
        },
      },
    },
  })
})

describe('denied', () => {
  specify('fugitive', {
    'an escape reported, denied, and confirmed after all': {
      given: [
        ['report-escape', '2024-01-07', { person }],
        ['deny-escape', '2024-01-08', { person }],
        ['confirm-escape', '2024-01-09', { person }],
      ],
      holds: { '2024-01-08': 'not_escaped', '2024-01-09': 'at_large' },
    },
    'of the time of the escape, told with the report: the lifecycle says which comes last': {
      given: [
        ['deny-escape', '2024-01-07', { person }],
        ['report-escape', '2024-01-07', { person }],
      ],
      holds: { '2024-01-07': 'not_escaped' },
    },
    'denied before anybody said so': {
      given: [['deny-escape', '2024-01-08', { person, aliases: ['Fito'] }]],
      holds: { '2024-01-08': { status: 'not_escaped', aliases: ['Fito'] } },
    },
    'a denial yields to the confirmation: out of place, and he stays at large': {
      given: [
        ['confirm-escape', '2024-01-07', { person }],
        ['deny-escape', '2024-01-08', { person, aliases: ['Fito'] }],
      ],
      holds: { '2024-01-08': { status: 'at_large', aliases: ['Fito'] } },
      flagged: { e1: 'at_large' },
    },
  })
})

describe('seen', () => {
  specify('fugitive', {
    'shows where and who says so, and moves no place': {
      given: [
        ['confirm-escape', '2024-01-07', { person, places: prison }],
        ['sight', '2024-01-09', { places: beach, by: 'A fisherman' }],
      ],
      holds: {
        '2024-01-08': { lastSeen: null },
        '2024-01-09': {
          status: 'at_large',
          places: prison,
          lastSeen: { when: moment('2024-01-09'), places: beach, by: asserter },
        },
      },
    },
    'the last counts': {
      given: [
        ['confirm-escape', '2024-01-07', { person }],
        ['sight', '2024-01-10', { places: beach }],
        ['sight', '2024-01-09'],
      ],
      holds: {
        '2024-01-09': { lastSeen: { when: moment('2024-01-09'), places: [], by: asserter } },
        '2024-01-10': { lastSeen: { when: moment('2024-01-10'), places: beach, by: asserter } },
      },
    },
    'after the arrest it is out of place, and shown': {
      given: [
        ['confirm-escape', '2024-01-07', { person }],
        ['recapture', '2024-01-09'],
        ['sight', '2024-01-10'],
      ],
      holds: {
        '2024-01-10': {
          status: 'recaptured',
          lastSeen: { when: moment('2024-01-10'), places: [], by: asserter },
        },
      },
      flagged: { e2: 'recaptured' },
    },
    'of nobody it is nothing': {
      given: [['sight', '2024-01-10', { places: beach }]],
      holds: { '2024-01-10': null },
      flagged: { e0: null },
    },
  })
})

describe('a death report is not a death', () => {
  const speaker = { name: 'SNAI', id: 'snai' }
  specify('fugitive', {
    'it is shown beside what is known, with who says so': {
      given: [
        ['confirm-escape', '2024-01-07', { person, places: prison }],
        [
          'report-death',
          '2024-01-09',
          { places: beach, source: { publisher: 'Press', medium: 'press', speaker }, by: 'Someone' },
        ],
      ],
      holds: {
        '2024-01-09': {
          status: 'at_large',
          places: prison,
          deathReported: { when: moment('2024-01-09'), by: speaker },
        },
      },
    },
    'confirmed, it is one, whatever was before': {
      given: [
        ['confirm-escape', '2024-01-07', { person }],
        ['recapture', '2024-01-08'],
        ['confirm-death', '2024-01-09'],
        ['report-death', '2024-01-10'],
      ],
      holds: { '2024-01-08': 'recaptured', '2024-01-09': 'dead', '2024-01-10': 'dead' },
    },
    'confirmed twice, the second is out of place': {
      given: [
        ['confirm-escape', '2024-01-07', { person }],
        ['confirm-death', '2024-01-09'],
        ['confirm-death', '2024-01-10', { places: beach }],
      ],
      holds: { '2024-01-10': { status: 'dead', places: beach } },
      flagged: { e2: 'dead' },
    },
  })
})

describe('the end of an episode', () => {
  specify('fugitive', {
    'a recapture implies the escape that was denied': {
      given: [
        ['deny-escape', '2024-01-07', { person }],
        ['recapture', '2024-01-09'],
      ],
      holds: { '2024-01-09': 'recaptured' },
    },
    'as does a surrender': {
      given: [
        ['deny-escape', '2024-01-07', { person }],
        ['surrender', '2024-01-09'],
      ],
      holds: { '2024-01-09': 'surrendered' },
    },
    'extradited, he is in the receiving country, and may be released there': {
      given: [
        ['confirm-escape', '2024-01-07', { person, places: prison }],
        ['recapture', '2024-01-09'],
        ['extradite', '2024-01-10', { places: argentina }],
        ['release', '2024-01-12'],
      ],
      holds: {
        '2024-01-10': { status: 'extradited', places: argentina },
        '2024-01-12': { status: 'released', places: argentina },
      },
    },
    'who escapes again is another stream: here a report is out of place and yields': {
      given: [
        ['confirm-escape', '2024-01-07', { person }],
        ['recapture', '2024-01-09'],
        ['report-escape', '2024-01-11', { person, partOf: 'incident-riots' }],
      ],
      holds: { '2024-01-11': { status: 'recaptured', partOf: 'incident-riots' } },
      flagged: { e2: 'recaptured' },
    },
    'and a confirmation is out of place, and counts': {
      given: [
        ['confirm-escape', '2024-01-07', { person }],
        ['recapture', '2024-01-09'],
        ['confirm-escape', '2024-01-11', { person }],
      ],
      holds: { '2024-01-11': 'at_large' },
      flagged: { e2: 'recaptured' },
    },
  })
})

describe('names', () => {
  specify('fugitive', {
    'one that is replaced becomes an alias': {
      given: [
        ['report-escape', '2024-01-07', { person: 'Fito' }],
        ['confirm-escape', '2024-01-09', { person }],
      ],
      holds: { '2024-01-09': { title: person.name, person, aliases: ['Fito'] } },
    },
    'aliases add up, each once and where it stood': {
      given: [
        ['report-escape', '2024-01-07', { person, aliases: ['Fito', 'El Jefe'] }],
        ['confirm-escape', '2024-01-09', { person, aliases: ['El Jefe', 'Macías', 'Fito'] }],
      ],
      holds: { '2024-01-09': { aliases: ['Fito', 'El Jefe', 'Macías'] } },
    },
    'a claim that only fills adds none to some': {
      given: [
        ['confirm-escape', '2024-01-07', { person, aliases: ['Fito'] }],
        ['notice-absence', '2024-01-08', { person, aliases: ['El Jefe'] }],
      ],
      holds: { '2024-01-08': { aliases: ['Fito'] } },
    },
  })
})
