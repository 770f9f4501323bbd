import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { openEvents } from '../../src/log/events.ts'
import { examination, type Extent } from '../../src/readmodel/examination.ts'
import { fingerprint } from '../../src/readmodel/fingerprint.ts'
import { uncompared } from '../../src/readmodel/rebuild.ts'
import { filesBeside, reachOf, readCore } from '../../src/readmodel/store.ts'
import type { Event } from '../../src/vocabulary/envelope.ts'
import { createRandom, type Random } from '../bench/random.ts'
import { type Book, createBook, saidIn } from './book.ts'
import { type Service, servicesOf } from './service.ts'
import { type Answer, corroboration, createWriter, figure, type Writer } from './writer.ts'

/** How often the service is killed while it records, and the choices on the way. Both can be given. */
const lives = Number(process.env['CRASH_LIVES'] ?? 20)
const seed = Number(process.env['CRASH_SEED'] ?? 20240109)
const connections = 24
/** Others may be killed before they begin to make the read model anew, or when they have; this one is in the middle. */
const surelyRebuilt = 7
const made = fingerprint()

const folder = mkdtempSync(join(tmpdir(), 'crisis-ledger-'))
const path = join(folder, 'ledger.db')
const services = servicesOf(path)
afterAll(async () => {
  await services.end()
  rmSync(folder, { recursive: true })
})

test(`what was acknowledged is there after each of ${lives} kills, nothing is there by half, and no answer is wrong`, async () => {
  const book = createBook()
  const random = createRandom(seed)
  let receipts: readonly Answer[] = []
  let acknowledged = 0
  let found: string[] = []

  for (let life = 1; life <= lives; life++) {
    if (random.chance(0.1)) await services.killWhileOpening(random.below(100))
    const service = await services.open()
    const writer = createWriter(service.url, book, () => service.isDead())
    found = book.look(await eventsOf(service))
    found.push(...(await wrongAnswers(service, book, random)))
    found.push(...(await wrongWhenSentAgain(writer, book, receipts)))

    const recording = recordUntilDead(service, writer, life)
    // Some live long enough that what is made anew beside takes over, or is about to.
    const isLong = random.chance(0.1)
    const isRebuilt = life === surelyRebuilt || isLong || random.chance(0.15)
    const known = book.last()?.position ?? 0
    const asking = askUntilDead(service, createRandom(seed - life), { isRebuilt, known })
    await writer.hasAcknowledged(random.below(120))
    const longest = isLong ? 2500 : 20
    if (life === surelyRebuilt) await asking.begun
    else await pause(random.below(longest))
    await service.kill()
    const done = await recording
    const asked = await asking.ended
    found.push(...asked.faults)
    if (life === surelyRebuilt) expect(asked.isBrokenOff).toBe(true)
    found.push(...(await wrongReadModels(life <= 5 ? 'all' : { sample: 20 }, random)))
    found.push(...writer.faults)
    if (life % 20 === 0) found.push(...brokenFile())
    expect(found.slice(0, 5), `CRASH_SEED=${seed}, life ${life}`).toStrictEqual([])
    receipts = done.receipts
    acknowledged += done.acknowledged
  }

  const service = await services.open()
  expect(book.look(await eventsOf(service)), `CRASH_SEED=${seed}, at last`).toStrictEqual([])
  await service.kill()
  expect(brokenFile()).toStrictEqual([])
  expect(await wrongReadModels({ sample: 400 }, random, true), `CRASH_SEED=${seed}, at last`).toStrictEqual(
    [],
  )
  // A service that is killed before it acknowledges anything shows nothing.
  expect(acknowledged).toBeGreaterThan(lives * 10)
}, 900_000)

/** Every event as the service tells it, one line each. */
const eventsOf = async ({ url }: Service): Promise<string[]> => {
  const response = await fetch(`${url}/v1/events`, { headers: { accept: 'application/x-ndjson' } })
  const text = await response.text()
  return text === '' ? [] : text.trimEnd().split('\n')
}

/** Where the answers are not those of the log. */
const wrongAnswers = async ({ url }: Service, book: Book, random: Random): Promise<string[]> => {
  const ready = (await (await fetch(`${url}/readyz`)).json()) as object
  const wanted = { status: 'ready', position: book.last()?.position ?? 0, lagMs: 0 }
  const faults = isDeepStrictEqual(ready, wanted) ? [] : [`readyz: ${JSON.stringify(ready)}`]
  const streams = [...book.revisions()]
  for (let count = Math.min(3, streams.length); count > 0; count--) {
    const [stream, revision] = random.pick(streams)
    const response = await fetch(`${url}/v1/incidents/${stream.slice('incident-'.length)}`)
    const answer = (await response.json()) as { revision: number }
    if (answer.revision !== revision)
      faults.push(`${stream} is at ${revision} and answers ${JSON.stringify(answer)}`)
  }
  return faults
}

/**
 * What is wrong when requests are sent again: one that nobody answered must give the one event it may have already,
 * one that was answered the same receipt.
 */
const wrongWhenSentAgain = async (
  writer: Writer,
  book: Book,
  receipts: readonly Answer[],
): Promise<string[]> => {
  const faults: string[] = []
  const requests = book.unanswered()
  const answers = Promise.all(requests.slice(0, connections).map((said) => writer.post(said)))
  for (const { line, result, eventId } of await writer.import(requests)) {
    const before = book.eventOf(requests[line - 1]!)
    if (before && (result !== 'repeated' || eventId !== before.id))
      faults.push(`${requests[line - 1]!.key} is event ${before.id}, and ${result} as ${eventId}`)
  }
  for (const [index, answer] of (await answers).entries()) {
    const before = book.eventOf(requests[index]!)
    if (before && !(answer?.replayed && isDeepStrictEqual(answer.receipt.event, before)))
      faults.push(`${requests[index]!.key} is event ${before.id}, and answered: ${JSON.stringify(answer)}`)
  }
  for (const { receipt } of receipts.slice(-3)) {
    const again = await writer.post(saidIn(receipt.event))
    if (!isDeepStrictEqual(again, { receipt, replayed: true }))
      faults.push(`the receipt ${JSON.stringify(receipt)} became ${JSON.stringify(again)}`)
  }
  return faults
}

/** Many connections that record one event after the other, some of them twice at once, and a file beside them. */
const recordUntilDead = async (service: Service, writer: Writer, life: number) => {
  const receipts: Answer[] = []
  const record = async (connection: number): Promise<void> => {
    const random = createRandom(seed + life * 1000 + connection)
    for (let count = 0; !service.isDead(); count++) {
      const key = `${life}-${connection}-${count}`
      const earlier = receipts.findLast(({ receipt }) => receipt.event.type === 'IncidentFigureReported')
      const said =
        earlier && random.chance(0.1) ? corroboration(earlier.receipt.event, key) : figure(random, key)
      const times = random.chance(0.05) ? 2 : 1
      const answers = await Promise.all(Array.from({ length: times }, () => writer.post(said)))
      receipts.push(...answers.filter((answer) => answer !== undefined))
    }
  }
  const random = createRandom(seed + life)
  const file = Array.from({ length: random.chance(0.15) ? 800 : 40 }, (_, line) =>
    figure(random, `${life}-line-${line}`),
  )
  const [results] = await Promise.all([
    writer.import(file),
    ...Array.from({ length: connections }, (_, connection) => record(connection)),
  ])
  return {
    receipts: receipts.filter(({ replayed }) => !replayed),
    acknowledged: receipts.length + results.length,
  }
}

/**
 * One who makes the read model anew again and again, if that is wanted, and one who asks, as of now and as was known at a position
 * that there is. What is answered wrongly is told as faults.
 */
const askUntilDead = (
  service: Service,
  random: Random,
  { isRebuilt, known }: { isRebuilt: boolean; known: number },
) => {
  const faults: string[] = []
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  let isUnderWay = false
  const unlessDead = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      if (!service.isDead()) faults.push(`no answer from a living service: ${String(error)}`)
    }
  }
  const ask = async (path: string, method = 'GET'): Promise<Projected> => {
    const response = await fetch(service.url + path, { method })
    const answer = (await response.json()) as Projected
    if (!response.ok) faults.push(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`)
    return answer
  }
  const rebuild = async (): Promise<void> => {
    while (!service.isDead() && faults.length === 0) {
      await ask('/v1/projections/rebuild', 'POST')
      isUnderWay = true
      begin()
      for (let isDone = false; !isDone;) {
        await pause(random.below(30))
        const { status, lastError } = await ask('/v1/projections')
        isDone = status === 'live'
        isUnderWay = !isDone
        if (lastError) faults.push(`it was not made anew: ${lastError}`)
      }
    }
  }
  const read = async (): Promise<void> => {
    const paths = [
      '/v1/picture',
      '/v1/incidents?status=any&limit=20',
      `/v1/incidents?status=any&limit=20&asOf=2024-01-10&knownAt=${random.below(known + 1)}`,
    ]
    while (!service.isDead() && faults.length === 0) {
      await ask(random.pick(paths))
      await pause(10)
    }
  }
  const ended = Promise.all([...(isRebuilt ? [unlessDead(rebuild)] : []), unlessDead(read)]).then(() => {
    begin()
    return { faults, isBrokenOff: isUnderWay }
  })
  return { begun, ended }
}

type Projected = { status?: string; lastError?: string | null }

/**
 * What is wrong with the read models as the last kill left them, the one that answered and the one that was being made:
 * one that is ahead of the log or damaged, and what is otherwise than the definition makes it; once it has caught up, if that is wanted.
 */
const wrongReadModels = async (
  extent: Extent,
  random: Random,
  isCaughtUp = extent === 'all',
): Promise<string[]> => {
  const copies = join(folder, 'copies')
  rmSync(copies, { recursive: true, force: true })
  mkdirSync(copies)
  for (const name of readdirSync(folder))
    if (/^ledger\.(db|readmodel-\d\.(db|states(-\d)?))(-wal)?$/.test(name))
      copyFileSync(join(folder, name), join(copies, name))
  const log = join(copies, 'ledger.db')
  if (!existsSync(log)) return []
  const events = openEvents(log, 'log')
  const found: string[] = []
  for (const file of filesBeside(log).filter((one) => existsSync(one)))
    try {
      const isCompared = reachOf(file, events, uncompared(made)) === 0
      const core = readCore(file, events, isCompared ? made : uncompared(made))
      if (isCaughtUp) core.take([...events.from(core.position())])
      for (const { found: differences } of examination(core, events, extent, () => random.below(1e6) / 1e6))
        found.push(...differences.map((difference) => `${file}: ${JSON.stringify(difference)}`))
      await core.close()
    } catch (error) {
      found.push(`${file}: ${String(error)}`)
    }
  events.close()
  return found
}

/** What SQLite finds wrong with the file as the last kill left it. Looks at a copy: to open it is to repair it. */
const brokenFile = (): string[] => {
  const copy = join(folder, 'copy.db')
  for (const ending of ['', '-wal']) {
    rmSync(copy + ending, { force: true })
    if (existsSync(path + ending)) copyFileSync(path + ending, copy + ending)
  }
  using database = new DatabaseSync(copy)
  const [found] = database.prepare('pragma integrity_check').all()
  return found!['integrity_check'] === 'ok' ? [] : [`the file: ${JSON.stringify(found)}`]
}

describe('the one who looks', () => {
  const said = (count: number) => figure(createRandom(1), `key-${count}`)
  const event = (count: number, over: Partial<Event> = {}): Event => {
    const { when, ...rest } = said(count)
    return {
      id: `01900000-0000-7000-8000-00000000000${count}`,
      schemaVersion: 1,
      revision: count,
      position: count + 1,
      recordedAt: '2024-02-01T00:00:00.000Z',
      recordedBy: 'desk',
      reality: 'actual',
      when: { ...when!, earliest: '2024-01-09T05:00:00.000Z', latest: '2024-01-10T04:59:59.999Z' },
      ...rest,
      ...over,
    }
  }
  const lines = (...events: readonly Event[]) => events.map((one) => JSON.stringify(one))
  const look = (
    log: readonly string[],
    acknowledged: readonly Event[] = [],
    before: readonly string[] = [],
  ) => {
    const book = createBook()
    for (const count of [0, 1]) book.sending(said(count))
    book.look(before)
    for (const one of acknowledged) book.acknowledged(saidIn(one), one)
    return book.look(log)
  }

  test('finds nothing wrong with a log that holds what was acknowledged', () => {
    expect(look(lines(event(0), event(1)), [event(0)])).toStrictEqual([])
  })

  test.each<[string, string[]]>([
    ['is lost', look([], [event(0)])],
    ['and is', look(lines(event(0)), [event(0, { recordedBy: 'another' })])],
    ['half an event', look([JSON.stringify(event(0)).slice(0, -1)])],
    ['half an event', look([JSON.stringify({ ...event(0), data: {} })])],
    ['is not what was sent', look(lines(event(0, { note: 'another' })))],
    ['was never sent', look(lines(event(0, { key: 'another' })))],
    ['is there twice', look(lines(event(0), event(1, { key: 'key-0', note: event(0).note! })))],
    ['in place of 0', look(lines(event(0, { revision: 1 })))],
    ['comes after', look(lines(event(0), event(1, { position: 1 })))],
    ['is recorded after', look(lines(event(0), event(1, { recordedAt: '2024-01-31T00:00:00.000Z' })))],
    ['is lost', look([], [], lines(event(0)))],
    ['was {', look(lines(event(0, { recordedBy: 'another' })), [], lines(event(0)))],
  ])('tells what %s', (words, found) => {
    expect(found.join('\n')).toContain(words)
  })
})
