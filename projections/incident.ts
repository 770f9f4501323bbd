import { incident as kind } from '../src/vocabulary/incident.ts'
import { type Figure, withFigure } from './figure.ts'
import { projection } from './projection.ts'

const active = ['reported', 'confirmed', 'contained'] as const

/** Figures are series by measure, part and asserter; nothing is summed, and unknown is never zero. */
export const incident = projection(kind, {
  statuses: ['reported', 'confirmed', 'contained', 'ended', 'dismissed'],
  active,
  derived: { figures: [] as readonly Figure[] },
  consumed: ['measure', 'value', 'scope'],
  rows: {
    report: { claim: true, to: 'reported', from: ['none', 'dismissed'], keeps: active },
    confirm: { to: 'confirmed', from: ['none', 'reported', 'dismissed'] },
    'report-figure': {
      claim: true,
      to: 'reported',
      from: ['none'],
      keeps: [...active, 'ended'],
      placesStay: true,
      effect(draft, event) {
        const { measure, value, scope = null } = event.data
        draft.figures = withFigure(draft.figures, { measure, scope, value }, event)
      },
    },
    contain: { to: 'contained', from: ['reported', 'confirmed'] },
    end: { to: 'ended', from: active },
    dismiss: { claim: true, to: 'dismissed', from: ['reported'], keeps: ['dismissed'] },
  },
})
