import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { createRebuild } from '../src/readmodel/rebuild.ts'
import { filesBeside, memoryModel } from '../src/readmodel/store.ts'
import { createApp } from '../src/http/app.ts'
import { listen, type Listening } from '../src/http/server.ts'
import type { Service } from '../src/http/service.ts'
import type { Keyring } from '../src/keys/keyring.ts'
import { createLedger } from '../src/ledger/ledger.ts'
import type { RestoreParts } from '../src/ledger/restore-line.ts'
import type { EventLog } from '../src/log/log.ts'
import type { Instant } from '../src/time/instant.ts'
import { openTestLog } from './engine.ts'

/** What JSON gives: of any shape, which is what the tests are about. */
export type Json = ReturnType<typeof JSON.parse>

/** What a request was answered: the body as JSON where it is JSON, as lines where it is lines, else as text. */
export type Answer = { status: number; headers: Record<string, string>; body: Json }

/** A service over an empty ledger in a folder of its own, with a clock that stands still unless it is set. */
export type TestService = AsyncDisposable & {
  service: Service
  parts: RestoreParts
  /** What the service logged, a line an object. */
  logged: Record<string, unknown>[]
  /** Sets the clock. */
  at: (instant: Instant) => void
  get: (path: string, headers?: Record<string, string>) => Promise<Answer>
  /** Sends a body as JSON, or as it is where it is text or bytes. */
  post: (path: string, body: unknown, headers?: Record<string, string>) => Promise<Answer>
  request: (path: string, init?: RequestInit) => Promise<Response>
  /** Records a command of an entity and gives the receipt. Throws where it is refused. */
  record: (path: string, body: object, headers?: Record<string, string>) => Promise<Json>
  /** Listens on a free port. */
  listen: () => Promise<string>
}

type Options = {
  zone?: string
  /** Puts something between the ledger and its log. */
  around?: (log: EventLog) => EventLog
  notReady?: () => string | null
  keys?: Keyring
}

/** What every event of these tests is said by, unless another source is given. */
export const source = { publisher: 'Ministry', medium: 'official_statement' }

/** The id of the event that is drafted as the n-th, from 1; a dry run and a refused command draft one as well. */
export const eventId = (count: number): string => `00000000-0000-7000-8000-${String(count).padStart(12, '0')}`

const read = async (response: Response): Promise<Answer> => {
  const headers = Object.fromEntries(response.headers)
  const text = await response.text()
  return { status: response.status, headers, body: bodyOf(text, headers['content-type'] ?? '') }
}

/** A body as its media type says it is written. */
export const bodyOf = (text: string, contentType: string): unknown => {
  if (/^application\/(problem\+)?json/.test(contentType)) return JSON.parse(text)
  if (!contentType.startsWith('application/x-ndjson')) return text
  return text === ''
    ? []
    : text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown)
}

/** Opens a service. Whoever opens it disposes of it: `await using`. */
export const openService = async ({
  zone = 'UTC',
  around,
  notReady,
  keys,
}: Options = {}): Promise<TestService> => {
  const folder = mkdtempSync(join(tmpdir(), 'crisis-ledger-'))
  let now: Instant = '2024-01-10T12:00:00.000Z'
  let drafted = 0
  const clock = () => now
  const newId = () => eventId(++drafted)

  const { log: own, events, close } = await openTestLog(folder, clock)
  const log = around ? around(own) : own
  const model = memoryModel(events)
  const unsubscribe = await own.subscribe(
    0,
    (events) => model.apply(events),
    (error) => model.stop(error),
  )
  const event = (name: string) => {
    const hash = name.indexOf('#')
    if (hash < 0) return events.one(name)
    return model.entity(name.slice(0, hash))?.events.find(({ key }) => key === name.slice(hash + 1))
  }
  const ledger = createLedger({ log, model, event, clock, newId })
  const path = join(folder, 'ledger.db')
  const rebuild = createRebuild({
    model,
    events,
    log: path,
    files: filesBeside(path),
    fingerprint: 'test',
    ticks: () => performance.now(),
  })
  const service: Service = {
    ledger,
    model,
    table: events,
    zone,
    operator: 'desk',
    ticks: () => performance.now(),
    notReady: notReady ?? (() => null),
    fault: () => null,
    isCold: () => false,
    progress: () => rebuild.progress(),
    rebuild,
    ...(keys && { keys }),
  }
  const logged: Record<string, unknown>[] = []
  const logger = pino({}, { write: (line: string) => void logged.push(JSON.parse(line)) })
  const app = createApp(service, logger)
  let listening: Listening | undefined

  const request = async (path: string, init?: RequestInit): Promise<Response> => app.request(path, init)
  const post: TestService['post'] = async (path, body, headers) =>
    read(
      await request(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body:
          typeof body === 'string' || body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body),
      }),
    )
  return {
    service,
    parts: { log, model, view: ledger.view, clock, newId, greatestId: () => events.greatestId() },
    logged,
    at: (instant) => void (now = instant),
    request,
    get: async (path, headers = {}) => read(await request(path, { headers })),
    post,
    record: async (path, body, headers) => {
      const answer = await post(path, { source, ...body }, headers)
      if (answer.status === 201) return answer.body
      throw new Error(`${path} was answered ${answer.status}: ${JSON.stringify(answer.body)}`)
    },
    listen: async () => {
      listening = await listen(app, '127.0.0.1', 0)
      return listening.url
    },
    [Symbol.asyncDispose]: async () => {
      await listening?.stop()
      await rebuild.stop()
      await unsubscribe()
      await model.core().close()
      await close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
