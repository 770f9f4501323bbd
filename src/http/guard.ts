import type { MiddlewareHandler } from 'hono'
import { LedgerError } from '../errors.ts'

const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])

const hostOf = (authority: string): string | null => {
  try {
    return new URL(`http://${authority}`).hostname
  } catch {
    return null
  }
}

/**
 * Any web page can send to a loopback port, and any name can be made to point to one. So a foreign `Origin`, and a
 * foreign `Host`, is refused with `forbidden`.
 */
export const guard = (): MiddlewareHandler => async (c, next) => {
  const host = c.req.header('host') ?? new URL(c.req.url).host
  const name = hostOf(host)
  if (name === null || !loopback.has(name))
    throw new LedgerError('forbidden', `This service answers for localhost only, not for "${host}".`)
  const origin = c.req.header('origin')
  if (origin !== undefined && origin !== `http://${host}`)
    throw new LedgerError('forbidden', `Pages of ${origin} may not use this service.`)
  await next()
}
