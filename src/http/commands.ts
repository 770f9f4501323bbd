import type { Context, Hono } from 'hono'
import { z } from 'zod'
import { invalidAt } from '../errors.ts'
import { type Request, requireCommand } from '../ledger/command.ts'
import { parsed } from '../ledger/faults.ts'
import { key as keySchema } from '../vocabulary/envelope.ts'
import { allKinds } from '../vocabulary/index.ts'
import { answerJson } from './answer.ts'
import { jsonBody } from './body.ts'
import { recorderOf } from './guard.ts'
import { problemOf } from './problem.ts'
import { queryOf } from './query.ts'
import { receiptText } from './receipt.ts'
import type { Service } from './service.ts'

export const commandParameters = z.strictObject({
  dryRun: z.enum(['true', 'false']).optional().describe('Everything but the append'),
})

/** What `If-Match` and `If-None-Match` say of the revision the writer has seen. Throws `invalid`. */
const ifMatchOf = (c: Context): number | 'no_stream' | undefined => {
  const match = c.req.header('if-match')
  const noneMatch = c.req.header('if-none-match')
  if (noneMatch !== undefined) {
    if (noneMatch.trim() !== '*' || match !== undefined)
      throw invalidAt(
        '/header/if-none-match',
        'must be *, and stand without If-Match: the stream must not exist yet',
      )
    return 'no_stream'
  }
  if (match === undefined) return undefined
  const revision = /^\s*"?(\d{1,15})"?\s*$/.exec(match)?.[1]
  if (revision === undefined)
    throw invalidAt('/header/if-match', 'must be the revision you have seen, in quotes, such as "3"')
  return Number(revision)
}

const keyOf = (c: Context): string | undefined => {
  const key = c.req.header('idempotency-key')
  return key === undefined ? undefined : parsed(keySchema, key, '/header/idempotency-key')
}

const answer = async (
  c: Context,
  service: Service,
  command: string,
  about: Request['about'],
): Promise<Response> => {
  requireCommand({ command, about })
  const body = await jsonBody(c)
  const { dryRun } = queryOf(c, commandParameters)
  const request: Request = {
    command,
    about,
    body,
    key: keyOf(c),
    ifMatch: ifMatchOf(c),
    recordedBy: recorderOf(c, service),
  }
  if (dryRun === 'true') {
    const { problem, ...supposed } = service.ledger.dryRun(request)
    return c.json({ ...supposed, problem: problem && problemOf(problem) }, 200, {
      'cache-control': 'no-store',
    })
  }
  const receipt = await service.ledger.execute(request)
  const { stream } = receipt.event
  return answerJson(
    c,
    receiptText(receipt, (state) => service.model.textOf(stream, state)),
    201,
    {
      location: `/v1/events/${receipt.event.id}`,
      etag: `"${receipt.revision}"`,
      'ledger-position': String(receipt.position),
      'cache-control': 'no-store',
      ...(receipt.replayed && { 'idempotency-replayed': 'true' }),
    },
  )
}

/** The routes that record: one for each kind, and one for what is said about an event. */
export const commandRoutes = (app: Hono, service: Service): void => {
  for (const { name, plural } of allKinds)
    app.post(`/v1/${plural}/:id/:command`, (c) =>
      answer(c, service, c.req.param('command'), { kind: name, id: c.req.param('id') }),
    )
  app.post('/v1/events/:event/:command', (c) =>
    answer(c, service, c.req.param('command'), { event: c.req.param('event') }),
  )
}
