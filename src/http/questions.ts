import type { Context, Hono } from 'hono'
import { z } from 'zod'
import { projections, questions } from '../../projections/index.ts'
import type { Projection } from '../../projections/projection.ts'
import { accountOf } from '../answer/account.ts'
import type { Entity } from '../answer/entity.ts'
import { knowledgeOf } from '../answer/knowledge.ts'
import { knownAt } from '../answer/known.ts'
import type { Page } from '../answer/list.ts'
import { versionsOf } from '../answer/versions.ts'
import { invalidAt, LedgerError } from '../errors.ts'
import { parsed } from '../ledger/faults.ts'
import { createBytes } from '../readmodel/bytes.ts'
import { inTurns } from '../readmodel/in-turns.ts'
import { streamOf } from '../vocabulary/envelope.ts'
import { atOf, coordinateOf, waitFor } from './at.ts'
import { connectionOf } from './connection.ts'
import { jsonBytes, pagePace, writeAnswer, writeLists } from './texts.ts'
import { writePicture } from './picture.ts'
import {
  coordinateQuery,
  cursorOf,
  cursorText,
  filterOf,
  filterPart,
  filterSchema,
  lastingQuery,
  listQuery,
  pageQuery,
  placeQuery,
  queryOf,
} from './query.ts'
import type { Service } from './service.ts'

export const listParameters = z.strictObject({ ...coordinateQuery, ...listQuery, ...pageQuery })
export const pictureParameters = z.strictObject({
  ...coordinateQuery,
  ...placeQuery,
  ended: z.enum(['true', 'false']).optional().describe('Count the statuses that ended too'),
  limit: pageQuery.limit,
})
export const entityParameters = z.strictObject(coordinateQuery)
export const historyParameters = z.strictObject({
  ...coordinateQuery,
  ...pageQuery,
  axis: z
    .enum(['valid', 'known'])
    .optional()
    .describe('Along valid time (default), or how knowledge of one asOf grew'),
})

const noStore = { 'cache-control': 'no-store' }

/** The question that is asked, or that a cursor goes on with: its coordinate, its filter, where its page begins. */
const resumed = async (c: Context, service: Service, query: z.output<typeof listParameters>) => {
  const asked = lastingQuery(c)
  if (query.cursor === undefined)
    return { at: await coordinateOf(service, query), asked, filter: filterPart(query), after: null }
  const cursor = cursorOf(c, query.cursor)
  await waitFor(service, Math.max(cursor.at.position, query.minPosition ?? 0))
  const filter = parsed(filterSchema, filterPart(cursor.query), '/query/cursor')
  return { at: cursor.at, asked: cursor.query, filter, after: cursor.after }
}

const answerList = async (
  c: Context,
  service: Service,
  path: string,
  projection: Projection,
  question?: readonly string[],
): Promise<Response> => {
  const query = queryOf(c, listParameters)
  const { at, asked, filter: given, after } = await resumed(c, service, query)
  const filter = filterOf(given, projection.statuses, projection.kind.types ?? [], question)
  const page: Page = { after, limit: query.limit ?? 100 }
  await service.model.prepared()
  await connectionOf(c).isNext()
  const answer = createBytes()
  writeAnswer(answer, atOf(at), () => {
    const { counts, next } = service.model.write(answer, projection, at, filter, page)
    const cursor = next === null ? null : cursorText({ path, query: asked, at: atOf(at), after: next })
    return { counts, next: cursor }
  })
  return jsonBytes(c, answer)
}

/** Throws `not_found` where the log had no event of the entity. */
export const requireEntity = (
  { model }: Service,
  projection: Projection,
  id: string,
  position: number,
): Entity => {
  const entity = model.entity(streamOf(projection.kind.name, id))
  if (!entity || entity.events[0]!.position > position)
    throw new LedgerError(
      'not_found',
      `Nothing is recorded about ${projection.kind.name} "${id}" up to position ${position}.`,
    )
  return entity
}

/** How many versions the pages before had. Throws `invalid`. */
const countFrom = (text: string): number => {
  if (!/^\d{1,15}$/.test(text))
    throw invalidAt('/query/cursor', 'is no cursor of a history: take `next` of the page before, unchanged')
  return Number(text)
}

const answerHistory = async (c: Context, service: Service, projection: Projection): Promise<Response> => {
  const { limit = 100, cursor: text, ...query } = queryOf(c, historyParameters)
  const cursor = text === undefined ? null : cursorOf(c, text)
  const asked = cursor?.query ?? lastingQuery(c)
  const { axis = 'valid' } = asked
  if (axis === 'valid' && asked['asOf'] !== undefined)
    throw invalidAt('/query/asOf', 'goes with axis=known; the history along valid time has every moment')
  const at = cursor?.at ?? (await coordinateOf(service, query))
  if (cursor) await waitFor(service, Math.max(at.position, query.minPosition ?? 0))
  const entity = requireEntity(service, projection, c.req.param('id')!, at.position)
  const versions =
    axis === 'known' ? knowledgeOf(entity, at.asOf, at.position) : versionsOf(knownAt(entity, at.position))
  const start = cursor ? countFrom(cursor.after) : 0
  const end = start + limit
  const { pathname: path } = new URL(c.req.url)
  const next =
    end < versions.length ? cursorText({ path, query: asked, at: atOf(at), after: String(end) }) : null
  const answer = createBytes()
  await inTurns(
    writeLists(answer, atOf(at), { versions: versions.slice(start, end) }, { next }),
    pagePace(service),
  )
  return jsonBytes(c, answer)
}

const answerPicture = async (c: Context, service: Service): Promise<Response> => {
  const query = queryOf(c, pictureParameters)
  const at = await coordinateOf(service, query)
  const filter = filterOf(filterPart(query), [], [])
  const { ended: _ended, ...asked } = lastingQuery(c)
  const { limit = 100, ended } = query
  await service.model.prepared()
  await connectionOf(c).isNext()
  const answer = createBytes()
  writePicture(answer, service, { projections, at, filter, limit, ended: ended === 'true', asked })
  return jsonBytes(c, answer)
}

/** The questions about states: picture, lists, named questions, entities and their histories. */
export const questionRoutes = (app: Hono, service: Service): void => {
  app.get('/v1/picture', (c) => answerPicture(c, service))
  for (const [name, { projection, statuses }] of questions) {
    const path = `/v1/projections/${name}`
    app.get(path, (c) => answerList(c, service, path, projection, statuses))
  }
  for (const projection of projections) {
    const path = `/v1/${projection.kind.plural}`
    app.get(path, (c) => answerList(c, service, path, projection))
    app.get(`${path}/:id`, async (c) => {
      const at = await coordinateOf(service, queryOf(c, entityParameters))
      const entity = requireEntity(service, projection, c.req.param('id'), at.position)
      return c.json({ ...atOf(at), ...accountOf(knownAt(entity, at.position), at.asOf) }, 200, noStore)
    })
    app.get(`${path}/:id/history`, (c) => answerHistory(c, service, projection))
  }
}
