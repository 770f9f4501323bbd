import { z } from 'zod'

// What the shapes of answers are made of. All shapes of this folder are exact, each under the name that the OpenAPI document
// gives it, with what it means.

export const instant = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'must be an instant as the ledger writes it')
  .meta({ id: 'Instant', description: 'A moment in UTC, to the millisecond, always in this one spelling' })

export const position = z.number().int().min(0).meta({
  id: 'Position',
  description: 'A place in the whole log: compare, never compute. 0 is before the first event',
})

export const count = z.number().int().min(0)

export const revision = count

export const eventId = z.uuid().describe('The id of an event')

/** Of the events that a dry run of an import would record. */
export const eventOrLine = z
  .union([eventId, z.string().regex(/^line [1-9]\d*$/)])
  .describe('The id of an event; in a dry run of an import, `line 2` is what its second line would record')

export const cursor = z.string().nullable().describe('The `cursor` of the next page; null: this is the last')

export const ids = z.array(eventId)
