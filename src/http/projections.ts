import type { Context, Hono, MiddlewareHandler } from 'hono'
import { z } from 'zod'
import { LedgerError } from '../errors.ts'
import type { Progress } from '../readmodel/pace.ts'
import { millisecondsOf } from '../time/instant.ts'
import { isOpen, needs } from './guard.ts'
import { queryOf } from './query.ts'
import type { Service } from './service.ts'

/** The read model: how far it is, and whether it is being made. */
export type Projections = {
  /** The answers have every event up to here. */
  position: number
  /** The position of the newest event of the log. */
  head: number
  /** How long ago the first event was recorded that is not in the answers; 0: all are. */
  lagMs: number
  /** Stopped: they no longer follow the log, and `lastError` says why. */
  status: 'live' | 'rebuilding' | 'stopped'
  progress?: Progress
  /** Of what the answers are made with: projections, vocabulary, definition, time-zone data. */
  fingerprint: string
  /** How many events are of types that this version does not know, by type. */
  unknownTypes: Readonly<Record<string, number>>
  lastError: string | null
  /** Whether a log on a server is followed, whether all of it was here once, and the last thing that went wrong there. */
  log?: { isFollowing: boolean; isFilled: boolean; lastError: string | null }
}

/** How long ago the first event was recorded that is not in the answers, at the most; 0: all are, as far as is known. */
export const lagOf = ({ model, table, ledger, log }: Service): number => {
  const position = model.position()
  const [missing] = position < table.head() ? table.after(position, 1) : []
  const isBehind = missing === undefined && (log?.().head ?? 0) > position
  // What is not even here is no older than what is.
  const since = missing?.recordedAt ?? (isBehind ? table.recordedAtOf(position) : null)
  return since === null ? 0 : Math.max(millisecondsOf(ledger.now()) - millisecondsOf(since), 0)
}

export const logHealthOf = ({ log }: Service): Pick<Projections, 'log'> => {
  if (log === undefined) return {}
  const { isFollowing, isFilled, lastError } = log()
  return { log: { isFollowing, isFilled, lastError } }
}

const projectionsOf = (service: Service): Projections => {
  const { model, table, rebuild, log, fault } = service
  const position = model.position()
  const head = Math.max(table.head(), log?.().head ?? 0)
  const core = model.core()
  const progress = service.progress()
  return {
    position,
    head,
    lagMs: lagOf(service),
    status: fault() !== null ? 'stopped' : progress ? 'rebuilding' : 'live',
    ...(progress && { progress }),
    fingerprint: core.fingerprint(),
    unknownTypes: Object.fromEntries(core.tables.unknownTypes),
    lastError: core.fault()?.message ?? rebuild.lastError() ?? fault(),
    ...logHealthOf(service),
  }
}

const nothing = z.strictObject({})

export const projectionParameters = z.strictObject({
  upToDate: z
    .enum(['true', 'false'])
    .optional()
    .describe('Ask the log first what there is, and answer once all of it is here'),
})

/** How the read model is, and making it anew. */
export const projectionRoutes = (app: Hono, service: Service, failed: (error: unknown) => void): void => {
  const answer = (c: Context, status: 200 | 202) =>
    c.json(projectionsOf(service), status, { 'cache-control': 'no-store' })
  app.get('/v1/projections', async (c) => {
    const { upToDate } = queryOf(c, projectionParameters)
    if (upToDate === 'true') await service.ledger.catchUp()
    return answer(c, 200)
  })
  app.post('/v1/projections/rebuild', needs('admin'), (c) => {
    queryOf(c, nothing)
    service.rebuild.start().catch(failed)
    return answer(c, 202)
  })
}

const readsEvents = /^\/v1\/(events(\/[^/]+)?|[a-z]+\/[^/]+\/events)$/

/**
 * Refuses, while the answers are made from the log, what needs them: how far it is can be read, and so can events, unless
 * what is here of a log on a server was never all of it.
 */
export const ready =
  ({ isCold, notReady, log }: Service): MiddlewareHandler =>
  async (c, next) => {
    const { path, method } = c.req
    const isRead = method === 'GET' || method === 'HEAD'
    const canRead = () => path === '/v1/projections' || (readsEvents.test(path) && (log?.().isFilled ?? true))
    if (isCold() && !isOpen(path) && !(isRead && canRead()))
      throw new LedgerError(
        'unavailable',
        notReady() ?? 'The answers are being made from the log. Try again.',
      )
    await next()
  }
