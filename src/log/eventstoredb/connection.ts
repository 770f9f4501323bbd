import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Credentials, EventStoreDBClient } from '@eventstore/db-client'
import { isLedgerError, LedgerError } from '../../errors.ts'
import type { Over } from './meaning.ts'

/** The way to the server: one live client at a time. */
export type Connection = {
  /** The client to call with. Ask for it at every call: another may have taken its place. Throws `unavailable` when closed. */
  client(): EventStoreDBClient
  /** Whether no other took the place of a client. */
  isLive(client: EventStoreDBClient): boolean
  /** With every call: an append then uses the one that has a deadline of its own, and shares no state with others. */
  credentials: Credentials
  /** Puts a new client in the place of one that no longer serves, and ends what is still open of it. */
  replace(client: EventStoreDBClient, why: Over): void
  close(): Promise<void>
}

/** Connects at the first call. Throws `invalid` unless the text is a connection string that can be used. */
export const createConnection = (text: string, keepAlive: number): Connection => {
  requireConnectionString(text)
  const credentials = credentialsOf(text)
  let current: EventStoreDBClient | undefined
  let made = 0
  let isClosed = false
  const make = () => quietly(() => EventStoreDBClient.connectionString(withLimits(text, keepAlive, made++)))
  return {
    credentials,
    client: () => {
      if (isClosed) throw new LedgerError('unavailable', 'The log is closed: open the ledger again.')
      return (current ??= make())
    },
    isLive: (client) => client === current,
    replace: (client, why) => {
      if (client !== current) return
      current = undefined
      void retire(client, why)
    },
    close: async () => {
      isClosed = true
      const last = current
      current = undefined
      if (last !== undefined) await retire(last, 'no')
    },
  }
}

/**
 * Those of the connection string. A server without TLS is sent none, whatever they are; one with TLS lets nobody read the
 * whole log without.
 */
const credentialsOf = (text: string): Credentials => {
  const [, username, password] = /^esdb(?:\+discover)?:\/\/(?:([^:/@]+):([^@]+)@)?/.exec(text.trim()) ?? []
  if (username !== undefined && password !== undefined)
    return { username: decodeURIComponent(username), password: decodeURIComponent(password) }
  if (/[?&]tls=false(&|$)/i.test(text)) return { username: '', password: '' }
  throw new LedgerError(
    'invalid',
    'An EventStoreDB with TLS needs a user: esdb://user:password@host:2113. Add ?tls=false for one without TLS.',
  )
}

/**
 * A server that stands still is noticed after interval and timeout: 4 s, where the client would take 20. Channels of equal
 * settings share their connections, and with them a pause between tries that grows to two minutes; with a timeout of its
 * own each new client tries at once. One of several hosts that stands still is passed over after a second, where the client
 * would wait for 5, longer than for any answer here.
 */
const withLimits = (text: string, keepAlive: number, number: number): string => {
  const given = (name: string) => new RegExp(`[?&]keep[_-]?alive[_-]?${name}=(-?\\d+)`, 'i').exec(text)?.[1]
  const gossip = /[?&]gossip[_-]?timeout=/i.test(text) ? '' : '&gossipTimeout=1'
  const interval = Number(given('interval') ?? keepAlive)
  const timeout = Number(given('timeout') ?? keepAlive)
  const own = timeout < 0 ? timeout : timeout + (number % 1000)
  const settings = `keepAliveInterval=${interval}&keepAliveTimeout=${own}${gossip}`
  return `${text}${text.includes('?') ? '&' : '?'}${settings}`
}

const requireConnectionString = (text: string): void => {
  try {
    if (/[?&]throw[_-]?on[_-]?append[_-]?failure=false/i.test(text))
      throw new LedgerError('invalid', 'With throwOnAppendFailure=false the client gives wrong revisions.')
    warnings(() => EventStoreDBClient.connectionString(text), text)
  } catch (error) {
    if (isLedgerError(error)) throw error
    // What the client says of a text that it cannot read quotes it, password and all.
    const isQuoted = 'connectionString' in (error as object)
    const why = isQuoted ? '' : ` (${(error as Error).message})`
    throw new LedgerError(
      'invalid',
      `The connection string cannot be used; one looks like esdb://user:password@host:2113,host:2113?tlsCAFile=ca.crt${why}`,
      {},
      isQuoted ? undefined : error,
    )
  }
}

/** Passes on what the client warns of, but for the lines in which it quotes the connection string, password and all. */
const warnings = (make: () => void, text: string): void => {
  const { warn } = console
  const secret = /:\/\/[^:/@]+:([^@]+)@/.exec(text)?.[1] ?? text
  console.warn = (said: unknown) => {
    const lines = String(said).split('\n')
    const told = lines.filter(
      (line) => !line.includes(text) && !line.includes(secret) && !/^ *\^+$/.test(line),
    )
    warn(told.join('\n'))
  }
  try {
    make()
  } finally {
    console.warn = warn
  }
}

/** Whenever it is made the client warns of a short keep-alive, which is meant, and of what was said of the string already. */
const quietly = <T>(make: () => T): T => {
  const { warn } = console
  console.warn = () => undefined
  try {
    return make()
  } finally {
    console.warn = warn
  }
}

/** Cancels the calls of a client and closes its channel, if it has one: the client itself leaves it open. */
const retire = async (client: EventStoreDBClient, why: Over): Promise<void> => {
  try {
    await client.dispose()
    if (why === 'closed') return
    const { getChannel } = client as unknown as { getChannel: () => Promise<{ close: () => void }> }
    const channel = await getChannel()
    // Calls that waited for the channel as well begin on it first: on one that is closed they would throw where nobody catches it.
    await nextTurn()
    channel.close()
  } catch {
    // It had no channel, and found no server for one.
  }
}
