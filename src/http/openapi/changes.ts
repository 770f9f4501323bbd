import { z } from 'zod'
import { projections } from '../../../projections/index.ts'
import { diffParameters } from '../diff.ts'
import { ndjson } from '../ndjson.ts'
import { diff, streamDropped, streamedEvent, streamedLapse, streamedPicture } from './shapes/change.ts'
import { foundVersion, versions } from './shapes/version.ts'
import { streamParameters } from '../stream.ts'
import { versionsParameters } from '../versions.ts'
import { asked, type ExampleLedger, exampleLedger, tell, wayTo } from './example-ledger.ts'
import { answered, asking, json, linesOf, type Operation } from './operation.ts'

const first = projections[0]!

/** The operations that tell what changes: between two coordinates, along time, and as it happens. */
export const changeOperations = async (): Promise<Operation[]> => {
  const ledger = exampleLedger()
  await tell(ledger, first, asked(first))
  return [await diffOperation(ledger), await versionsOperation(ledger), await streamOperation()]
}

const tag = 'questions'

const diffOperation = async (ledger: ExampleLedger): Promise<Operation> => ({
  id: 'diff',
  tag,
  summary: 'What changed between two coordinates: in our knowledge, then in the world',
  description:
    'Each change names what did it: the events recorded in between, or the events and lapses of which a bound lies in ' +
    'between. Either coordinate may be the earlier one; what is not given of the first is that of the second.',
  method: 'get',
  path: '/v1/diff',
  query: diffParameters,
  answers: {
    200: {
      description: 'A page: at most `limit` entities that differ, in the order of kinds and ids',
      content: json(diff, await answered(ledger, '/v1/diff?fromAsOf=2024-01-08&zone=America/Guayaquil')),
    },
  },
  problems: asking,
})

const versionsOperation = async (ledger: ExampleLedger): Promise<Operation> => {
  const path = '/v1/versions?from=2024-01-01&to=2024-01-31&kind=emergency'
  return {
    id: 'versions',
    tag,
    summary: 'The versions that overlap a window of valid time, for timelines and histograms',
    method: 'get',
    path: '/v1/versions',
    query: versionsParameters,
    answers: {
      200: {
        description: 'A page; as lines all of them, if no limit is given',
        content: {
          ...json(versions, await answered(ledger, path)),
          ...linesOf(
            foundVersion,
            'Lines of JSON, each a `FoundVersion`',
            await answered(ledger, { path, headers: { accept: ndjson } }),
          ),
        },
      },
    },
    problems: asking,
  }
}

const streamOperation = async (): Promise<Operation> => ({
  id: 'stream',
  tag,
  summary: 'What happens, as it happens',
  description:
    'Server-sent events: first `picture`; then `event` with what it changes, its id the position; and `lapse` when the ' +
    'clock reaches a moment at which time alone changes a row. There is no gap between them. Whoever comes again says ' +
    'the last id in `Last-Event-ID`, as browsers do, and is told what was missed instead of the picture, and lapses since ' +
    'that event once more, for they have no id. One who reads too slowly is told `dropped`, and can come again; so are ' +
    'all when the answers no longer follow the log.',
  method: 'get',
  path: '/v1/stream',
  query: streamParameters,
  headers: z.object({
    'Last-Event-ID': z
      .string()
      .regex(/^\d+$/)
      .optional()
      .describe('Go on after this position, with what was missed'),
  }),
  answers: {
    200: {
      description: 'What happens, in order, until one side leaves',
      content: {
        'text/event-stream': {
          schema: z.string().describe('Server-sent events, each with one JSON value as its data'),
          of: z.union([streamedPicture, streamedEvent, streamedLapse, streamDropped]),
          example: await streamedExample(),
        },
      },
    },
  },
  problems: asking,
})

/** The picture, and an event that comes while it is read. */
const streamedExample = async (): Promise<string> => {
  const ledger = exampleLedger()
  const { body } = await ledger.ask(`/v1/stream?kinds=${first.kind.name}`)
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader()
  const { value: begun = '' } = await reader.read()
  await ledger.record(first, wayTo(first, asked(first))[0]!, 0)
  const { value: told = '' } = await reader.read()
  await reader.cancel()
  return begun + told
}
