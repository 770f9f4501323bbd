import { statement as kind } from '../src/vocabulary/statement.ts'
import { projection } from './projection.ts'
import { type Telling, telling } from './told.ts'

/** What was said stays as it was said, its first denial beside it. */
export const statement = projection(kind, {
  statuses: ['standing', 'denied', 'withdrawn'],
  active: ['standing'],
  derived: {
    text: null as string | null,
    denial: null as (Telling & { text: string | null }) | null,
  },
  consumed: ['text'],
  title: ({ text }) => (text === null ? null : [...text].slice(0, 80).join('')),
  rows: {
    make: {
      claim: true,
      to: 'standing',
      from: ['none'],
      keeps: ['standing'],
      effect(draft, { data }, before) {
        if (before === null || draft.text === null) draft.text = data.text
      },
    },
    deny: {
      claim: true,
      to: 'denied',
      from: ['standing'],
      keeps: ['denied'],
      effect(draft, event) {
        draft.denial ??= { text: event.data.text ?? null, ...telling(event) }
      },
    },
    withdraw: { to: 'withdrawn', from: ['standing', 'denied'] },
  },
})
