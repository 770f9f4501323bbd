import { describe } from 'vitest'
import { asserter, moment, specify } from '../given.ts'

const text = 'The border stays open'

describe('what was said', () => {
  specify('statement', {
    stands: {
      given: [['make', '2024-01-09', { text, speaker: 'Alberto Otárola', about: ['actor-fito'] }]],
      holds: {
        '2024-01-08': null,
        '2024-01-09': {
          status: 'standing',
          title: text,
          text,
          speaker: { name: 'Alberto Otárola' },
          about: ['actor-fito'],
          denial: null,
        },
      },
    },
    'denied, it stays as it was said, the denial beside it': {
      given: [
        ['make', '2024-01-09', { text }],
        ['deny', '2024-01-10', { text: 'It is closed', by: 'Someone' }],
      ],
      holds: {
        '2024-01-10': {
          status: 'denied',
          title: text,
          text,
          denial: { text: 'It is closed', when: moment('2024-01-10'), by: asserter },
        },
      },
    },
    'the first denial stays, and one may have no words': {
      given: [
        ['make', '2024-01-09', { text }],
        ['deny', '2024-01-10'],
        ['deny', '2024-01-11', { text: 'It is closed' }],
      ],
      holds: {
        '2024-01-11': { status: 'denied', denial: { text: null, when: moment('2024-01-10'), by: asserter } },
      },
    },
    'withdrawn, denied or not; a denial then is out of place, and shown': {
      given: [
        ['make', '2024-01-09', { text }],
        ['withdraw', '2024-01-10'],
        ['deny', '2024-01-11', { text: 'It is closed' }],
      ],
      holds: {
        '2024-01-10': { status: 'withdrawn', denial: null },
        '2024-01-11': {
          status: 'withdrawn',
          denial: { text: 'It is closed', when: moment('2024-01-11'), by: asserter },
        },
      },
      flagged: { e2: 'withdrawn' },
    },
    'said again it is in place, and fills gaps only': {
      given: [
        ['make', '2024-01-09', { text }],
        ['make', '2024-01-10', { text: 'In other words', speaker: 'Otárola' }],
      ],
      holds: { '2024-01-10': { status: 'standing', title: text, text, speaker: { name: 'Otárola' } } },
    },
    'withdrawn before it is told: the words fill in': {
      given: [
        ['withdraw', '2024-01-09'],
        ['make', '2024-01-10', { text }],
      ],
      holds: {
        '2024-01-09': { status: 'withdrawn', title: 'a-1', text: null },
        '2024-01-10': { status: 'withdrawn', title: text, text },
      },
      flagged: { e0: null, e1: 'withdrawn' },
    },
    'a denial of what nobody said is nothing': {
      given: [['deny', '2024-01-09', { text }]],
      holds: { '2024-01-09': null },
      flagged: { e0: null },
    },
    'its title is the first 80 characters, whole ones, without an ellipsis': {
      given: [['make', '2024-01-09', { text: '🚨'.repeat(81) }]],
      holds: { '2024-01-09': { title: '🚨'.repeat(80), text: '🚨'.repeat(81) } },
    },
  })
})
