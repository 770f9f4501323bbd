import type { Context, Hono } from 'hono'
import { z } from 'zod'
import { diff } from '../answer/diff.ts'
import type { Coordinate } from '../answer/list.ts'
import { type EntityName, inSequence } from '../answer/sequence.ts'
import { invalidAt } from '../errors.ts'
import { parsed } from '../ledger/faults.ts'
import { createBytes } from '../readmodel/bytes.ts'
import { inTurns } from '../readmodel/in-turns.ts'
import type { Instant } from '../time/instant.ts'
import { streamOf } from '../vocabulary/envelope.ts'
import { type At, atOf, coordinateOf, waitFor } from './at.ts'
import { askedOf, kindsQuery } from './kinds.ts'
import {
  coordinateQuery,
  cursorOf,
  cursorText,
  filterPart,
  lastingQuery,
  listQuery,
  pageQuery,
  queryOf,
} from './query.ts'
import type { Service } from './service.ts'
import { jsonBytes, pagePace, writeLists } from './texts.ts'

const { asOf, knownAt, zone, minPosition } = coordinateQuery

export const diffParameters = z.strictObject({
  fromAsOf: asOf.describe(
    'What held in the world then, before: an instant, or a date (its last millisecond). Default: as toAsOf',
  ),
  fromKnownAt: knownAt.describe(
    'As far as the ledger knew then, before: an instant, a date, or a position. Default: as toKnownAt',
  ),
  toAsOf: asOf.describe('What held in the world then, after. Default: now'),
  toKnownAt: knownAt.describe('As far as the ledger knew then, after. Default: all that is known'),
  zone,
  minPosition,
  kinds: kindsQuery,
  ...listQuery,
  status: listQuery.status.describe('Statuses joined by commas, `active` or `any` (default)'),
  ...pageQuery,
})

type Query = z.output<typeof diffParameters>
type Asked = { from: At; to: At; asked: Record<string, string>; query: Query; after: EntityName | null }

const coordinatesOf = async (service: Service, query: Query): Promise<{ from: At; to: At }> => {
  const to = await coordinateOf(
    service,
    { ...query, asOf: query.toAsOf, knownAt: query.toKnownAt },
    { asOf: 'toAsOf', knownAt: 'toKnownAt' },
  )
  const from = await coordinateOf(
    service,
    { zone: query.zone, asOf: query.fromAsOf ?? to.asOf, knownAt: query.fromKnownAt ?? String(to.position) },
    { asOf: 'fromAsOf', knownAt: 'fromKnownAt' },
  )
  return { from: query.fromKnownAt === undefined ? { ...from, knownAt: to.knownAt } : from, to }
}

const nameFrom = (text: string): EntityName => {
  const [, kind, id] = /^([a-z]+)\/([a-z0-9-]+)$/.exec(text) ?? []
  if (kind === undefined || id === undefined)
    throw invalidAt('/query/cursor', 'is no cursor of a diff: take `next` of the page before, unchanged')
  return { kind, id }
}

/** What is asked, or what a cursor goes on with. */
const askedBy = async (c: Context, service: Service): Promise<Asked> => {
  const query = queryOf(c, diffParameters)
  if (query.cursor === undefined)
    return { ...(await coordinatesOf(service, query)), asked: lastingQuery(c), query, after: null }
  const { at: to, from = to, query: asked, after } = cursorOf(c, query.cursor)
  await waitFor(service, Math.max(from.position, to.position, query.minPosition ?? 0))
  const before = parsed(diffParameters, asked, '/query/cursor')
  return { from, to, asked, query: { ...before, limit: query.limit }, after: nameFrom(after) }
}

/** Of a kind, the entities in which anything can differ: of which something was recorded, or which time changed. */
export const concerned = (
  { model }: Service,
  one: Coordinate,
  other: Coordinate,
): ((kind: string) => EntityName[]) => {
  const [after, upTo] = [one.position, other.position].toSorted((a, b) => a - b) as [number, number]
  const recorded = Map.groupBy(model.recorded(after, upTo), ({ kind }) => kind)
  const [from, to] = [one.asOf, other.asOf].toSorted() as [Instant, Instant]
  return (kind) => {
    const turned = from === to ? [] : [...model.turning(kind, { after: from, upTo: to }, other.position)]
    const named = new Map([...(recorded.get(kind) ?? []), ...turned].map((name) => [name.id, name]))
    return [...named.values()]
  }
}

const answer = async (c: Context, service: Service): Promise<Response> => {
  const { from, to, asked, query, after } = await askedBy(c, service)
  const { projections, filter } = askedOf('kinds', query.kinds, { status: ['any'], ...filterPart(query) })
  const kinds = projections.map(({ kind }) => kind.name)
  await service.model.prepared()
  const entities = inSequence(kinds, concerned(service, from, to), after)
    .filter(({ kind, id }) => kind !== after?.kind || id !== after.id)
    .map(({ kind, id }) => service.model.entity(streamOf(kind, id))!)
  const { knowledge, world, next } = await inTurns(
    diff(entities, from, to, filter, query.limit ?? 100),
    pagePace(service),
  )
  const cursor =
    next &&
    cursorText({
      path: new URL(c.req.url).pathname,
      query: asked,
      at: atOf(to),
      from: atOf(from),
      after: `${next.kind}/${next.id}`,
    })
  const bytes = createBytes()
  await inTurns(
    writeLists(bytes, { from: atOf(from), to: atOf(to) }, { knowledge, world }, { next: cursor }),
    pagePace(service),
  )
  return jsonBytes(c, bytes)
}

/** What changed between two coordinates: first in our knowledge, then in the world. */
export const diffRoutes = (app: Hono, service: Service): void => {
  app.get('/v1/diff', (c) => answer(c, service))
}
