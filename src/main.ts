import { randomUUIDv7 } from 'node:crypto'
import { userInfo } from 'node:os'
import { resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Hono } from 'hono'
import { loopback, readSettings, type Settings } from './config.ts'
import { isLedgerError, LedgerError } from './errors.ts'
import { createApp } from './http/app.ts'
import { createLogger, type Logger } from './http/log-line.ts'
import { listen, type Listening } from './http/server.ts'
import type { Service } from './http/service.ts'
import { type Keyring, openKeyring } from './keys/keyring.ts'
import { createLedger } from './ledger/ledger.ts'
import type { RestoreParts } from './ledger/restore-line.ts'
import { faultOf } from './ledger/sound.ts'
import { sqliteLog } from './log/sqlite.ts'
import type { Purpose } from './log/file.ts'
import { lock } from './log/lock.ts'
import { giveBackLarge } from './readmodel/allocator.ts'
import { fingerprint } from './readmodel/fingerprint.ts'
import { createFollowing } from './readmodel/following.ts'
import { createModel, type Model } from './readmodel/model.ts'
import { createPace, inWords, type Progress } from './readmodel/pace.ts'
import { createRebuild } from './readmodel/rebuild.ts'
import { filesBeside, newest, openCore, readCore } from './readmodel/store.ts'
import { type Instant, instantOf } from './time/instant.ts'

/** The settings of this process's environment. Throws an Error that lists every fault. */
export const settings = (): Settings => readSettings(process.env)

/**
 * So many events are taken before the first question; with more to take, the service says that it is not ready, and where
 * there is nothing yet, threads make it.
 */
const soon = 5_000

/** So long, in milliseconds, a start waits for what is new in a log on a server. */
const soonMs = 2_000

const ticks = (): number => performance.now()

/** The one clock of the service. It is read more often than it goes on. */
export const clock = (): Instant => {
  const now = Date.now()
  if (now !== shown.at) shown = { at: now, instant: instantOf(now) }
  return shown.instant
}
let shown: { at: number; instant: Instant } = { at: Number.NaN, instant: '' }

/** An open ledger: as an application, as parts for a restore, and how to serve and close it. */
export type Opened = {
  app: Hono
  service: Service
  parts: RestoreParts
  /** Resolves once it can answer, or cannot for now: then `service.notReady` says why. */
  settled: Promise<void>
  serve: () => Promise<Listening>
  close: () => Promise<void>
}

/** Who records. A user without a name, as in a container, is its number. */
const operatorName = ({ LEDGER_OPERATOR }: Settings): string => {
  if (LEDGER_OPERATOR !== undefined) return LEDGER_OPERATOR
  try {
    return userInfo().username
  } catch {
    return `user ${process.getuid?.() ?? 'unknown'}`
  }
}

/** The access keys. Throws `unavailable` where they cannot be read, or there is none yet and others could reach the service. */
const keyringOf = (
  { LEDGER_KEYS: path, LEDGER_HOST: host }: Settings,
  logger: Logger,
): Keyring | undefined => {
  if (path === undefined) return undefined
  const keyring = openKeyring(path, {
    failed: (error) => logger.error({ err: error }, 'the access keys could not be read again'),
  })
  if (keyring.size() > 0 || loopback.includes(host)) return keyring
  keyring.close()
  throw new LedgerError(
    'unavailable',
    `There are no access keys in ${path} yet, and ${host} is no loopback address: make the first with ` +
      '"crisis-ledger key add NAME --role admin".',
  )
}

/** Events by id, or by `<stream>#<key>`. */
const finder = (model: Service['model'], table: Service['table']) => (name: string) => {
  const at = name.indexOf('#')
  if (at < 0) return table.one(name)
  const key = name.slice(at + 1)
  return model.entity(name.slice(0, at))?.events.find((event) => event.key === key)
}

/** The file of the log that the settings name: the log itself, or this node's replica of one on a server. */
export const fileOf = ({
  LEDGER_LOG,
  LEDGER_NAME,
  LEDGER_DATA,
}: Settings): { path: string; purpose: Purpose } =>
  LEDGER_LOG.startsWith('sqlite:')
    ? { path: resolve(LEDGER_LOG.slice('sqlite:'.length)), purpose: 'log' }
    : { path: resolve(LEDGER_DATA ?? './data', `${LEDGER_NAME}.replica.db`), purpose: 'replica' }

/** Says what is an event of a log on a server: the vocabulary that this process knows. */
export const judge = () => ({ version: fingerprint(), faultOf })

/** The log that the settings name, its file or that of this node's replica, and the lock of that file. */
const openLog = async (given: Settings, clock: () => Instant, logger: Logger) => {
  const { LEDGER_LOG, LEDGER_NAME } = given
  const { path, purpose } = fileOf(given)
  const owned = lock(path)
  try {
    if (purpose === 'log')
      return { path, purpose, owned, log: await sqliteLog({ path, clock }), server: null }
    // The client takes a second to load: only who uses it waits for it.
    const { eventStoreLog } = await import('./log/eventstoredb.ts')
    const changed = ({ isAway, lastError }: { isAway: boolean; lastError: string | null }) => {
      if (isAway) logger.warn({ reason: lastError }, 'the log is away: what is here is answered from')
      else logger.info('the log is followed again')
    }
    const log = await eventStoreLog({
      url: LEDGER_LOG,
      name: LEDGER_NAME,
      path,
      clock,
      judge: judge(),
      changed,
    })
    return { path, purpose, owned, log, server: log }
  } catch (error) {
    owned.release()
    throw error
  }
}

/** The answers as they are in a file, or none yet where that is of no use: then the log says why. */
const modelIn = async (logger: Logger, ...file: Parameters<typeof openCore>): Promise<Model> => {
  try {
    return createModel(readCore(...file))
  } catch (error) {
    const model = createModel(openCore(...file))
    logger.warn({ reason: (error as Error).message }, 'what was made of the log before is made anew')
    return model
  }
}

/**
 * Opens the ledger that the settings name: its log, the answers made from it, and the routes over both. Throws
 * `unavailable` when another process owns it or its folder cannot be written, or when its access keys cannot be read.
 */
export const open = async (
  given: Settings,
  logger: Logger = createLogger(),
  now: () => Instant = clock,
): Promise<Opened> => {
  giveBackLarge()
  const keys = keyringOf(given, logger)
  const { path, purpose, owned, log, server } = await openLog(given, now, logger)
  const letGo = async () => {
    keys?.close()
    await log.close()
    owned.release()
  }
  const made = fingerprint()
  const files = newest(filesBeside(path), log.events, made)
  const model = await modelIn(logger, files[0], log.events, made).catch(async (error: unknown) => {
    await letGo()
    throw error
  })
  const rebuild = createRebuild({
    model,
    events: log.events,
    log: path,
    purpose,
    files,
    fingerprint: made,
    ticks,
  })
  const { promise: settled, resolve: settle } = Promise.withResolvers<void>()
  const isFar = log.events.positionAfter(model.position(), soon + 1) !== undefined
  const following = createFollowing({
    model,
    log,
    rebuild,
    isFar,
    failed: (error) => {
      logger.error({ err: error }, 'the answers could not be made from the log, which is tried again')
      settle()
    },
    ended: (error) =>
      logger.error({ err: error, position: model.position() }, 'the answers no longer follow the log'),
  })
  const close = async () => {
    await following.stop()
    await model.core().close()
    await letGo()
  }
  let isCold = true
  let unasked = null as Error | null
  const warm = async () => {
    const filled = server?.filled((error) => {
      unasked = error
      settle()
    })
    await Promise.all([following.begun, filled])
    await model.reached(log.events.head())
    isCold = false
  }
  const warming = warm()
  warming.catch(() => undefined).finally(settle)
  // What is missing little has it before anybody asks. A log on a server may miss much, or be away.
  if (server) await Promise.race([settled, wait(soonMs, undefined, { ref: false })])
  else if (!isFar)
    try {
      await warming
    } catch (error) {
      await close()
      throw error
    }

  const stopped = (): string | null => {
    const fault = following.fault()
    if (!fault) return null
    const isAway = isLedgerError(fault) && fault.code === 'unavailable'
    return `The answers stopped at position ${model.position()}: ${isAway ? fault.message : 'crisis-ledger verify says what is wrong.'}`
  }
  const headNow = (): number => server?.health().head ?? log.events.head()
  const pace = createPace(ticks)
  /** How far it has come that follows what it has missed. */
  const catchingUp = (): Progress => {
    const [position, head] = [model.position(), headNow()]
    const events = model.core().tables.timeline.length()
    return pace({ position, head, events, share: head === 0 ? 1 : Math.min(position / head, 1) })
  }
  const progress = (): Progress | null =>
    rebuild.progress() ?? (isCold && following.fault() === null ? catchingUp() : null)
  progress()

  const event = finder(model, log.events)
  const ledger = createLedger({ log, model, event, clock: now, newId: randomUUIDv7 })
  const service: Service = {
    ledger,
    model,
    table: log.events,
    zone: given.LEDGER_ZONE,
    operator: operatorName(given),
    ...(keys && { keys }),
    ticks,
    notReady: () => {
      const away = stopped()
      if (away !== null || !isCold) return away
      const health = server?.health()
      const why = unasked?.message ?? (health?.isAway ? health.lastError : null)
      if (why !== null && log.events.head() === 0)
        return `The log cannot be reached, and nothing of it is here yet: ${why}`
      if (health?.isAway && !health.isFilled)
        return `The log cannot be reached, and only a part of it is here yet, up to position ${log.events.head()}: ${why}`
      const failed = rebuild.progress() ? null : rebuild.lastError()
      if (failed !== null) return `The answers cannot be made from the log, which is tried again: ${failed}`
      return `The answers are being made from the log: ${inWords(progress(), headNow())}.`
    },
    fault: stopped,
    isCold: () => isCold,
    progress,
    ...(server && { log: () => server.health() }),
    rebuild,
  }
  const app = createApp(service, logger)

  return {
    app,
    service,
    parts: {
      log,
      model,
      view: ledger.view,
      clock: now,
      newId: randomUUIDv7,
      greatestId: () => log.events.greatestId(),
    },
    settled,
    serve: async () => {
      const listening = await listen(app, given.LEDGER_HOST, given.LEDGER_PORT)
      owned.announce(listening.url)
      // The first who asks need not wait for it then. If it fails, he is told why.
      void settled.then(() => model.prepared()).catch(() => undefined)
      return listening
    },
    close,
  }
}
