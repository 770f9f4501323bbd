import { idOf } from '../../src/vocabulary/envelope.ts'

/** The state of an emergency of which nothing but these fields is known. */
export const emergency = (fields: { status: string; title: string; [field: string]: unknown }) => ({
  places: [],
  type: null,
  issuer: null,
  legalBasis: null,
  grounds: [],
  measures: [],
  partOf: null,
  supersededBy: null,
  term: null,
  until: null,
  end: null,
  ...fields,
})

/** The state of a deployment of which nothing but these fields is known. */
export const deployment = (fields: { status: string; title: string; [field: string]: unknown }) => ({
  places: [],
  unit: null,
  orderedBy: null,
  purpose: null,
  figures: [],
  ...fields,
})

/** A certain row, in nothing out of the ordinary but these members. */
export const row = (kind: string, id: string, members: { state: unknown; [member: string]: unknown }) => ({
  kind,
  id,
  revision: 0,
  crisis: [],
  certainty: 'certain',
  otherwise: [],
  disputed: false,
  flagged: false,
  ...members,
})

/** The event of a receipt as an account of its entity tells it, with nothing said about it. */
export const because = (
  event: { id: string; type: string; when?: unknown; source?: unknown },
  more: Record<string, unknown> = {},
) => ({
  eventId: event.id,
  type: event.type,
  when: event.when,
  source: event.source,
  flagged: false,
  correctedBy: [],
  disputedBy: [],
  corroboratedBy: [],
  ...more,
})

/** The row that a receipt gives of an entity, and what it is called. */
export const named = ({ event }: { event: { kind: string; stream: string } }) => ({
  kind: event.kind,
  id: idOf(event),
})
