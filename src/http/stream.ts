import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Context, Hono } from 'hono'
import { stream } from 'hono/streaming'
import type { StreamingApi } from 'hono/utils/stream'
import { z } from 'zod'
import { createCourse } from '../answer/course.ts'
import type { Entity } from '../answer/entity.ts'
import { invalidAt } from '../errors.ts'
import { requireFollowing } from '../ledger/answered.ts'
import { firstInstant } from '../time/instant.ts'
import { atPosition, waitFor, zoneOf } from './at.ts'
import { connectionOf } from './connection.ts'
import { createFeed, type Feed, toldOf, type Wanted } from './feed.ts'
import { askedOf, kindsQuery } from './kinds.ts'
import type { Logger } from './log-line.ts'
import { createOutbox, type Outbox } from './outbox.ts'
import { pictureText } from './picture.ts'
import { coordinateQuery, filterPart, lastingQuery, listQuery, pageQuery, queryOf } from './query.ts'
import { heartbeat, serverSent, serverSentText } from './server-sent.ts'
import type { Service, StreamSettings } from './service.ts'

export const streamParameters = z.strictObject({
  kinds: kindsQuery,
  ...listQuery,
  zone: coordinateQuery.zone,
  minPosition: coordinateQuery.minPosition,
  limit: pageQuery.limit.describe('At most so many rows of a kind in the picture, 1 to 1000. Default: 100'),
})

const always: StreamSettings = { bytes: 1024 * 1024, pieces: 1000, heartbeat: 15_000, patience: 10_000 }

/** The position after which to go on; null: from the present. Throws `invalid`. */
const resumedAfter = (c: Context): number | null => {
  const text = c.req.header('last-event-id')
  if (text === undefined || text === '') return null
  const position = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(position))
    throw invalidAt('/header/last-event-id', 'must be the id of an event of a stream: a position')
  return position
}

/** Who reads a stream. `come`: the position up to which everything was sent. */
type Reader = {
  send: (bytes: Uint8Array) => Promise<void>
  hasLeft: () => boolean
  come: (position: number) => void
  /** Has the feed put into an outbox what comes from now on. */
  join: (wanted: Wanted, position: number) => void
}

/** How a stream begins that goes on after a position: with what was missed, each in its place. */
const sendMissed = async (
  { model, table }: Service,
  feed: Feed,
  wanted: Wanted,
  after: number,
  reader: Reader,
): Promise<void> => {
  const isWanted = ({ kind, reality }: Entity) =>
    reality === wanted.filter.reality && wanted.projections.some((one) => one.kind.name === kind)
  const from = { asOf: table.recordedAtOf(after) ?? firstInstant, position: after }
  const upcoming = wanted.projections
    .flatMap(({ kind }) => [...model.upcoming(kind.name, from)])
    .filter(([stream]) => isWanted(model.entity(stream)!))
  const course = createCourse({ entity: (stream) => model.entity(stream) }, upcoming, from)

  let position = after
  let count = 0
  for (;;) {
    const head = feed.position()
    for (const event of table.from(position, head)) {
      if (isWanted(model.entity(event.stream)!))
        for (const step of course.record(event)) {
          const bytes = toldOf(step, wanted)
          if (bytes) await reader.send(bytes)
        }
      position = event.position
      reader.come(position)
      if (++count % 64 === 0) await nextTurn()
      if (reader.hasLeft()) return
    }
    // Nothing can come between this and the joining: both are one step.
    const present = feed.present()
    if (present.position > head) continue
    const passed = [...course.pass(present.asOf)].flatMap((step) => toldOf(step, wanted) ?? [])
    reader.join(wanted, present.position)
    for (const bytes of passed) await reader.send(bytes)
    return
  }
}

/** One stream, from its beginning until its reader leaves, is dropped, or the server stops. */
const serve = async (
  c: Context,
  out: StreamingApi,
  feed: Feed,
  stopped: AbortSignal,
  { heartbeat: interval, patience, ...limits }: StreamSettings,
  logger: Logger | undefined,
  begin: (reader: Reader) => Promise<void>,
): Promise<void> => {
  const { stopping, cut } = connectionOf(c)
  let outbox: Outbox | undefined
  let leave = (): void => undefined
  let hasLeft = false
  let sending = 0
  let position = 0
  let stoppedAt: number | null = null
  let cutting: NodeJS.Timeout | undefined

  const send = async (bytes: Uint8Array) => {
    sending++
    await out.write(bytes)
    sending--
  }
  const end = () => {
    hasLeft = true
    outbox?.end()
  }
  const stopShort = () => {
    // One who reads too slowly is told that already.
    if (!hasLeft && !outbox?.hasEnded()) stoppedAt = outbox ? feed.position() : position
    end()
  }
  const dropped = (reason: 'slow_reader' | 'answers_stopped', at: number) =>
    serverSent('dropped', { reason, position: at }, at)
  const lastWord = (position: number) => {
    logger?.warn({ requestId: c.get('requestId'), position }, 'a reader of a stream was too slow')
    cutting = setTimeout(() => {
      cut()
      out.abort()
    }, patience)
    return { bytes: dropped('slow_reader', position), position }
  }
  const join: Reader['join'] = (wanted, position) => {
    outbox = createOutbox(limits, position, lastWord)
    leave = feed.join(wanted, outbox)
    if (hasLeft) outbox.end()
  }
  const isIdle = () => sending === 0 && (outbox === undefined || (outbox.isEmpty() && !outbox.hasEnded()))
  const beat = () => {
    if (isIdle()) void send(heartbeat(outbox ? feed.position() : position))
  }

  const release = feed.hold()
  const beating = setInterval(beat, interval)
  stopping?.addEventListener('abort', end)
  out.onAbort(end)
  if (stopping?.aborted) end()
  stopped.addEventListener('abort', stopShort)
  if (stopped.aborted) stopShort()
  try {
    await begin({ send, join, hasLeft: () => hasLeft, come: (to) => (position = to) })
    for (let bytes = await outbox?.take(); bytes && !out.aborted; bytes = await outbox?.take())
      await send(bytes)
    if (stoppedAt !== null && !out.aborted)
      await send(dropped('answers_stopped', Math.max(stoppedAt, position)))
  } finally {
    stopped.removeEventListener('abort', stopShort)
    stopping?.removeEventListener('abort', end)
    clearInterval(beating)
    clearTimeout(cutting)
    leave()
    release()
  }
}

/** What happens, as it happens: first the picture, then each event with what it changes, and what time alone changes. */
export const streamRoutes = (app: Hono, service: Service, logger?: Logger): void => {
  const settings = { ...always, ...service.stream }
  const failed = (error: unknown) => logger?.error({ err: error }, 'the streams failed')
  const feed = createFeed(service, failed)

  app.get('/v1/stream', async (c) => {
    const query = queryOf(c, streamParameters)
    const { kinds, limit = 100, minPosition = 0 } = query
    const wanted = askedOf('kinds', kinds, filterPart(query))
    const { kinds: _kinds, ...asked } = lastingQuery(c)
    const zone = zoneOf(service, query.zone)
    const after = resumedAfter(c)
    requireFollowing(service.model)
    await waitFor(service, Math.max(minPosition, after ?? 0))
    await service.model.prepared()
    const known = service.model.position()

    const sendPicture = async ({ send, join, come }: Reader) => {
      let { asOf, position } = feed.present()
      for (; position < known; { asOf, position } = feed.present()) await nextTurn()
      // Nothing can come between this and the last step.
      join(wanted, position)
      const at = atPosition(service, asOf, zone, position)
      const picture = pictureText(service, { ...wanted, at, limit, ended: false, asked })
      await send(serverSentText('picture', picture, position))
      come(position)
    }

    c.header('content-type', 'text/event-stream')
    c.header('cache-control', 'no-store')
    c.header('x-accel-buffering', 'no')
    if (c.req.method === 'HEAD') return c.body(null)
    return stream(
      c,
      async (out) =>
        serve(c, out, feed, service.model.stopped(), settings, logger, async (reader) =>
          after === null ? sendPicture(reader) : sendMissed(service, feed, wanted, after, reader),
        ),
      async (error) => failed(error),
    )
  })
}
