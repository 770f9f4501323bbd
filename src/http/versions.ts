import type { Context, Hono } from 'hono'
import { z } from 'zod'
import { type FoundVersion, overlapping } from '../answer/overlapping.ts'
import { inSequence } from '../answer/sequence.ts'
import { invalidAt } from '../errors.ts'
import { parsed } from '../ledger/faults.ts'
import type { Instant } from '../time/instant.ts'
import { createBytes } from '../readmodel/bytes.ts'
import { inTurns } from '../readmodel/in-turns.ts'
import { streamOf } from '../vocabulary/envelope.ts'
import { askedInstant, startOf } from '../time/moment.ts'
import { type At, atOf, coordinateOf, moment, waitFor } from './at.ts'
import { askedOf, kindsQuery } from './kinds.ts'
import { lines, wantsLines } from './ndjson.ts'
import { jsonBytes, pagePace, writeLists } from './texts.ts'
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

const { asOf: bound, knownAt, zone, minPosition } = coordinateQuery

export const versionsParameters = z.strictObject({
  from: bound.describe(
    'Where the window of valid time begins: an instant, a date or a month (its first millisecond). Default: open',
  ),
  to: bound.describe('Where it ends: an instant, or a date (its last millisecond). Default: open'),
  knownAt,
  zone,
  minPosition,
  kind: kindsQuery,
  ...listQuery,
  ...pageQuery,
})

type Query = z.output<typeof versionsParameters>
type Place = Pick<FoundVersion, 'kind' | 'id' | 'from'>
type Asked = { at: At; asked: Record<string, string>; query: Query; after: Place | null }

const placeFrom = (text: string): Place => {
  const [, kind, id, from] = /^([a-z]+)\/([a-z0-9-]+)\/([\dTZ:.-]+)$/.exec(text) ?? []
  if (kind === undefined || id === undefined || from === undefined)
    throw invalidAt('/query/cursor', 'is no cursor of versions: take `next` of the page before, unchanged')
  return { kind, id, from }
}

/** What is asked, or what a cursor goes on with. */
const askedBy = async (c: Context, service: Service): Promise<Asked> => {
  const query = queryOf(c, versionsParameters)
  if (query.cursor === undefined)
    return { at: await coordinateOf(service, query), asked: lastingQuery(c), query, after: null }
  const { at, query: asked, after } = cursorOf(c, query.cursor)
  await waitFor(service, Math.max(at.position, query.minPosition ?? 0))
  const before = parsed(versionsParameters, asked, '/query/cursor')
  return { at, asked, query: { ...before, limit: query.limit }, after: placeFrom(after) }
}

/** Throws `invalid` for what is no moment, and where the window ends before it begins. */
const windowOf = ({ from, to }: Query, zone: string): { from: Instant | null; to: Instant | null } => {
  const window = {
    from: from === undefined ? null : moment('from', () => startOf(from, zone)),
    to: to === undefined ? null : moment('to', () => askedInstant(to, zone)),
  }
  if (window.from !== null && window.to !== null && window.to < window.from)
    throw invalidAt('/query/to', 'is before from: the window ends before it begins')
  return window
}

function* collected<Item>(items: Iterable<Item>): Generator<void, Item[]> {
  const all: Item[] = []
  for (const item of items) {
    all.push(item)
    yield
  }
  return all
}

const answer = async (c: Context, service: Service): Promise<Response> => {
  const { at, asked, query, after } = await askedBy(c, service)
  const { projections, filter } = askedOf('kind', query.kind, filterPart(query))
  const window = windowOf(query, at.zone)
  const kinds = projections.map(({ kind }) => kind.name)
  const { model } = service
  await model.prepared()
  const entities = inSequence(kinds, (kind) => model.found(kind, filter, window, at.position), after).map(
    ({ kind, id }) => model.entity(streamOf(kind, id))!,
  )
  const versions = overlapping(entities, at.position, filter, window).filter(
    ({ kind, id, from }) => kind !== after?.kind || id !== after.id || from > after.from,
  )
  if (wantsLines(c)) {
    const limited = query.limit === undefined ? versions : versions.take(query.limit)
    return lines(
      c,
      limited.map((version) => JSON.stringify(version)),
    )
  }

  const limit = query.limit ?? 100
  const found = await inTurns(collected(versions.take(limit + 1)), pagePace(service))
  const last = found.length > limit ? found[limit - 1]! : null
  const { pathname: path } = new URL(c.req.url)
  const next =
    last && cursorText({ path, query: asked, at: atOf(at), after: `${last.kind}/${last.id}/${last.from}` })
  const bytes = createBytes()
  await inTurns(writeLists(bytes, atOf(at), { versions: found.slice(0, limit) }, { next }), pagePace(service))
  return jsonBytes(c, bytes)
}

/** The versions that overlap a window of valid time, of whatever kinds: for timelines and histograms. */
export const versionsRoutes = (app: Hono, service: Service): void => {
  app.get('/v1/versions', (c) => answer(c, service))
}
