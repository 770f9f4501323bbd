import { z } from 'zod'
import { allKinds } from '../../../vocabulary/index.ts'
import { place } from '../../../vocabulary/place.ts'
import { text } from '../../../vocabulary/text.ts'
import { count, cursor, instant, position, revision } from './scalar.ts'

export const state = z.looseObject({ status: text, title: text, places: z.array(place) }).meta({
  id: 'State',
  description:
    "What is known of an entity: these, and the fields of its kind's events. Unknown is null, or an empty list",
})

export const candidates = z.array(state.nullable()).describe('The states it may be in; null: none')

export const rowFields = {
  kind: text,
  id: text,
  revision: revision.describe('Of its newest event: what `If-Match` takes'),
  crisis: z.array(text),
  certainty: z
    .enum(['certain', 'possible'])
    .describe('Whether every candidate satisfies the question, or only some'),
  state: state.nullable(),
  otherwise: candidates.describe('The other states it may be in'),
  disputed: z.boolean().describe('A source says otherwise'),
  flagged: z.boolean().describe('It rests on an event that its lifecycle does not allow where it stands'),
}

export const row = z.strictObject(rowFields).meta({ id: 'Row', description: 'One entity at one coordinate' })

export const counts = z
  .record(z.string(), z.strictObject({ certain: count, possible: count }))
  .meta({ id: 'Counts', description: 'How many have a status: certainly, and possibly but not certainly' })

export const at = {
  asOf: instant.describe('What held in the world then'),
  knownAt: instant.nullable().describe('As far as the ledger knew then; null: nothing was recorded'),
  zone: z.string().describe('The time zone in which dates were read'),
  position: position.describe('The position that `knownAt` means'),
}

const rows = z.array(row)

export const list = z
  .strictObject({ ...at, rows, counts, next: cursor })
  .meta({ id: 'List', description: 'Entities of a kind, ordered by id' })

const ofKind = z.strictObject({
  counts,
  rows,
  next: cursor.describe("The `cursor` of the kind's list; null: these are all"),
})

export const ofKinds = z.strictObject(Object.fromEntries(allKinds.map(({ plural }) => [plural, ofKind])))

export const picture = z
  .strictObject({ ...at, kinds: ofKinds })
  .meta({ id: 'Picture', description: 'Every kind at one coordinate' })

export const coordinate = z
  .strictObject(at)
  .meta({ id: 'At', description: 'A coordinate: what held at `asOf`, as known at `position`' })
