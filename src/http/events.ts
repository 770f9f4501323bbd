import type { Hono } from 'hono'
import { z } from 'zod'
import { invalidAt, LedgerError } from '../errors.ts'
import { allKinds, commandOf } from '../vocabulary/index.ts'
import { type Event, streamOf } from '../vocabulary/envelope.ts'
import { metaCommandOf } from '../vocabulary/meta.ts'
import { id } from '../vocabulary/text.ts'
import { waitFor } from './at.ts'
import { lines, wantsLines } from './ndjson.ts'
import { coordinateQuery, pageQuery, queryOf } from './query.ts'
import type { Service } from './service.ts'

const whole = coordinateQuery.minPosition

const span = {
  after: whole.describe('Events after this position. Default 0: from the first'),
  limit: pageQuery.limit,
  minPosition: coordinateQuery.minPosition,
}

const listed = (about: string) =>
  z
    .string()
    .regex(/^[A-Za-z]+(,[A-Za-z]+)*$/, 'must be one value, or several joined by commas')
    .transform((value) => value.split(','))
    .optional()
    .describe(about)

export const eventParameters = z.strictObject({
  ...span,
  types: listed('Event types joined by commas'),
  kinds: listed('Kinds joined by commas'),
  crisis: id.optional().describe('The crisis that the event names'),
})
export const entityEventParameters = z.strictObject(span)
export const eventParameter = z.strictObject({ minPosition: coordinateQuery.minPosition })

type Wanted = (event: Event) => boolean

const wantedBy = ({ types, kinds, crisis }: z.output<typeof eventParameters>): Wanted => {
  for (const type of types ?? [])
    if (!commandOf(type) && !metaCommandOf(type))
      throw invalidAt('/query/types', `"${type}" is no event type; /docs lists them`)
  for (const kind of kinds ?? [])
    if (!allKinds.some(({ name }) => name === kind))
      throw invalidAt(
        '/query/kinds',
        `"${kind}" is no kind: write some of ${allKinds.map(({ name }) => name).join(', ')}`,
      )
  return (event) =>
    (!types || types.includes(event.type)) &&
    (!kinds || kinds.includes(event.kind)) &&
    (crisis === undefined || event.crisis === crisis)
}

function* wanted(events: Iterable<Event>, wants: Wanted): Generator<Event> {
  for (const event of events) if (wants(event)) yield event
}

/** So many events in a row nobody wants before something else may be done. */
const many = 256

/** The wanted events as texts; null: there was none among many. */
function* texts(events: Iterable<Event>, wants: Wanted, limit: number): Generator<string | null> {
  let left = limit
  let unwanted = 0
  for (const event of events) {
    if (left <= 0) return
    if (wants(event)) {
      left--
      yield JSON.stringify(event)
    } else if (++unwanted % many === 0) yield null
  }
}

/** One page, and where the next begins; null: this is all there is. */
const pageOf = (events: Iterable<Event>, limit: number) => {
  const page: Event[] = []
  for (const event of events) {
    if (page.length === limit) return { events: page, next: page.at(-1)!.position }
    page.push(event)
  }
  return { events: page, next: null }
}

/** The ledger itself: all events, one entity's, and one. `application/x-ndjson` streams them, all if no limit is given. */
export const eventRoutes = (app: Hono, service: Service): void => {
  const { model, table } = service
  /** Events are told of as far as the answers are; while those are made, as far as the log is. */
  const headNow = () => (service.isCold() ? table.head() : model.position())

  app.get('/v1/events', async (c) => {
    const query = queryOf(c, eventParameters)
    const wants = wantedBy(query)
    if (query.minPosition !== undefined) await waitFor(service, query.minPosition)
    const head = headNow()
    const events = table.from(query.after ?? 0, head)
    if (wantsLines(c)) return lines(c, texts(events, wants, query.limit ?? Number.POSITIVE_INFINITY))
    return c.json({ ...pageOf(wanted(events, wants), query.limit ?? 100), head })
  })

  app.get('/v1/events/:event', async (c) => {
    const { minPosition } = queryOf(c, eventParameter)
    if (minPosition !== undefined) await waitFor(service, minPosition)
    const name = c.req.param('event')
    const event = service.ledger.view.event(name)
    if (!event) throw new LedgerError('not_found', `There is no event "${name}".`)
    return c.json(event)
  })

  for (const { name, plural } of allKinds)
    app.get(`/v1/${plural}/:id/events`, async (c) => {
      const query = queryOf(c, entityEventParameters)
      if (query.minPosition !== undefined) await waitFor(service, query.minPosition)
      const head = headNow()
      const all = table.stream(streamOf(name, c.req.param('id'))).filter(({ position }) => position <= head)
      if (all.length === 0)
        throw new LedgerError('not_found', `Nothing is recorded about ${name} "${c.req.param('id')}".`)
      const wants: Wanted = ({ position }) => position > (query.after ?? 0)
      if (wantsLines(c)) return lines(c, texts(all, wants, query.limit ?? Number.POSITIVE_INFINITY))
      return c.json({ ...pageOf(wanted(all, wants), query.limit ?? 100), head })
    })
}
