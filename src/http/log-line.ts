import type { MiddlewareHandler } from 'hono'
import { destination, pino, type Logger as PinoLogger } from 'pino'

export type Logger = Pick<PinoLogger, 'info' | 'warn' | 'error'>

/** How long a line may wait before it is written, in milliseconds. */
const periodicFlush = 100

/** A logger that writes its lines to the standard output many at a time; when the process ends all are written. */
export const createLogger = (): PinoLogger =>
  pino(destination({ dest: 1, sync: false, minLength: 4096, periodicFlush }))

/**
 * One line of the log for each request: its id, method, address, whose key it came with, status and duration in
 * milliseconds.
 */
export const requestLog =
  (logger: Logger, ticks: () => number): MiddlewareHandler =>
  async (c, next) => {
    const start = ticks()
    c.set('logger', logger)
    await next()
    const by = c.get('access')?.name
    const line = {
      requestId: c.get('requestId'),
      method: c.req.method,
      path: c.req.path,
      ...(by !== undefined && { by }),
      status: c.res.status,
      milliseconds: Math.round((ticks() - start) * 1000) / 1000,
    }
    logger.info(line, 'request')
  }
