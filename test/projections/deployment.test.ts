import { describe } from 'vitest'
import { asserter, moment, specify } from '../given.ts'

const unit = { name: 'Diroes', id: 'diroes' }
const border = [{ name: 'Tumbes', country: 'PE', subdivision: 'PE-TUM' }]
const lima = [{ name: 'Lima', country: 'PE' }]
const unknown = { min: null, best: null, max: null, text: null }
const fifty = { ...unknown, best: 50 }
const hundred = { ...unknown, best: 100 }
const strength = (value: object, eventId: string, when: string, more: object = {}) => ({
  measure: 'strength',
  scope: null,
  value,
  by: asserter,
  when: moment(when),
  eventId,
  ...more,
})

describe('ordered is not on site', () => {
  specify('deployment', {
    'ordered, on its way, there, and home': {
      given: [
        [
          'order',
          '2024-01-09',
          { unit, places: border, orderedBy: 'Víctor Torres Falcón', purpose: 'Border' },
        ],
        ['depart', '2024-01-10'],
        ['arrive', '2024-01-11', { places: lima }],
        ['withdraw', '2024-01-20'],
      ],
      holds: {
        '2024-01-08': null,
        '2024-01-09': {
          status: 'ordered',
          title: 'Diroes',
          unit,
          places: border,
          purpose: 'Border',
          orderedBy: { name: 'Víctor Torres Falcón' },
        },
        '2024-01-10': { status: 'en_route', places: border },
        '2024-01-11': { status: 'on_site', places: lima },
        '2024-01-20': 'withdrawn',
      },
    },
    'an arrival alone is enough': {
      given: [['arrive', '2024-01-11', { unit }]],
      holds: { '2024-01-11': { status: 'on_site', title: 'Diroes' } },
    },
    'without a unit it goes by its id': {
      given: [['arrive', '2024-01-11']],
      holds: { '2024-01-11': { status: 'on_site', title: 'a-1', unit: null } },
    },
    'an order told after the arrival is in place, and fills gaps only': {
      given: [
        ['arrive', '2024-01-11', { unit: 'The unit', places: lima }],
        ['order', '2024-01-12', { unit, purpose: 'Border', places: border }],
      ],
      holds: {
        '2024-01-12': {
          status: 'on_site',
          title: 'The unit',
          unit: { name: 'The unit' },
          purpose: 'Border',
          places: lima,
        },
      },
    },
    'an order taken back': {
      given: [
        ['order', '2024-01-09', { unit }],
        ['countermand', '2024-01-10'],
        ['order', '2024-01-12', { unit, purpose: 'After all' }],
      ],
      holds: { '2024-01-10': 'countermanded', '2024-01-12': { status: 'ordered', purpose: 'After all' } },
    },
    'under way, that is out of place and stops nobody': {
      given: [
        ['depart', '2024-01-09', { unit }],
        ['countermand', '2024-01-10'],
      ],
      holds: { '2024-01-10': 'en_route' },
      flagged: { e1: 'en_route' },
    },
    'who left all the same, left': {
      given: [
        ['order', '2024-01-09', { unit }],
        ['countermand', '2024-01-10'],
        ['depart', '2024-01-11'],
      ],
      holds: { '2024-01-11': 'en_route' },
    },
    'what begins again after its end is another stream: an order here yields': {
      given: [
        ['arrive', '2024-01-09', { unit }],
        ['withdraw', '2024-01-10'],
        ['order', '2024-01-11', { unit, purpose: 'Again' }],
      ],
      holds: { '2024-01-11': { status: 'withdrawn', purpose: 'Again' } },
      flagged: { e2: 'withdrawn' },
    },
  })
})

describe('sent elsewhere', () => {
  specify('deployment', {
    'before it left it stays ordered': {
      given: [
        ['order', '2024-01-09', { unit, places: border }],
        ['redeploy', '2024-01-10', { places: lima }],
      ],
      holds: { '2024-01-10': { status: 'ordered', places: lima } },
    },
    'from where it was it is on its way': {
      given: [
        ['arrive', '2024-01-09', { unit, places: border }],
        ['redeploy', '2024-01-10', { places: lima }],
      ],
      holds: { '2024-01-10': { status: 'en_route', places: lima } },
    },
    'from home, out of place, on its way too': {
      given: [
        ['arrive', '2024-01-09', { unit }],
        ['withdraw', '2024-01-10'],
        ['redeploy', '2024-01-11'],
      ],
      holds: { '2024-01-11': 'en_route' },
      flagged: { e2: 'withdrawn' },
    },
  })
})

describe('its strength is a figure of whoever tells it', () => {
  specify('deployment', {
    'unknown is not zero: without a number there is none': {
      given: [['order', '2024-01-09', { unit }]],
      holds: { '2024-01-09': { figures: [] } },
    },
    'a number nobody knows is kept as such': {
      given: [['order', '2024-01-09', { unit, strength: { text: 'several' } }]],
      holds: { '2024-01-09': { figures: [strength({ ...unknown, text: 'several' }, 'e0', '2024-01-09')] } },
    },
    'the number of an order counts the whole, and one of the same asserter takes its place': {
      given: [
        ['order', '2024-01-09', { unit, strength: { best: 50 } }],
        ['resize', '2024-01-11', { strength: { best: 100 }, counts: 'total', places: lima }],
      ],
      holds: {
        '2024-01-10': { figures: [strength(fifty, 'e0', '2024-01-09')] },
        '2024-01-11': { status: 'ordered', places: [], figures: [strength(hundred, 'e1', '2024-01-11')] },
      },
    },
    'a part never stands for the whole': {
      given: [
        ['order', '2024-01-09', { unit, strength: { best: 50 } }],
        ['resize', '2024-01-10', { strength: { best: 100 }, counts: 'added' }],
        ['resize', '2024-01-11', { strength: { best: 50 }, counts: 'unclear' }],
      ],
      holds: {
        '2024-01-11': {
          figures: [
            strength(fifty, 'e2', '2024-01-11', { scope: 'unclear' }),
            strength(hundred, 'e1', '2024-01-10', { scope: 'added' }),
            strength(fifty, 'e0', '2024-01-09'),
          ],
        },
      },
    },
    'another asserter has another series; upper and lower case are one': {
      given: [
        ['order', '2024-01-09', { unit, strength: { best: 50 } }],
        [
          'resize',
          '2024-01-10',
          { strength: { best: 100 }, counts: 'total', source: { publisher: 'Agency', medium: 'press' } },
        ],
        [
          'resize',
          '2024-01-11',
          { strength: { best: 50 }, counts: 'total', source: { publisher: 'MINISTRY', medium: 'press' } },
        ],
      ],
      holds: {
        '2024-01-11': {
          figures: [
            strength(fifty, 'e2', '2024-01-11', { by: { name: 'MINISTRY' } }),
            strength(hundred, 'e1', '2024-01-10', { by: { name: 'Agency' } }),
          ],
        },
      },
    },
    'also an order that only fills gaps keeps its number': {
      given: [
        ['arrive', '2024-01-09', { unit }],
        ['resize', '2024-01-10', { strength: { best: 100 }, counts: 'total' }],
        ['order', '2024-01-11', { unit, strength: { best: 50 } }],
      ],
      holds: { '2024-01-11': { status: 'on_site', figures: [strength(fifty, 'e2', '2024-01-11')] } },
    },
    'a number after the withdrawal is out of place, and kept': {
      given: [
        ['arrive', '2024-01-09', { unit }],
        ['withdraw', '2024-01-10'],
        ['resize', '2024-01-11', { strength: { best: 50 }, counts: 'total' }],
      ],
      holds: { '2024-01-11': { status: 'withdrawn', figures: [strength(fifty, 'e2', '2024-01-11')] } },
      flagged: { e2: 'withdrawn' },
    },
  })
})
