import { z } from 'zod'
import { actor } from '../../../vocabulary/party.ts'
import { recorded } from '../../../vocabulary/recorded.ts'
import { source } from '../../../vocabulary/source.ts'
import { position } from './scalar.ts'

export const moment = recorded.shape.when.unwrap().meta({
  id: 'Moment',
  description:
    'One moment, exactly known or not: as written, and the window it means, both ends included. `text` null: it was ' +
    'not given; `earliest` null: before everything',
})

const recordedActor = actor.options[1].meta({
  id: 'RecordedActor',
  description: 'A person, organization, unit or office; `id` links `/v1/actors/{id}`',
})

export const recordedSource = source.extend({ speaker: recordedActor.optional() }).meta({
  id: 'RecordedSource',
  description: 'Who asserts it, where, and by which chain it reached the ledger',
})

export const event = recorded
  .safeExtend({ position, when: moment.optional(), source: recordedSource.optional() })
  .meta({
    id: 'Event',
    description:
      'An immutable record: a source asserted something. One about another event has no `when` of its own',
  })

export const {
  id: _id,
  revision: _revision,
  recordedAt: _recordedAt,
  position: _position,
  ...drafted
} = event.shape

export const draft = z
  .strictObject(drafted)
  .meta({ id: 'Draft', description: 'An event as it would be recorded' })

export const events = z
  .strictObject({
    events: z.array(event),
    next: position.nullable().describe('The `after` of the next page; null: this is the last'),
    head: position.describe('The newest position'),
  })
  .meta({ id: 'Events', description: 'Events in the order of their positions' })
