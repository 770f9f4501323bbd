import { getCallSites } from 'node:util'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { projections } from '../../projections/index.ts'
import { createFeed, type Wanted } from '../../src/http/feed.ts'
import type { Piece } from '../../src/http/outbox.ts'
import { instantOf } from '../../src/time/instant.ts'
import { type Json, openService, type TestService } from '../service.ts'

const wanted: Wanted = { projections, filter: { status: 'any', reality: 'actual' } }
const day = 86_400_000
const start = Date.parse('2024-01-10T12:00:00.000Z')

/** The delays of the timers that feeds were given. */
let delays: number[]

/** Only the timers of feeds stand still: what else this process has, such as a connection to a log, needs its own. */
beforeEach(() => {
  delays = []
  const { setTimeout: set, clearTimeout: clear } = globalThis
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: start })
  const standing = { set: globalThis.setTimeout, clear: globalThis.clearTimeout }
  const own = new Set<unknown>()
  const setTimeout = (work: () => void, delay: number) => {
    if (!getCallSites(2)[1]?.scriptName.endsWith('/src/http/feed.ts')) return set(work, delay)
    delays.push(delay)
    const timer = standing.set(work, delay)
    own.add(timer)
    return timer
  }
  vi.stubGlobal('setTimeout', Object.assign(setTimeout, set))
  vi.stubGlobal('clearTimeout', (timer: NodeJS.Timeout) =>
    own.delete(timer) ? standing.clear(timer) : clear(timer),
  )
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

/** A feed whose clock is that of its timers, and what it tells. Events do not wake it: it tells of them when it is asked. */
const listening = ({ service }: TestService) => {
  const now = () => instantOf(Date.now())
  const model = { ...service.model, subscribe: () => () => undefined }
  const feed = createFeed({ ...service, model, ledger: { ...service.ledger, now } }, (error) => {
    throw error
  })
  const told: Json[] = []
  const outbox = {
    put: ({ bytes }: Piece) => {
      const [, event, data] = /^event: (\w+)\n(?:id: \d+\n)?data: (.*)\n\n$/.exec(
        Buffer.from(bytes).toString(),
      )!
      told.push({ event, ...JSON.parse(data!) })
    },
    take: async () => null,
    end: () => undefined,
    isEmpty: () => true,
    hasEnded: () => false,
  }
  const release = feed.hold()
  feed.present()
  const leave = feed.join(wanted, outbox)
  return { feed, told, leave, release }
}

const declare = async ({ record }: TestService, duration: string) =>
  record('/v1/emergencies/e-1/declare', {
    zone: 'UTC',
    data: { type: 'curfew', term: { duration, countsFirstDay: true } },
  })

/** Records so many emergencies, each of an hour, one a minute, before anybody can be told of one. */
const recordMany = async ({ service, parts, at }: TestService, count: number, note = 'A note') => {
  const { event: sample } = service.ledger.dryRun({
    command: 'declare',
    about: { kind: 'emergency', id: 'sample' },
    body: {
      zone: 'UTC',
      note,
      source: { publisher: 'Ministry', medium: 'press' },
      data: { type: 'curfew', term: { duration: 'PT1H', countsFirstDay: true } },
    },
    recordedBy: 'desk',
  })
  const recordedAt = (index: number) => instantOf(start + index * 60_000)
  at(recordedAt(count))
  await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const now = recordedAt(index)
      const id = `00000000-0000-7000-9000-${String(index).padStart(12, '0')}`
      const when = { text: null, zone: 'UTC', earliest: now, latest: now }
      const event = { ...sample!, id, stream: `emergency-e-${index}`, recordedAt: now, when }
      return parts.log.append(event.stream, [event], 'no_stream')
    }),
  )
}

describe('the clock of a feed', () => {
  test('reaches a moment that is further away than a timer can be, to the millisecond', async () => {
    await using service = await openService()
    await declare(service, 'P30D')
    const { told, leave, release } = listening(service)
    const end = Date.parse('2024-02-09T00:00:00.000Z')

    await vi.advanceTimersByTimeAsync(end - start - 1)
    expect(told).toStrictEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(told).toMatchObject([{ event: 'lapse', at: instantOf(end), asOf: instantOf(end) }])
    expect(delays.filter((delay) => !(delay > 0 && delay < 2 ** 31))).toStrictEqual([])
    expect(delays.length).toBeGreaterThan(0)
    expect(vi.getTimerCount()).toBe(0)
    leave()
    release()
  })

  test('notices what passed while a timer stood still, such as that of a machine that slept', async () => {
    await using service = await openService()
    await declare(service, 'PT12H')
    const { told, leave, release } = listening(service)
    vi.setSystemTime(start + 2 * day)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(told).toMatchObject([{ event: 'lapse', at: '2024-01-11T00:00:00.000Z' }])
    leave()
    release()
  })

  test('runs only while somebody listens', async () => {
    await using service = await openService()
    await declare(service, 'PT12H')
    const { feed, told, leave, release } = listening(service)
    const other = feed.hold()
    leave()
    release()
    release()
    expect(vi.getTimerCount()).toBe(1)
    other()
    expect(vi.getTimerCount()).toBe(0)
    await vi.advanceTimersByTimeAsync(day)
    expect(told).toStrictEqual([])

    // And begins anew at the present, with nothing of what passed meanwhile.
    const again = feed.hold()
    expect(feed.present()).toStrictEqual({ asOf: instantOf(start + day), position: 1 })
    again()
  })
})

test('what does not fit one turn is told in several, in which time never overtakes what was recorded', async () => {
  await using service = await openService()
  const { feed, told, leave, release } = listening(service)
  vi.setSystemTime(start + 10 * day)
  await recordMany(service, 200)

  const reached = [feed.present()]
  while (reached.at(-1)!.position < 200) reached.push(feed.present())
  expect(reached.map(({ position }) => position)).toStrictEqual([64, 128, 192, 200])
  expect(reached.map(({ asOf }) => asOf)).toStrictEqual([
    ...[64, 128, 192].map((index) => instantOf(start + index * 60_000)),
    instantOf(start + 10 * day),
  ])
  const times = told.map(({ event, recordedAt, at }) => (event === 'event' ? recordedAt : at) as string)
  expect(times).toStrictEqual(times.toSorted())
  expect(told.filter(({ event }) => event === 'event').map(({ position }) => position)).toStrictEqual(
    Array.from({ length: 200 }, (_, index) => index + 1),
  )
  expect(told.filter(({ event }) => event === 'lapse').length).toBe(200)
  leave()
  release()
})

test('what is large is told in more turns, so that whoever reads can take it in between', async () => {
  await using service = await openService()
  const { feed, told, leave, release } = listening(service)
  await recordMany(service, 20, 'x'.repeat(100_000))
  const turns: number[] = []
  for (let position = 0; position < 20; turns.push(told.length)) position = feed.present().position
  expect(turns).toStrictEqual([3, 6, 9, 12, 15, 18, 20])
  expect(told.map(({ position }) => position)).toStrictEqual(
    Array.from({ length: 20 }, (_, index) => index + 1),
  )
  leave()
  release()
})
