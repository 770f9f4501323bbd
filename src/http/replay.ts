import { setTimeout as pause } from 'node:timers/promises'
import type { Context, Hono } from 'hono'
import { type SSEStreamingApi, streamSSE } from 'hono/streaming'
import { z } from 'zod'
import type { Entity } from '../answer/entity.ts'
import type { EntityName } from '../answer/sequence.ts'
import { replayKnown, type ReplayMoment, replayValid } from '../answer/replay.ts'
import { invalidAt } from '../errors.ts'
import { instantOf, millisecondsOf } from '../time/instant.ts'
import { lastInstantOf, startOf } from '../time/moment.ts'
import { streamOf } from '../vocabulary/envelope.ts'
import { orBreakOff } from './broken-off.ts'
import { type At, coordinateOf, knowledgeOf, moment, momentOfKnowledge } from './at.ts'
import { askedOf, kindsQuery } from './kinds.ts'
import { lines, wantsLines } from './ndjson.ts'
import { knownStretches, validStretches } from './windows.ts'
import { coordinateQuery, filterPart, listQuery, queryOf } from './query.ts'
import type { Service } from './service.ts'
import { unhurried } from './unhurried.ts'

const aboveZero = 'must be a number above 0, such as 3600'
const bound = z.string().min(1).max(60).optional()

export const replayParameters = z.strictObject({
  axis: z
    .enum(['valid', 'known'])
    .optional()
    .describe('The clock that runs: valid time (default), or knowledge'),
  from: bound.describe(
    'The first moment: an instant, a date or a month; with axis=known also a position. Default: the first',
  ),
  to: bound.describe('The last moment, likewise. Default: the last'),
  speed: z
    .string()
    .regex(/^\d+(\.\d+)?$/, aboveZero)
    .transform(Number)
    .refine((speed) => speed > 0, aboveZero)
    .optional()
    .describe('Seconds of history per second. Default: at once'),
  kinds: kindsQuery,
  ...coordinateQuery,
  ...listQuery,
})

type Query = z.output<typeof replayParameters>

/** A moment of a replay as it is answered. */
type Played = Omit<ReplayMoment, 'position'> & Pick<At, 'knownAt' | 'position'>

/** The moments in their order, made as they are read: a stretch of the clock at a time, and null before each. */
const played = async (service: Service, query: Query): Promise<Generator<Played | null>> => {
  const { axis = 'valid', from, to, kinds } = query
  const running = axis === 'valid' ? 'asOf' : 'knownAt'
  if (query[running] !== undefined)
    throw invalidAt(`/query/${running}`, 'runs on this axis: give from and to')
  const { projections, filter } = askedOf('kinds', kinds, filterPart(query))
  const at = await coordinateOf(service, query)
  const { model } = service
  await model.prepared()
  const kindNames = projections.map(({ kind }) => kind.name)
  const entitiesOf = (names: readonly EntityName[]): Entity[] =>
    names.map(({ kind, id }) => model.entity(streamOf(kind, id))!)

  if (axis === 'known') {
    const first = from === undefined ? 0 : beforeKnown(service, from, at.zone)
    const last = to === undefined ? at.position : knowledgeOf(service, 'to', to, at.zone).position
    return (function* () {
      for (const stretch of knownStretches(model, kindNames, first, Math.min(last, at.position))) {
        yield null
        for (const one of replayKnown(entitiesOf(stretch.names), at.asOf, filter, stretch.from, stretch.to))
          yield { ...one, knownAt: one.at }
      }
    })()
  }
  const first = from === undefined ? null : moment('from', () => startOf(from, at.zone))
  const last = to === undefined ? null : moment('to', () => lastInstantOf(to, at.zone))
  return (function* () {
    for (const stretch of validStretches(model, kindNames, first, last, at.position)) {
      yield null
      for (const one of replayValid(entitiesOf(stretch.names), at.position, filter, stretch.from, stretch.to))
        yield { ...one, knownAt: at.knownAt }
    }
  })()
}

/** The position after which a replay of knowledge begins. */
const beforeKnown = (service: Service, from: string, zone: string): number => {
  if (/^\d+$/.test(from)) return knowledgeOf(service, 'from', from, zone).position - 1
  const first = momentOfKnowledge('from', () => startOf(from, zone))
  return service.table.positionAt(instantOf(millisecondsOf(first) - 1))
}

/** The moments in their order, each as long after the one before as the speed says. */
async function* paced(
  moments: Iterable<Played | null>,
  speed: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<string | null> {
  let before: string | null = null
  for (const moment of moments) {
    if (moment === null) {
      yield null
      continue
    }
    const { at, asOf, knownAt, position, changes } = moment
    if (speed !== undefined && before !== null) {
      let left = (millisecondsOf(at) - millisecondsOf(before)) / speed
      // A timer takes at most 2^31 − 1 ms.
      for (; left > 0 && !signal.aborted; left -= 2 ** 30)
        await pause(Math.min(left, 2 ** 30), undefined, { signal }).catch(() => undefined)
    }
    if (signal.aborted) return
    before = at
    yield JSON.stringify({ at, asOf, knownAt, position, changes })
  }
}

const answer = async (c: Context, service: Service): Promise<Response> => {
  const query = queryOf(c, replayParameters)
  const moments = await played(service, query)
  const texts = paced(moments, query.speed, c.req.raw.signal)
  if (wantsLines(c)) return lines(c, texts, query.speed === undefined ? undefined : 1)
  c.header('cache-control', 'no-store')
  const write = orBreakOff(c, async (out: SSEStreamingApi) => {
    for await (const data of unhurried(texts, () => out.aborted))
      await out.writeSSE({ event: 'moment', data })
    if (!out.aborted) await out.writeSSE({ event: 'end', data: '{}' })
  })
  return streamSSE(c, write)
}

/** History played back: each moment at which a row of the list with these filters changes in anything. */
export const replayRoutes = (app: Hono, service: Service): void => {
  app.get('/v1/replay', (c) => answer(c, service))
}
