import { deployment as kind } from '../src/vocabulary/deployment.ts'
import { type Figure, withFigure } from './figure.ts'
import { projection } from './projection.ts'

const active = ['ordered', 'en_route', 'on_site'] as const

/** Ordered is not on site. A strength is a figure of whoever told it. */
export const deployment = projection(kind, {
  statuses: ['ordered', 'en_route', 'on_site', 'withdrawn', 'countermanded'],
  active,
  questions: { 'deployed-units': ['en_route', 'on_site'] },
  derived: { figures: [] as readonly Figure[] },
  consumed: ['strength', 'counts'],
  title: ({ unit }) => unit?.name ?? null,
  rows: {
    order: {
      claim: true,
      to: 'ordered',
      from: ['none', 'countermanded'],
      keeps: active,
      effect(draft, event) {
        const { strength: value } = event.data
        if (value)
          draft.figures = withFigure(draft.figures, { measure: 'strength', scope: null, value }, event)
      },
    },
    countermand: { claim: true, to: 'countermanded', from: ['ordered'] },
    depart: { to: 'en_route', from: ['none', 'ordered', 'countermanded'] },
    arrive: { to: 'on_site', from: ['none', 'ordered', 'en_route', 'countermanded'] },
    resize: {
      keeps: active,
      placesStay: true,
      effect(draft, event) {
        const { strength: value, counts } = event.data
        const scope = counts === 'total' ? null : counts
        draft.figures = withFigure(draft.figures, { measure: 'strength', scope, value }, event)
      },
    },
    redeploy: { to: 'en_route', from: ['en_route', 'on_site'], keeps: ['ordered'] },
    withdraw: { to: 'withdrawn', from: ['en_route', 'on_site'] },
  },
})
