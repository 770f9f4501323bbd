import { meeting as kind } from '../src/vocabulary/meeting.ts'
import { projection } from './projection.ts'

const active = ['called', 'in_session'] as const

/** Called is not held. */
export const meeting = projection(kind, {
  statuses: ['called', 'in_session', 'concluded', 'cancelled'],
  active,
  title: ({ body }) => body?.name ?? null,
  rows: {
    call: { claim: true, to: 'called', from: ['none', 'cancelled'], keeps: active },
    cancel: { claim: true, to: 'cancelled', from: ['called'] },
    convene: { to: 'in_session', from: ['none', 'called', 'cancelled'] },
    conclude: { to: 'concluded', from: active },
  },
})
