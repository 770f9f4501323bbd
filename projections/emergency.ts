import { type Bounds, endOfTerm, endOfUntil, extendEnd, type Term } from '../src/time/term.ts'
import { emergency as kind } from '../src/vocabulary/emergency.ts'
import { projection } from './projection.ts'
import { isOver, type Told } from './told.ts'

type Ending = { until?: string; term?: Term }

/** Dates and terms are read in the event's zone. A retracted correction can take the zone away: then UTC. */
const zoneOf = (event: Told<unknown>): string => event.when.zone ?? 'UTC'

const endOf = (event: Told<Ending>): Bounds | null => {
  const { until, term } = event.data
  if (until) return endOfUntil(until, zoneOf(event))
  return term ? endOfTerm({ ...event.when, zone: zoneOf(event) }, term) : null
}

const extended = (end: Bounds | null, event: Told<Ending>): Bounds | null => {
  const { until, term } = event.data
  if (until || !term) return endOf(event)
  return end && extendEnd(end, term, zoneOf(event))
}

const isPast = ({ data, ...event }: Told<{ until?: string }>): boolean =>
  data.until !== undefined && isOver(endOfUntil(data.until, zoneOf({ data, ...event })), { data, ...event })

/** Announced is not in force: only a declaration puts an emergency in force, and its term ends it by itself. */
export const emergency = projection(kind, {
  statuses: ['announced', 'in_force', 'lifted', 'annulled', 'superseded', 'abandoned', 'expired'],
  active: ['announced', 'in_force'],
  final: 'annulled',
  questions: { 'active-emergencies': ['in_force'] },
  derived: { term: null as Term | null, until: null as string | null, end: null as Bounds | null },
  consumed: ['term', 'until'],
  rows: {
    announce: {
      claim: true,
      to: 'announced',
      from: ['none', 'abandoned'],
      keeps: ['announced', 'in_force'],
      effect(draft, { data }, before) {
        const gives = before === null || before === 'abandoned'
        if (!gives && before !== 'announced') return
        if (data.term && (gives || draft.term === null)) draft.term = data.term
        if (data.until && (gives || draft.until === null)) draft.until = data.until
      },
    },
    abandon: { claim: true, to: 'abandoned', from: ['announced'] },
    declare: {
      to: 'in_force',
      from: ['none', 'announced', 'abandoned'],
      refused: isPast,
      effect(draft, event) {
        draft.term = event.data.term ?? null
        draft.until = event.data.until ?? null
        draft.end = endOf(event)
      },
    },
    extend: {
      to: 'in_force',
      from: ['in_force'],
      refused: isPast,
      effect(draft, event, before) {
        draft.end = before === 'in_force' ? extended(draft.end, event) : endOf(event)
      },
    },
    amend: { keeps: ['announced', 'in_force'] },
    uphold: {
      keeps: ['in_force', 'lifted', 'expired'],
      refused: isPast,
      effect(draft, event) {
        if (event.data.until) draft.end = endOfUntil(event.data.until, zoneOf(event))
      },
    },
    lift: { to: 'lifted', from: ['in_force'] },
    supersede: { to: 'superseded', from: ['in_force'] },
    annul: { to: 'annulled', from: ['in_force', 'lifted', 'superseded', 'expired'] },
  },
  lapse: ({ status, end }) => (status === 'in_force' && end ? { status: 'expired', ...end } : null),
})
