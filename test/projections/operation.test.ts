import { describe } from 'vitest'
import { asserter, moment, specify } from '../given.ts'

const type = 'search'
const prison = [{ name: 'La Regional', country: 'EC' }]
const fito = { name: 'Fito', id: 'fito' }
const finding = (found: boolean, eventId: string, when: string, more: object = {}) => ({
  subject: fito,
  found,
  value: null,
  by: asserter,
  when: moment(when),
  eventId,
  ...more,
})

describe('ordered is not begun', () => {
  specify('operation', {
    'ordered, begun, over': {
      given: [
        ['order', '2024-01-06', { type, title: 'Search', units: ['Army'], strength: { best: 3000 } }],
        ['start', '2024-01-07', { type, places: prison }],
        ['end', '2024-01-08'],
      ],
      holds: {
        '2024-01-06': {
          status: 'ordered',
          title: 'Search',
          units: [{ name: 'Army' }],
          strength: { min: null, best: 3000, max: null, text: null },
        },
        '2024-01-07': { status: 'running', title: 'Search', places: prison, units: [{ name: 'Army' }] },
        '2024-01-08': 'ended',
      },
    },
    'an order told after the beginning is in place, and fills gaps only': {
      given: [
        ['start', '2024-01-07', { type, purpose: 'Find him' }],
        ['order', '2024-01-08', { type: 'raid', purpose: 'Other', orderedBy: 'Noboa' }],
      ],
      holds: { '2024-01-08': { status: 'running', type, purpose: 'Find him', orderedBy: { name: 'Noboa' } } },
    },
    'called off before it began; begun all the same': {
      given: [
        ['order', '2024-01-06', { type }],
        ['cancel', '2024-01-07'],
        ['order', '2024-01-08', { type }],
        ['cancel', '2024-01-09'],
        ['start', '2024-01-10', { type }],
      ],
      holds: {
        '2024-01-07': 'cancelled',
        '2024-01-08': 'ordered',
        '2024-01-09': 'cancelled',
        '2024-01-10': 'running',
      },
    },
    'what runs is not called off by a word': {
      given: [
        ['start', '2024-01-07', { type }],
        ['cancel', '2024-01-08'],
      ],
      holds: { '2024-01-08': 'running' },
      flagged: { e1: 'running' },
    },
  })
})

describe('findings', () => {
  specify('operation', {
    'not found is data, and moves no place': {
      given: [
        ['start', '2024-01-07', { type, places: prison }],
        ['report-finding', '2024-01-08', { found: false, subject: fito, places: [] }],
      ],
      holds: {
        '2024-01-08': { status: 'running', places: prison, findings: [finding(false, 'e1', '2024-01-08')] },
      },
    },
    'the last of each subject and asserter, newest first': {
      given: [
        ['start', '2024-01-07', { type }],
        ['report-finding', '2024-01-08', { found: false, subject: fito }],
        ['report-finding', '2024-01-09', { found: true, subject: 'Weapons', value: { min: 20 } }],
        ['report-finding', '2024-01-10', { found: true, subject: { name: 'Macías', id: 'fito' } }],
        [
          'report-finding',
          '2024-01-11',
          { found: false, subject: fito, source: { publisher: 'Agency', medium: 'press' } },
        ],
        ['report-finding', '2024-01-12', { found: false, subject: 'weapons' }],
      ],
      holds: {
        '2024-01-11': {
          findings: [
            finding(false, 'e4', '2024-01-11', { by: { name: 'Agency' } }),
            finding(true, 'e3', '2024-01-10', { subject: { name: 'Macías', id: 'fito' } }),
            finding(true, 'e2', '2024-01-09', {
              subject: { name: 'Weapons' },
              value: { min: 20, best: null, max: null, text: null },
            }),
          ],
        },
        '2024-01-12': {
          findings: [
            finding(false, 'e5', '2024-01-12', { subject: { name: 'weapons' } }),
            finding(false, 'e4', '2024-01-11', { by: { name: 'Agency' } }),
            finding(true, 'e3', '2024-01-10', { subject: { name: 'Macías', id: 'fito' } }),
          ],
        },
      },
    },
    'what finds something runs, be it only ordered': {
      given: [
        ['order', '2024-01-06', { type }],
        ['report-finding', '2024-01-07', { found: false, subject: fito }],
        ['end', '2024-01-08'],
        ['report-finding', '2024-01-09', { found: true, subject: fito }],
      ],
      holds: {
        '2024-01-07': 'running',
        '2024-01-09': { status: 'ended', findings: [finding(true, 'e3', '2024-01-09')] },
      },
    },
    'also, out of place, what was called off': {
      given: [
        ['order', '2024-01-06', { type }],
        ['cancel', '2024-01-07'],
        ['report-finding', '2024-01-08', { found: false, subject: fito }],
      ],
      holds: { '2024-01-08': 'running' },
      flagged: { e2: 'cancelled' },
    },
  })
})
