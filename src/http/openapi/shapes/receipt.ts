import { z } from 'zod'
import { text } from '../../../vocabulary/text.ts'
import { draft, event } from './event.ts'
import { problem } from './problem.ts'
import { row } from './row.ts'
import { count, eventId, eventOrLine, position, revision } from './scalar.ts'

const flags = z.array(z.strictObject({ eventId: eventOrLine, type: text, status: text.nullable() })).meta({
  id: 'Flags',
  description: 'The events that this newly makes anomalies, and the status each stands in; null: none',
})

export const receipt = z
  .strictObject({
    event,
    state: row.describe('The row when the event was recorded'),
    position,
    revision,
    flags,
  })
  .meta({ id: 'Receipt', description: 'What recording an event did: the same for ever' })

export const dryRun = z
  .strictObject({
    event: draft.nullable().describe('Null: there is none to show'),
    before: row.nullable(),
    after: row.nullable(),
    flags,
    problem: problem.nullable().describe('Why it would be refused'),
  })
  .meta({ id: 'DryRun', description: 'What recording would do' })

export const importResult = z
  .strictObject({
    line: z.number().int().min(1),
    result: z.enum(['recorded', 'repeated', 'refused']),
    eventId: eventId.optional(),
    position: position.optional(),
    flags: flags.optional(),
    problem: problem.optional(),
  })
  .meta({ id: 'ImportResult', description: 'What became of a line' })

export const importSummary = z
  .strictObject({
    done: z.literal(true),
    lines: count,
    recorded: count,
    repeated: count,
    refused: count,
    position: position.describe('Of the newest event among the lines; 0: there is none'),
  })
  .meta({ id: 'ImportSummary', description: 'What became of a file: the last line of the answer' })
