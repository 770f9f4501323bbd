import { type Context, Hono } from 'hono'
import { requestId } from 'hono/request-id'
import { questions } from '../../projections/index.ts'
import { isLedgerError, LedgerError } from '../errors.ts'
import { home } from '../web/home.ts'
import { completeAnswer } from './answer.ts'
import { dropBody } from './body.ts'
import { commandRoutes } from './commands.ts'
import { diffRoutes } from './diff.ts'
import { docsRoutes } from './docs.ts'
import { eventRoutes } from './events.ts'
import { guard, isTrusted } from './guard.ts'
import { importRoutes } from './import.ts'
import { type Logger, requestLog } from './log-line.ts'
import { openapiRoutes } from './openapi.ts'
import { problemResponse } from './problem.ts'
import { lagOf, logHealthOf, projectionRoutes, ready } from './projections.ts'
import { questionRoutes } from './questions.ts'
import { replayRoutes } from './replay.ts'
import type { Service } from './service.ts'
import { streamRoutes } from './stream.ts'
import { versionsRoutes } from './versions.ts'

/** The id that a request brings in `x-request-id`, if it can be one, or a new one. It goes out with all other headers. */
const requestIdOf = (c: Context): string => {
  const given = c.req.header('x-request-id')
  return given !== undefined && /^[\w\-=]{1,255}$/.test(given) ? given : crypto.randomUUID()
}

/**
 * What is answered where no route takes a request: `method_not_allowed` at an address that takes other methods. These are
 * no routes themselves, because one for all methods of an address would cross others, and keep Hono from its fast router.
 */
const refusal = (app: Hono): ((c: Context) => LedgerError) => {
  const routes = app.routes.filter(({ path, method }) => method !== 'ALL' && !path.includes('*'))
  const addresses = [...Map.groupBy(routes, ({ path }) => path)].map(([path, own]) => ({
    pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+')}$`),
    takes: [...new Set(own.map(({ method }) => method))],
  }))
  return ({ req: { path, method } }) => {
    const takes = addresses.find(({ pattern }) => pattern.test(path))?.takes
    if (!takes) return new LedgerError('not_found', `There is nothing at ${path}; /docs lists what there is.`)
    const allow = takes.includes('GET') ? [...takes, 'HEAD'] : takes
    return new LedgerError('method_not_allowed', `${path} takes ${takes.join(' and ')}, not ${method}.`, {
      allow,
    })
  }
}

/** The service as an HTTP application: it listens to nothing by itself. */
export const createApp = (service: Service, logger: Logger): Hono => {
  const app = new Hono()
  app.use(requestId({ headerName: '', generator: requestIdOf }))
  app.use(requestLog(logger, service.ticks))
  app.use(async (c, next) => {
    await next()
    if (c.res.status >= 400) await dropBody(c.req)
    completeAnswer(c)
  })
  app.use(guard(service.keys))
  app.use(ready(service))
  app.get('/healthz', (c) => c.json({ status: 'ok' }))
  app.get('/readyz', (c) => {
    const reason = service.notReady()
    const isTold = isTrusted(c)
    if (reason !== null)
      throw new LedgerError('unavailable', isTold ? reason : 'The service cannot answer yet: try again.')
    const told = { position: service.model.position(), lagMs: lagOf(service), ...logHealthOf(service) }
    return c.json({ status: 'ready', ...(isTold && told) })
  })
  app.get('/', (c) => c.html(home(isTrusted(c) ? service.model.position() : null, [...questions.keys()])))
  eventRoutes(app, service)
  questionRoutes(app, service)
  replayRoutes(app, service)
  diffRoutes(app, service)
  versionsRoutes(app, service)
  streamRoutes(app, service, logger)
  importRoutes(app, service)
  commandRoutes(app, service)
  projectionRoutes(app, service, (error) => logger.error({ err: error }, 'the read model was not made anew'))
  openapiRoutes(app)
  docsRoutes(app)
  const refused = refusal(app)
  app.notFound((c) => problemResponse(refused(c)))
  app.onError((error, c) => {
    if (!isLedgerError(error) || error.code === 'internal')
      logger.error({ requestId: c.get('requestId'), err: error }, 'a request failed')
    return problemResponse(error)
  })
  return app
}
