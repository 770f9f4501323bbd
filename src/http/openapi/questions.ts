import { z } from 'zod'
import { projections, questions } from '../../../projections/index.ts'
import type { Projection } from '../../../projections/projection.ts'
import { id } from '../../vocabulary/text.ts'
import { entityEventParameters } from '../events.ts'
import { ndjson } from '../ndjson.ts'
import { entityParameters, historyParameters, listParameters, pictureParameters } from '../questions.ts'
import { replayParameters } from '../replay.ts'
import { replayMoment } from './shapes/change.ts'
import { event, events } from './shapes/event.ts'
import { list, picture } from './shapes/row.ts'
import { entity, history, knowledge } from './shapes/version.ts'
import { asked, type ExampleLedger, exampleLedger, tell } from './example-ledger.ts'
import { answered, asking, json, linesOf, type Operation } from './operation.ts'

/** The operations that ask: the picture, the named questions, replay, and those of each kind. */
export const questionOperations = async (): Promise<Operation[]> => {
  const ledger = exampleLedger()
  for (const projection of projections) await tell(ledger, projection, asked(projection))
  const ofKinds = await Promise.all(projections.map(async (projection) => kindOperations(ledger, projection)))
  const named = await Promise.all(
    [...questions].map(async ([name, { projection, statuses }]) =>
      namedQuestion(ledger, name, projection, statuses),
    ),
  )
  return [await pictureOperation(ledger), ...named, await replayOperation(ledger), ...ofKinds.flat()]
}

const tag = 'questions'

const pictureOperation = async (ledger: ExampleLedger): Promise<Operation> => ({
  id: 'picture',
  tag,
  summary: 'The whole picture: every kind at one moment, as known at another',
  method: 'get',
  path: '/v1/picture',
  query: pictureParameters,
  answers: {
    200: {
      description: 'The picture',
      content: json(picture, await answered(ledger, '/v1/picture?limit=1')),
    },
  },
  problems: asking,
})

/** The parameters of a list of a kind: the values that it knows are named, and those that it lacks left out. */
const listQuery = ({ kind, statuses }: Projection): z.ZodObject => {
  const { status, type } = listParameters.shape
  const query = listParameters.extend({
    status: status.describe(`${status.description}: ${statuses.join(', ')}`),
  })
  return kind.types
    ? query.extend({ type: type.describe(`${type.description}: ${kind.types.join(', ')}`) })
    : query.omit({ type: true })
}

const namedQuestion = async (
  ledger: ExampleLedger,
  name: string,
  projection: Projection,
  statuses: readonly string[],
): Promise<Operation> => ({
  id: name,
  tag,
  summary: `The ${projection.kind.plural} that are ${statuses.join(' or ')}`,
  description:
    'Beside them the counts of all active statuses: none here does not mean that nothing is announced.',
  method: 'get',
  path: `/v1/projections/${name}`,
  query: listQuery(projection),
  answers: {
    200: { description: 'A page', content: json(list, await answered(ledger, `/v1/projections/${name}`)) },
  },
  problems: asking,
})

const replayOperation = async (ledger: ExampleLedger): Promise<Operation> => {
  const path = '/v1/replay?kinds=emergency'
  const streamed = await answered(ledger, path)
  const lines = await answered(ledger, { path, headers: { accept: ndjson } })
  return {
    id: 'replay',
    tag,
    summary: 'History played back: each moment at which a row changed',
    description:
      'As server-sent events (`moment`, at last `end`), or with `Accept: application/x-ndjson` as lines. Along valid ' +
      'time `asOf` runs and `knownAt` is fixed; with `axis=known` positions run and `asOf` is fixed.',
    method: 'get',
    path: '/v1/replay',
    query: replayParameters,
    answers: {
      200: {
        description: 'The moments, in order',
        content: {
          'text/event-stream': {
            schema: z.string().describe('Server-sent events; the data of each `moment` is a `ReplayMoment`'),
            of: replayMoment,
            example: streamed,
          },
          ...linesOf(replayMoment, 'Lines of JSON, each a `ReplayMoment`', lines),
        },
      },
    },
    problems: asking,
  }
}

const kindOperations = async (ledger: ExampleLedger, projection: Projection): Promise<Operation[]> => {
  const { name, plural, about, example } = projection.kind
  const path = `/v1/${plural}`
  const one = `${path}/${example}`
  const params = z.object({ id: id.describe(`The id of the ${name}`).meta({ example }) })
  const ofOne = {
    tag: plural,
    method: 'get',
    params,
    problems: [...asking, 'not_found'],
  } as const satisfies Partial<Operation>
  return [
    {
      id: `list-${plural}`,
      tag: plural,
      summary: `The ${plural} that are active, or of the statuses asked for`,
      description: `${about}.`,
      method: 'get',
      path,
      query: listQuery(projection),
      answers: { 200: { description: 'A page', content: json(list, await answered(ledger, path)) } },
      problems: asking,
    },
    {
      ...ofOne,
      id: `get-${name}`,
      summary: `One ${name}, and why it is as it is`,
      path: `${path}/{id}`,
      query: entityParameters,
      answers: {
        200: {
          description: 'Its row, its basis, and what does not count. Nothing holding is `state: null`',
          content: json(entity, await answered(ledger, one)),
        },
      },
    },
    {
      ...ofOne,
      id: `history-of-${name}`,
      summary: `Its versions along valid time, or how knowledge of one moment changed`,
      path: `${path}/{id}/history`,
      query: historyParameters,
      answers: {
        200: {
          description: 'Its versions',
          content: {
            'application/json': {
              schema: z.union([history, knowledge]),
              examples: {
                valid: { summary: 'Along valid time', value: await answered(ledger, `${one}/history`) },
                known: {
                  summary: 'With axis=known',
                  value: await answered(ledger, `${one}/history?axis=known`),
                },
              },
            },
          },
        },
      },
    },
    {
      ...ofOne,
      id: `events-of-${name}`,
      summary: 'Its events, in the order in which they were recorded',
      path: `${path}/{id}/events`,
      query: entityEventParameters,
      answers: {
        200: {
          description: 'A page; as lines all of them, if no limit is given',
          content: {
            ...json(events, await answered(ledger, `${one}/events`)),
            ...linesOf(
              event,
              'Lines of JSON, each an `Event`',
              await answered(ledger, { path: `${one}/events`, headers: { accept: ndjson } }),
            ),
          },
        },
      },
    },
  ]
}
