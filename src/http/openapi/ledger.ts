import { z } from 'zod'
import { projections } from '../../../projections/index.ts'
import { domainBody, key, metaBody, streamOf } from '../../vocabulary/envelope.ts'
import { allKinds } from '../../vocabulary/index.ts'
import { eventName, metaCommands } from '../../vocabulary/meta.ts'
import { id } from '../../vocabulary/text.ts'
import { eventParameters } from '../events.ts'
import { importParameters } from '../import.ts'
import { ndjson } from '../ndjson.ts'
import { event, events } from './shapes/event.ts'
import { importResult, importSummary } from './shapes/receipt.ts'
import {
  asked,
  type ExampleLedger,
  exampleBody,
  exampleLedger,
  exampleSource,
  tell,
  wayTo,
} from './example-ledger.ts'
import { always, answered, asking, json, linesOf, type Operation } from './operation.ts'

const first = projections[0]!

/** The operations on the ledger itself: its events, one event, and the import of a file. */
export const ledgerOperations = async (): Promise<Operation[]> => {
  const ledger = exampleLedger()
  const [one] = await tell(ledger, first, asked(first))
  return [await eventsOperation(ledger), await eventOperation(ledger, one!.id), await importOperation()]
}

const eventsOperation = async (ledger: ExampleLedger): Promise<Operation> => ({
  id: 'list-events',
  tag: 'events',
  summary: 'All events, in the order in which they were recorded',
  method: 'get',
  path: '/v1/events',
  query: eventParameters,
  answers: {
    200: {
      description: 'A page; as lines all of them, if no limit is given',
      content: {
        ...json(events, await answered(ledger, '/v1/events')),
        ...linesOf(
          event,
          'Lines of JSON, each an `Event`',
          await answered(ledger, { path: '/v1/events', headers: { accept: ndjson } }),
        ),
      },
    },
  },
  problems: asking,
})

const eventOperation = async (ledger: ExampleLedger, eventId: string): Promise<Operation> => ({
  id: 'get-event',
  tag: 'events',
  summary: 'One event, as it was recorded',
  method: 'get',
  path: '/v1/events/{eventId}',
  params: z.object({ eventId: eventName.describe('Its id, or `<stream>#<key>`, percent-encoded') }),
  answers: {
    200: { description: 'The event', content: json(event, await answered(ledger, `/v1/events/${eventId}`)) },
  },
  problems: ['invalid', ...always, 'not_found'],
})

const kindNames = z.enum(allKinds.map(({ name }) => name))
const metaNames = z.enum(Object.keys(metaCommands))

const line = z
  .union([
    domainBody.extend({ kind: kindNames, id, command: z.string(), key: key.optional() }),
    metaBody.extend({ command: metaNames, key: key.optional(), data: z.looseObject({ eventId: eventName }) }),
  ])
  .meta({
    id: 'ImportLine',
    description:
      "A command: about an entity, or about an event, which data names. The rest is the command's own body. Without " +
      'a key, the SHA-256 of the line as canonical JSON (RFC 8785) is its key, so that a file sent twice adds nothing',
  })

/** Two lines that belong together, and one that is refused. */
const exampleLines = (): string => {
  const { kind } = first
  const [command] = wayTo(first, asked(first))
  const about = { kind: kind.name, id: kind.example }
  const name = 'decree-110'
  const eventId = `${streamOf(about.kind, about.id)}#${name}`
  const lines = [
    { ...about, command: command!.name, key: name, ...exampleBody(command!, 0) },
    { command: 'corroborate', source: exampleSource, data: { eventId } },
    { ...about, command: command!.name, source: exampleSource, data: {} },
  ]
  return lines.map((each) => `${JSON.stringify(each)}\n`).join('')
}

const importOperation = async (): Promise<Operation> => {
  const body = exampleLines()
  const sent = { path: '/v1/import?results=all', method: 'POST', headers: { 'content-type': ndjson }, body }
  return {
    id: 'import',
    tag: 'events',
    summary: 'Records a file of commands, one a line',
    description:
      'A line that is refused leaves the others as they are. Lines about one thing are recorded in their order; in a ' +
      'long file those about others may come before or after them. Told are the lines refused or flagged, the first ' +
      '10,000 of them, and at last what became of all. The file is read whether the answer is or not; while 64 MiB of ' +
      'that wait to be read, refusals are told without the state they met.',
    method: 'post',
    path: '/v1/import',
    query: importParameters,
    body: {
      description: 'The commands',
      content: linesOf(line, 'Lines of JSON, each an `ImportLine`', body),
    },
    answers: {
      200: {
        description: 'What became of the lines',
        content: linesOf(
          z.union([importResult, importSummary]),
          'Lines of JSON, each an `ImportResult`, the last an `ImportSummary`',
          await answered(exampleLedger(), sent),
        ),
      },
    },
    problems: ['invalid', ...always, 'unsupported_media_type'],
  }
}
