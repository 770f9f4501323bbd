import { existsSync } from 'node:fs'
import { readSettings, type Settings, shownLog } from '../config.ts'
import { type ErrorCode, isLedgerError, LedgerError } from '../errors.ts'
import type { Projections } from '../http/projections.ts'
import type { Opened } from '../main.ts'
import { tell } from './terminal.ts'

/** Asks a ledger over HTTP: one that serves, or one opened in this process. */
export type Client = {
  /** The answer, if it is a good one. Throws what the ledger answers otherwise, and `unavailable` if nothing answers. */
  fetch: (path: string, init?: RequestInit) => Promise<Response>
  close: () => Promise<void>
}

type Fetch = (path: string, init?: RequestInit) => Promise<Response> | Response

const problemType = 'application/problem+json'

const errorOf = async (response: Response, at: string): Promise<LedgerError> => {
  if (!response.headers.get('content-type')?.startsWith(problemType)) {
    await response.body?.cancel()
    return new LedgerError(
      'unavailable',
      `${at} answers with status ${response.status} and says no more: is a Crisis Ledger served there?`,
    )
  }
  const {
    code,
    detail,
    type: _type,
    title: _title,
    status: _status,
    ...members
  } = (await response.json()) as {
    code: ErrorCode
    detail: string
    [member: string]: unknown
  }
  return new LedgerError(code, detail, members)
}

/** A client of whatever answers requests. `at` names it in errors. */
export const clientOf = (ask: Fetch, at: string, close: () => Promise<void>): Client => ({
  async fetch(path, init) {
    const response = await ask(path, init)
    if (!response.ok) throw await errorOf(response, at)
    return response
  },
  close,
})

/** Why a fetch failed, in the words of the system: undici hides them in the cause. */
const reasonOf = (error: unknown): string => {
  const { cause } = error as { cause?: unknown }
  const inner = cause instanceof AggregateError ? (cause.errors[0] as unknown) : cause
  return (inner instanceof Error ? inner : (error as Error)).message
}

const remote = (url: string): Client => {
  const base = URL.canParse(url) ? new URL(url) : null
  if (!base || !/^https?:$/.test(base.protocol))
    throw new LedgerError('invalid', `--url "${url}" is no address: write one such as http://127.0.0.1:4680.`)
  const start = base.href.replace(/[?#].*$/, '').replace(/\/+$/, '')
  // Read here, because what the rest of src/main.ts needs takes longer to load than most answers take.
  const { LEDGER_KEY: key } = readSettings(process.env)
  const ask: Fetch = async (path, init) => {
    const headers = new Headers(init?.headers)
    if (key !== undefined) headers.set('authorization', `Bearer ${key}`)
    try {
      return await fetch(start + path, { ...init, headers })
    } catch (error) {
      throw new LedgerError(
        'unavailable',
        `${start} does not answer (${reasonOf(error)}): start the service there with "crisis-ledger serve", ` +
          'or check --url.',
      )
    }
  }
  return clientOf(ask, start, () => Promise.resolve())
}

/** Throws `not_found` where the settings name a ledger that is not there: whoever only asks makes none. */
export const requireLedger = ({ LEDGER_LOG }: Settings): void => {
  const path = LEDGER_LOG.slice('sqlite:'.length)
  if (LEDGER_LOG.startsWith('sqlite:') && !existsSync(path))
    throw new LedgerError(
      'not_found',
      `There is no ledger at ${path}: set LEDGER_LOG, or record something first.`,
    )
}

/** Settings under which no key is needed: whoever can open the ledger's own file needs none. */
export const withoutKeys = ({ LEDGER_KEYS: _keys, ...rest }: Settings): Settings => rest

/** Opens the ledger that the settings name, its service silent. Throws `internal` for one that cannot be read. */
export const openHere = async ({ mayCreate }: { mayCreate: boolean }): Promise<Opened> => {
  const [{ fileOf, open, settings }, { pino }] = await Promise.all([import('../main.ts'), import('pino')])
  const given = withoutKeys(settings())
  if (!mayCreate) requireLedger(given)
  const { path, purpose } = fileOf(given)
  try {
    const opened = await open(given, pino({ level: 'silent' }))
    await opened.settled
    if (!opened.service.isCold()) return opened
    // Asked before it is closed: then there is nothing to look at.
    const why = opened.service.notReady()
    await opened.close()
    throw new LedgerError('unavailable', why ?? 'The ledger cannot answer yet: try again.')
  } catch (error) {
    if (isLedgerError(error)) throw error
    const why = (error as Error).message
    const advice =
      purpose === 'log'
        ? 'crisis-ledger verify lists what is wrong with it.'
        : `remove ${path}, which is filled again from the server, and start anew.`
    throw new LedgerError('internal', `${shownLog(given)} cannot be read (${why}): ${advice}`, {}, error)
  }
}

const local = async (need: Need): Promise<Client> => {
  const opened = await openHere({ mayCreate: need === 'create' })
  const { app, close, service, parts } = opened
  const health = service.log?.()
  try {
    if (need === 'all') await requireAll(parts)
    else if (need === 'ask' && health?.isAway)
      await tell(awayText(service.model.position(), health.lastError))
  } catch (error) {
    await close()
    throw error
  }
  return clientOf((path, init) => app.request(path, init), 'the ledger', close)
}

const awayText = (position: number, why: string | null): string =>
  `The log is away (${why}): this is what was here of it, up to position ${position}.`

const notAll = (position: number, why: string): LedgerError =>
  new LedgerError(
    'unavailable',
    `Whether there is more than what is here, up to position ${position}, cannot be found out: ${why}`,
  )

/** Throws `unavailable` unless the answers here have all that the log has. */
const requireAll = async ({ log, model }: Opened['parts']): Promise<void> => {
  try {
    await model.reached(await log.head(), patience)
  } catch (error) {
    throw notAll(model.position(), (error as Error).message)
  }
}

/** The same of a service, which asks its log. */
const requireAllServed = async (client: Client): Promise<void> => {
  const { position, log } = await json<Projections>(client, '/v1/projections')
  if (log?.isFollowing === false) throw notAll(position, log.lastError ?? 'the log is away. Try again.')
  try {
    await client.fetch(address('/v1/projections', { upToDate: 'true' }))
  } catch (error) {
    if (isLedgerError(error) && error.code === 'unavailable') throw notAll(position, error.message)
    throw error
  }
}

/** How long the answers may take to have what the log has, in milliseconds. */
const patience = 60_000

/** What work needs of a ledger: to ask it; all that its log has; or to write, and where there is none to make it. */
export type Need = 'ask' | 'all' | 'create'

/**
 * Does work on the ledger served at an address, or else on the one that the settings name, opened for that time. Work
 * that only asks makes no ledger where there is none, and where the log is away it is said what is asked.
 */
export const withClient = async <T>(
  url: string | undefined,
  work: (client: Client) => Promise<T>,
  need: Need = 'ask',
): Promise<T> => {
  const client = url === undefined ? await local(need) : remote(url)
  try {
    if (url !== undefined && need === 'all') await requireAllServed(client)
    return await work(client)
  } finally {
    await client.close()
  }
}

/** The JSON of an answer. */
export const json = async <T>(client: Client, path: string, init?: RequestInit): Promise<T> =>
  (await (await client.fetch(path, init)).json()) as T

/** An address with the parameters that are given. */
export const address = (
  path: string,
  query: Readonly<Record<string, string | number | undefined>> = {},
): string => {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
  return text === '' ? path : `${path}?${text}`
}

export const ndjson = 'application/x-ndjson'

const textsOf = async function* (response: Response): AsyncGenerator<string> {
  try {
    for await (const text of response.body!.pipeThrough(new TextDecoderStream())) yield text
  } catch (error) {
    if (isLedgerError(error)) throw error
    throw new LedgerError('unavailable', `The connection ended before the answer did (${reasonOf(error)}).`)
  }
}

/** The lines of an answer, however long. Throws `unavailable` when the connection ends before the answer does. */
export async function* linesOf(response: Response): AsyncGenerator<string> {
  if (!response.body) return
  let parts: string[] = []
  for await (const text of textsOf(response)) {
    let start = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      yield parts.join('') + text.slice(start, end)
      parts = []
      start = end + 1
    }
    if (start < text.length) parts.push(text.slice(start))
  }
  if (parts.length > 0) yield parts.join('')
}

/** Runs work on each, at most eight at a time, and gives the results in their order. */
export const each = async <T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> => {
  const results: R[] = []
  for (let start = 0; start < items.length; start += 8)
    results.push(...(await Promise.all(items.slice(start, start + 8).map(work))))
  return results
}
