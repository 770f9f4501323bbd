import { operation as kind } from '../src/vocabulary/operation.ts'
import { type Actor, actorKey } from '../src/vocabulary/party.ts'
import type { Quantity } from '../src/vocabulary/quantity.ts'
import { projection } from './projection.ts'
import { type Telling, telling } from './told.ts'

type Finding = Telling & { subject: Actor; found: boolean; value: Quantity | null; eventId: string }

/** What was found, and what was not: the last of each subject and asserter, newest first. */
export const operation = projection(kind, {
  statuses: ['ordered', 'running', 'ended', 'cancelled'],
  active: ['ordered', 'running'],
  derived: { findings: [] as readonly Finding[] },
  consumed: ['found', 'subject', 'value'],
  rows: {
    order: { claim: true, to: 'ordered', from: ['none', 'cancelled'], keeps: ['ordered', 'running'] },
    cancel: { claim: true, to: 'cancelled', from: ['ordered'] },
    start: { to: 'running', from: ['none', 'ordered', 'cancelled'] },
    'report-finding': {
      to: 'running',
      from: ['none', 'ordered'],
      keeps: ['running', 'ended'],
      placesStay: true,
      effect(draft, event) {
        const { subject, found, value = null } = event.data
        const finding: Finding = { subject, found, value, ...telling(event), eventId: event.id }
        const same = (other: Finding) =>
          actorKey(other.subject) === actorKey(subject) && actorKey(other.by) === actorKey(finding.by)
        draft.findings = [finding, ...draft.findings.filter((other) => !same(other))]
      },
    },
    end: { to: 'ended', from: ['ordered', 'running'] },
  },
})
