import { describe } from 'vitest'
import { specify } from '../given.ts'

const travellers = [{ name: 'Víctor Torres' }, { name: 'Jorge Chávez', id: 'jorge-chavez-cresta' }]
const tumbes = [{ name: 'Tumbes', country: 'PE' }]

describe('ordered to go is not there', () => {
  specify('travel', {
    'ordered, on the way, there, and back': {
      given: [
        ['order', '2024-01-09', { travellers, orderedBy: 'Dina Boluarte', places: tumbes }],
        ['depart', '2024-01-10', { travellers: ['Víctor Torres'] }],
        ['arrive', '2024-01-11'],
        ['return', '2024-01-12'],
      ],
      holds: {
        '2024-01-09': { status: 'ordered', title: 'Víctor Torres, Jorge Chávez', travellers, places: tumbes },
        '2024-01-10': {
          status: 'travelling',
          title: 'Víctor Torres',
          travellers: [{ name: 'Víctor Torres' }],
        },
        '2024-01-11': { status: 'there', places: tumbes },
        '2024-01-12': 'returned',
      },
    },
    'an order told on arrival is in place, and fills gaps only': {
      given: [
        ['arrive', '2024-01-10', { places: tumbes }],
        ['order', '2024-01-11', { travellers, purpose: 'Inspect', places: [] }],
      ],
      holds: {
        '2024-01-10': { status: 'there', title: 'a-1', travellers: [] },
        '2024-01-11': {
          status: 'there',
          title: 'Víctor Torres, Jorge Chávez',
          travellers,
          purpose: 'Inspect',
          places: tumbes,
        },
      },
    },
    'called off, and gone all the same': {
      given: [
        ['order', '2024-01-09', { travellers }],
        ['cancel', '2024-01-10'],
        ['arrive', '2024-01-11'],
      ],
      holds: { '2024-01-10': 'cancelled', '2024-01-11': 'there' },
    },
    'who is on the way is not called back by a word': {
      given: [
        ['depart', '2024-01-09', { travellers }],
        ['cancel', '2024-01-10'],
      ],
      holds: { '2024-01-10': 'travelling' },
      flagged: { e1: 'travelling' },
    },
    'a return of who never left is out of place, and counts': {
      given: [
        ['order', '2024-01-09', { travellers }],
        ['return', '2024-01-10'],
      ],
      holds: { '2024-01-10': 'returned' },
      flagged: { e1: 'ordered' },
    },
  })
})
