import type { MiddlewareHandler } from 'hono'
import { LedgerError } from '../errors.ts'

const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])

/** As nearly every request writes it. */
const usual = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/

const isForeign = (authority: string): boolean => {
  if (usual.test(authority)) return false
  try {
    return !loopback.has(new URL(`http://${authority}`).hostname)
  } catch {
    return true
  }
}

/** The host of an address. */
const hostOf = (url: string): string => {
  const written = /^http:\/\/([^/?#@\\]*)(?=[/?#]|$)/.exec(url)?.[1]
  return written !== undefined && usual.test(written) ? written : new URL(url).host
}

/**
 * Any web page can send to a loopback port, and any name can be made to point to one. So a foreign `Origin`, and a
 * foreign `Host`, is refused with `forbidden`.
 */
export const guard = (): MiddlewareHandler => async (c, next) => {
  // A request that is meant for a proxy has its host in its address.
  const addressed = hostOf(c.req.url)
  const host = c.req.header('host') ?? addressed
  const foreign = [host, addressed].find(isForeign)
  if (foreign !== undefined)
    throw new LedgerError('forbidden', `This service answers for localhost only, not for "${foreign}".`)
  const origin = c.req.header('origin')
  if (origin !== undefined && origin !== `http://${host}`)
    throw new LedgerError('forbidden', `Pages of ${origin} may not use this service.`)
  await next()
}
