import { travel as kind } from '../src/vocabulary/travel.ts'
import { projection } from './projection.ts'

const active = ['ordered', 'travelling', 'there'] as const

/** Ordered to go is not there. */
export const travel = projection(kind, {
  statuses: ['ordered', 'travelling', 'there', 'returned', 'cancelled'],
  active,
  title: ({ travellers }) => travellers.map(({ name }) => name).join(', ') || null,
  rows: {
    order: { claim: true, to: 'ordered', from: ['none', 'cancelled'], keeps: active },
    cancel: { claim: true, to: 'cancelled', from: ['ordered'] },
    depart: { to: 'travelling', from: ['none', 'ordered', 'cancelled'] },
    arrive: { to: 'there', from: ['none', 'ordered', 'travelling', 'cancelled'] },
    return: { to: 'returned', from: ['travelling', 'there'] },
  },
})
