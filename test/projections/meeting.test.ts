import { describe } from 'vitest'
import { specify } from '../given.ts'

const body = { name: 'Council of Ministers' }

describe('called is not held', () => {
  specify('meeting', {
    'called, in session, concluded': {
      given: [
        ['call', '2024-01-08', { body, calledBy: 'Dina Boluarte', attendees: ['Otárola'] }],
        ['convene', '2024-01-09', { attendees: ['Otárola', 'Torres'] }],
        ['conclude', '2024-01-10', { decisions: ['Emergency at the border'] }],
      ],
      holds: {
        '2024-01-08': {
          status: 'called',
          title: body.name,
          body,
          calledBy: { name: 'Dina Boluarte' },
          attendees: [{ name: 'Otárola' }],
          decisions: [],
        },
        '2024-01-09': { status: 'in_session', attendees: [{ name: 'Otárola' }, { name: 'Torres' }] },
        '2024-01-10': { status: 'concluded', decisions: ['Emergency at the border'] },
      },
    },
    'called off, and held all the same': {
      given: [
        ['call', '2024-01-08', { body }],
        ['cancel', '2024-01-09'],
        ['call', '2024-01-10', { body }],
        ['cancel', '2024-01-11'],
        ['convene', '2024-01-12'],
      ],
      holds: {
        '2024-01-09': 'cancelled',
        '2024-01-10': 'called',
        '2024-01-11': 'cancelled',
        '2024-01-12': { status: 'in_session', title: body.name },
      },
    },
    'a call told while it is in session is in place, and fills gaps only': {
      given: [
        ['convene', '2024-01-09', { body: 'The Council', attendees: ['Torres'] }],
        ['call', '2024-01-10', { body, purpose: 'Border', attendees: ['Otárola'] }],
      ],
      holds: {
        '2024-01-10': {
          status: 'in_session',
          title: 'The Council',
          body: { name: 'The Council' },
          purpose: 'Border',
          attendees: [{ name: 'Torres' }],
        },
      },
    },
    'what is in session is not called off by a word': {
      given: [
        ['convene', '2024-01-09', { body }],
        ['cancel', '2024-01-10'],
      ],
      holds: { '2024-01-10': 'in_session' },
      flagged: { e1: 'in_session' },
    },
    'what was never called can be concluded, out of place': {
      given: [['conclude', '2024-01-09', { decisions: ['None'] }]],
      holds: { '2024-01-09': { status: 'concluded', title: 'a-1', decisions: ['None'] } },
      flagged: { e0: null },
    },
  })
})
