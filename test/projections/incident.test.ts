import { describe } from 'vitest'
import { asserter, moment, specify } from '../given.ts'

const type = 'riot'
const prison = [{ name: 'Turi', country: 'EC' }]
const city = [{ name: 'Cuenca', country: 'EC' }]
const number = (best: number) => ({ min: null, best, max: null, text: null })
const held = (best: number, eventId: string, when: string, more: object = {}) => ({
  measure: 'held',
  scope: null,
  value: number(best),
  by: asserter,
  when: moment(when),
  eventId,
  ...more,
})

describe('what happened', () => {
  specify('incident', {
    'reported, confirmed, under control, over': {
      given: [
        ['report', '2024-01-08', { type, title: 'Riot', actors: ['Los Lobos'], places: prison }],
        ['confirm', '2024-01-09', { title: 'Riot in Turi' }],
        ['contain', '2024-01-10'],
        ['end', '2024-01-11'],
      ],
      holds: {
        '2024-01-07': null,
        '2024-01-08': {
          status: 'reported',
          type,
          title: 'Riot',
          actors: [{ name: 'Los Lobos' }],
          places: prison,
        },
        '2024-01-09': { status: 'confirmed', type, title: 'Riot in Turi', places: prison },
        '2024-01-10': 'contained',
        '2024-01-11': 'ended',
      },
    },
    'a report yields to a confirmation, and fills gaps only': {
      given: [
        ['confirm', '2024-01-08', { type, places: prison }],
        [
          'report',
          '2024-01-09',
          { type: 'takeover', title: 'Takeover', places: city, partOf: 'emergency-a-1' },
        ],
      ],
      holds: {
        '2024-01-09': {
          status: 'confirmed',
          type,
          title: 'Takeover',
          places: prison,
          partOf: 'emergency-a-1',
        },
      },
    },
    'there was none; or there was, after all': {
      given: [
        ['report', '2024-01-08', { type }],
        ['dismiss', '2024-01-09'],
        ['report', '2024-01-10', { type }],
        ['dismiss', '2024-01-11'],
        ['dismiss', '2024-01-12'],
        ['confirm', '2024-01-13'],
      ],
      holds: {
        '2024-01-09': 'dismissed',
        '2024-01-10': 'reported',
        '2024-01-12': 'dismissed',
        '2024-01-13': 'confirmed',
      },
    },
    'what is confirmed is not dismissed by a word': {
      given: [
        ['confirm', '2024-01-08', { type }],
        ['dismiss', '2024-01-09'],
      ],
      holds: { '2024-01-09': 'confirmed' },
      flagged: { e1: 'confirmed' },
    },
    'a report after the end is out of place and yields': {
      given: [
        ['confirm', '2024-01-08', { type }],
        ['end', '2024-01-09'],
        ['report', '2024-01-10', { title: 'Late' }],
      ],
      holds: { '2024-01-10': { status: 'ended', title: 'Late' } },
      flagged: { e2: 'ended' },
    },
    'one without a title goes by its id, until it is given one': {
      given: [
        ['report', '2024-01-08', { type }],
        ['report', '2024-01-09', { title: 'Riot' }],
        ['report', '2024-01-10', { title: 'Another name' }],
      ],
      holds: {
        '2024-01-08': { title: 'a-1' },
        '2024-01-09': { title: 'Riot' },
        '2024-01-10': { title: 'Riot' },
      },
    },
  })
})

describe('figures', () => {
  specify('incident', {
    'begin what nobody reported, and move no place': {
      given: [['report-figure', '2024-01-08', { measure: 'held', value: { best: 125 }, places: prison }]],
      holds: { '2024-01-08': { status: 'reported', places: [], figures: [held(125, 'e0', '2024-01-08')] } },
    },
    'the last in the world counts, not the last recorded': {
      given: [
        ['report', '2024-01-08', { type }],
        ['report-figure', '2024-01-11', { measure: 'held', value: { best: 139 } }],
        ['report-figure', '2024-01-09', { measure: 'held', value: { best: 125 } }],
      ],
      holds: {
        '2024-01-08': { figures: [] },
        '2024-01-10': { figures: [held(125, 'e2', '2024-01-09')] },
        '2024-01-11': { status: 'reported', figures: [held(139, 'e1', '2024-01-11')] },
      },
    },
    'are series by measure, part and asserter, newest first, and nothing is summed': {
      given: [
        ['report-figure', '2024-01-08', { measure: 'held', value: { best: 125 } }],
        ['report-figure', '2024-01-09', { measure: 'held', value: { best: 10 }, scope: 'Turi' }],
        ['report-figure', '2024-01-10', { measure: 'freed', value: { best: 5 } }],
        [
          'report-figure',
          '2024-01-11',
          { measure: 'held', value: { best: 100 }, source: { publisher: 'Agency', medium: 'press' } },
        ],
        ['report-figure', '2024-01-12', { measure: 'held', value: { best: 12 }, scope: 'Turi' }],
      ],
      holds: {
        '2024-01-11': {
          figures: [
            held(100, 'e3', '2024-01-11', { by: { name: 'Agency' } }),
            held(5, 'e2', '2024-01-10', { measure: 'freed' }),
            held(10, 'e1', '2024-01-09', { scope: 'Turi' }),
            held(125, 'e0', '2024-01-08'),
          ],
        },
        '2024-01-12': {
          figures: [
            held(12, 'e4', '2024-01-12', { scope: 'Turi' }),
            held(100, 'e3', '2024-01-11', { by: { name: 'Agency' } }),
            held(5, 'e2', '2024-01-10', { measure: 'freed' }),
            held(125, 'e0', '2024-01-08'),
          ],
        },
      },
    },
    'an asserter is a speaker before a publisher, and known by the id': {
      given: [
        [
          'report-figure',
          '2024-01-08',
          {
            measure: 'held',
            value: { best: 1 },
            source: { publisher: 'Agency', medium: 'press', speaker: { name: 'SNAI', id: 'snai' } },
          },
        ],
        [
          'report-figure',
          '2024-01-09',
          {
            measure: 'held',
            value: { best: 2 },
            source: { publisher: 'Paper', medium: 'press', speaker: { name: 'The service', id: 'snai' } },
          },
        ],
      ],
      holds: {
        '2024-01-09': { figures: [held(2, 'e1', '2024-01-09', { by: { name: 'The service', id: 'snai' } })] },
      },
    },
    'unknown is not zero': {
      given: [['report-figure', '2024-01-08', { measure: 'held', value: {} }]],
      holds: {
        '2024-01-08': {
          figures: [held(0, 'e0', '2024-01-08', { value: { min: null, best: null, max: null, text: null } })],
        },
      },
    },
    'one whose moment is undecided makes no candidate by itself': {
      given: [
        ['report', '2024-01-08', { type }],
        ['report-figure', '2024-01-10/2024-01-12', { measure: 'held', value: { best: 125 } }],
      ],
      holds: {
        '2024-01-11': { figures: [] },
        '2024-01-12': { figures: [held(125, 'e1', '2024-01-10/2024-01-12')] },
      },
    },
    'are in place after the end, and kept where they are not': {
      given: [
        ['report', '2024-01-08', { type }],
        ['end', '2024-01-09'],
        ['report-figure', '2024-01-10', { measure: 'held', value: { best: 0 } }],
      ],
      holds: { '2024-01-10': { status: 'ended', figures: [held(0, 'e2', '2024-01-10')] } },
    },
    'of what was dismissed': {
      given: [
        ['report', '2024-01-08', { type }],
        ['dismiss', '2024-01-09'],
        ['report-figure', '2024-01-10', { measure: 'held', value: { best: 3 } }],
      ],
      holds: { '2024-01-10': { status: 'dismissed', figures: [held(3, 'e2', '2024-01-10')] } },
      flagged: { e2: 'dismissed' },
    },
  })
})
