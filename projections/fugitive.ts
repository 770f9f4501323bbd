import { fugitive as kind } from '../src/vocabulary/fugitive.ts'
import type { Place } from '../src/vocabulary/place.ts'
import { projection } from './projection.ts'
import { type Telling, telling } from './told.ts'

const active = ['missing', 'reported_escaped', 'at_large'] as const
const ended = ['recaptured', 'surrendered', 'not_escaped', 'extradited', 'released'] as const

/** Missing is not escaped, a sighting ends nothing, and a death report is not a death. */
export const fugitive = projection(kind, {
  statuses: [
    'missing',
    'reported_escaped',
    'at_large',
    'recaptured',
    'surrendered',
    'not_escaped',
    'dead',
    'extradited',
    'released',
  ],
  active,
  questions: { 'escaped-fugitives': ['reported_escaped', 'at_large'] },
  derived: {
    lastSeen: null as (Telling & { places: readonly Place[] }) | null,
    deathReported: null as Telling | null,
  },
  title: ({ person }) => person?.name ?? null,
  named: ({ person }) => person?.name ?? null,
  rows: {
    'notice-absence': { claim: true, to: 'missing', from: ['none', 'not_escaped'], keeps: active },
    'report-escape': {
      claim: true,
      to: 'reported_escaped',
      from: ['none', 'missing', 'not_escaped'],
      keeps: ['reported_escaped', 'at_large'],
    },
    'confirm-escape': { to: 'at_large', from: ['none', 'missing', 'reported_escaped', 'not_escaped'] },
    'deny-escape': {
      claim: true,
      to: 'not_escaped',
      from: ['none', 'missing', 'reported_escaped'],
      keeps: ['not_escaped'],
    },
    sight: {
      keeps: active,
      placesStay: true,
      effect(draft, event) {
        draft.lastSeen = { places: event.places ?? [], ...telling(event) }
      },
    },
    recapture: { to: 'recaptured', from: [...active, 'not_escaped'] },
    surrender: { to: 'surrendered', from: [...active, 'not_escaped'] },
    'report-death': {
      keeps: [...active, ...ended, 'dead'],
      placesStay: true,
      effect(draft, event) {
        draft.deathReported = telling(event)
      },
    },
    extradite: { to: 'extradited', from: ['recaptured', 'surrendered'] },
    release: { to: 'released', from: ['recaptured', 'surrendered', 'extradited', 'not_escaped'] },
    'confirm-death': { to: 'dead', from: [...active, ...ended] },
  },
})
