import { z } from 'zod'
import { projections } from '../../../projections/index.ts'
import type { Projection } from '../../../projections/projection.ts'
import type { ErrorCode } from '../../errors.ts'
import { domainBody, key, metaBody } from '../../vocabulary/envelope.ts'
import type { Command } from '../../vocabulary/kind.ts'
import { eventName, metaCommands, type MetaCommandName } from '../../vocabulary/meta.ts'
import { id } from '../../vocabulary/text.ts'
import { commandParameters, commandRoutes } from '../commands.ts'
import { pascal } from './pascal.ts'
import { dryRun, receipt } from './shapes/receipt.ts'
import {
  asked,
  type ExampleLedger,
  exampleBody,
  exampleLedger,
  exampleSource,
  type Sent,
  tell,
} from './example-ledger.ts'
import { always, type Answer, answered, json, type Operation } from './operation.ts'

const first = projections[0]!

/** The operations that record one event: one for each command of each kind, and for each about an event. */
export const commandOperations = async (): Promise<Operation[]> => {
  const tried = await triedOut()
  const ofKinds = projections.flatMap((projection) =>
    [...projection.kind.commands.values()].map(async (command) =>
      commandOperation(projection, command, tried),
    ),
  )
  const ofEvents = (Object.keys(metaCommands) as MetaCommandName[]).map(async (name) =>
    metaOperation(name, tried),
  )
  return Promise.all([...ofKinds, ...ofEvents])
}

const headers = z.object({
  'Idempotency-Key': key
    .optional()
    .describe(
      'A name for this event, unique in its stream. The same key and body again give the first receipt, for ever',
    ),
  'If-Match': z
    .string()
    .optional()
    .describe('The revision you have seen, in quotes: refused if there is a newer one'),
})

const unlessThere = headers.extend({
  'If-None-Match': z.literal('*').optional().describe('Refused if anything is recorded about it already'),
})

const receiptHeaders = z.object({
  Location: z.string().describe('The address of the event'),
  ETag: z.string().describe('The revision of the event, in quotes'),
  'Ledger-Position': z.string().describe('The position of the event, for `minPosition`'),
  'Idempotency-Replayed': z
    .literal('true')
    .optional()
    .describe('This is the receipt of an earlier request with the same key'),
})

const recording: readonly ErrorCode[] = [
  'invalid',
  ...always,
  'revision_conflict',
  'too_large',
  'unsupported_media_type',
  'idempotency_mismatch',
  'unavailable',
]

const post = (path: string, body: unknown): Sent => ({
  path,
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

/** What recording answers, tried out on an example ledger. */
const recorded = async (ledger: ExampleLedger, path: string, body: unknown): Promise<Answer> => ({
  description: 'Recorded, durable, and in the answers',
  headers: receiptHeaders,
  content: json(receipt, await answered(ledger, post(path, body), 201)),
})

/** What trying out answers, which is the same for every command. */
const triedOut = async (): Promise<Answer> => {
  const { kind } = first
  const [command] = kind.commands.values()
  const path = `/v1/${kind.plural}/${kind.example}/${command!.name}?dryRun=true`
  return {
    shared: 'dryRun',
    description: 'With `dryRun=true`: what would happen',
    content: json(
      dryRun,
      await answered(exampleLedger([commandRoutes]), post(path, exampleBody(command!, 0))),
    ),
  }
}

const listed = (statuses: readonly (string | null)[]): string =>
  statuses.map((status) => (status === null ? 'not recorded yet' : `\`${status}\``)).join(', ')

const commandOperation = async (
  projection: Projection,
  command: Command,
  tried: Answer,
): Promise<Operation> => {
  const { kind, statuses } = projection
  const { name, event, about } = command
  const allows = (status: string | null) => projection.allowed(status).includes(name)
  const ledger = exampleLedger([commandRoutes])
  const before = await tell(ledger, projection, allows)
  const example = exampleBody(command, before.length)
  return {
    id: `${name}-${kind.name}`,
    tag: kind.plural,
    summary: about,
    description:
      `Records \`${event}\`. Its lifecycle allows it where the ${kind.name} is: ` +
      `${listed([null, ...statuses].filter(allows))}. Elsewhere it is refused, unless \`acceptAnomaly\` gives a reason to record it all the same.`,
    method: 'post',
    path: `/v1/${kind.plural}/{id}/${name}`,
    params: z.object({ id: id.describe(`The id of the ${kind.name}`).meta({ example: kind.example }) }),
    query: commandParameters,
    headers: unlessThere,
    body: { description: about, content: json(bodySchema(projection, command), example) },
    answers: {
      200: tried,
      201: await recorded(ledger, `/v1/${kind.plural}/${kind.example}/${name}`, example),
    },
    problems: [...recording, 'lifecycle_violation'],
  }
}

/** Optional where nothing in it is required. */
const dataField = (schema: z.ZodType): z.ZodType =>
  schema.safeParse({}).success ? schema.optional() : schema

const bodySchema = ({ kind }: Projection, { name, event, about, schema }: Command): z.ZodType => {
  const oneOf = kind.definition.commands[name]!.exactlyOne?.map((field) => ({ required: [field] }))
  const data = schema.meta({ id: event, description: about, ...(oneOf && { oneOf }) })
  return domainBody.extend({ data: dataField(data) }).meta({ id: pascal(`${name}-${kind.name}`) })
}

const metaOperation = async (name: MetaCommandName, tried: Answer): Promise<Operation> => {
  const { event, about, schema, sourced, example } = metaCommands[name]
  const ledger = exampleLedger([commandRoutes])
  const [target] = await tell(ledger, first, asked(first))
  const { source } = metaBody.shape
  const data = schema.omit({ eventId: true }).meta({ id: event, description: about })
  const body = metaBody
    .extend({ source: sourced ? source.unwrap() : source, data: dataField(data) })
    .meta({ id: pascal(`${name}-event`) })
  const said = { source: exampleSource, data: example }
  return {
    id: `${name}-event`,
    tag: 'events',
    summary: about,
    description: `Records \`${event}\` on the stream of the event it is about.`,
    method: 'post',
    path: `/v1/events/{eventId}/${name}`,
    params: z.object({
      eventId: eventName.describe('The event it is about: its id, or `<stream>#<key>`, percent-encoded'),
    }),
    query: commandParameters,
    headers,
    body: { description: about, content: json(body, said) },
    answers: { 200: tried, 201: await recorded(ledger, `/v1/events/${target!.id}/${name}`, said) },
    problems: [...recording, 'not_found'],
  }
}
