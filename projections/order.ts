import { order as kind } from '../src/vocabulary/order.ts'
import { projection } from './projection.ts'

/** An order is not its execution. */
export const order = projection(kind, {
  statuses: ['issued', 'executed', 'rescinded', 'superseded'],
  active: ['issued'],
  title: ({ content }) => content,
  rows: {
    issue: { claim: true, to: 'issued', from: ['none'], keeps: ['issued', 'executed'] },
    execute: { to: 'executed', from: ['issued'] },
    rescind: { to: 'rescinded', from: ['issued', 'executed'] },
    supersede: { to: 'superseded', from: ['issued', 'executed'] },
  },
})
