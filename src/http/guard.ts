import type { Context, MiddlewareHandler } from 'hono'
import { LedgerError } from '../errors.ts'
import type { Access, Keyring } from '../keys/keyring.ts'
import { type Role, roleOf, suffices } from '../keys/role.ts'
import { connectionOf } from './connection.ts'

declare module 'hono' {
  interface ContextVariableMap {
    /** Whose key it came with; null: none that is known. Undefined where the service has no keys. */
    access?: Access | null
  }
}

/**
 * Any web page can send to a port of its reader's machine, so a foreign `Origin` is refused with `forbidden`. A service
 * without keys listens on loopback only, and any name can be made to point there: a foreign `Host` is refused as well.
 *
 * A service with keys takes nothing without one but what tells nothing of the ledger (`isOpen`): all else is
 * `unauthorized`, whether it is there or not, and `forbidden` where the role of the key does not suffice. What is under
 * way with a key is cut off when that is revoked.
 */
export const guard =
  (keys?: Keyring): MiddlewareHandler =>
  async (c, next) => {
    // A request that is meant for a proxy has its host in its address.
    const addressed = hostOf(c.req.url)
    const host = c.req.header('host') ?? addressed
    if (!keys) requireLoopback([host, addressed])
    requireOwn(c.req.header('origin'), host, keys ? ['http:', 'https:'] : ['http:'])
    if (keys) admit(c, keys)
    await next()
  }

/** For a route that needs another role than its method does: `app.post(path, needs('admin'), …)`. */
export const needs =
  (role: Role): MiddlewareHandler =>
  async (c, next) => {
    requireRole(c, role)
    await next()
  }

/** Whether a request may be told of the ledger also where it needs no key. */
export const isTrusted = (c: Context): boolean => c.get('access') !== null

/** Who records with a request: the name of its key, or else the operator. */
export const recorderOf = (c: Context, { operator }: { operator: string }): string =>
  c.get('access')?.name ?? operator

/** What everybody may see also of a service with keys: that it runs, and how it is used. */
export const isOpen = (path: string): boolean =>
  ['/', '/healthz', '/readyz', '/openapi.json', '/docs'].includes(path) || path.startsWith('/docs/')

/** What a request without a key is told, and one with a key that nobody has. */
export const refusals = {
  missing:
    'This takes an access key: send "Authorization: Bearer <key>" (the command line takes it from LEDGER_KEY). ' +
    'Whoever runs the service makes one with "crisis-ledger key add".',
  unknown:
    'This access key is not known here, or was revoked: ask whoever runs the service for another, which ' +
    '"crisis-ledger key add" makes.',
} as const

/** What a request is told whose key does not suffice. */
export const roleRefusal = (role: Role, needed: Role): string =>
  `This takes a key with the role ${needed}, and this one has ${role}: ask whoever runs the service for another.`

const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])

/** As nearly every request writes it. */
const usual = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/

const urlOf = (text: string): URL | null => (URL.canParse(text) ? new URL(text) : null)

const requireLoopback = (authorities: readonly string[]): void => {
  const foreign = authorities.find(
    (authority) => !usual.test(authority) && !loopback.has(urlOf(`http://${authority}`)?.hostname ?? ''),
  )
  if (foreign !== undefined)
    throw new LedgerError('forbidden', `This service answers for localhost only, not for "${foreign}".`)
}

/** Where a proxy takes TLS for the service, its own pages come from https. */
const requireOwn = (origin: string | undefined, host: string, protocols: readonly string[]): void => {
  if (origin !== undefined && !protocols.some((protocol) => origin === `${protocol}//${host}`))
    throw new LedgerError('forbidden', `Pages of ${origin} may not use this service.`)
}

const admit = (c: Context, keys: Keyring): void => {
  const key = /^bearer +(\S+) *$/i.exec(c.req.header('authorization') ?? '')?.[1]
  const access = key === undefined ? null : keys.find(key)
  c.set('access', access)
  if (!isOpen(c.req.path)) {
    if (!access)
      throw new LedgerError('unauthorized', key === undefined ? refusals.missing : refusals.unknown)
    requireRole(c, roleOf(c.req.method))
  }
  if (!access) return
  const { cut, closed } = connectionOf(c)
  closed?.(keys.follow(access, cut))
}

const requireRole = (c: Context, needed: Role): void => {
  const access = c.get('access')
  if (access === null) throw new LedgerError('unauthorized', refusals.missing)
  if (access && !suffices(access.role, needed))
    throw new LedgerError('forbidden', roleRefusal(access.role, needed))
}

/** The host of an address. */
const hostOf = (url: string): string => {
  const written = url.slice('http://'.length, url.indexOf('/', 'http://'.length))
  return url.startsWith(`http://${written}/`) && usual.test(written) ? written : new URL(url).host
}
