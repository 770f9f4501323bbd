import { pino } from 'pino'
import { describe, expect, test, vi } from 'vitest'
import { createApp } from '../../src/http/app.ts'
import { listen } from '../../src/http/server.ts'
import { LedgerError } from '../../src/errors.ts'
import type { StreamSettings } from '../../src/http/service.ts'
import type { Model } from '../../src/readmodel/model.ts'
import { instantOf, millisecondsOf } from '../../src/time/instant.ts'
import { type Json, openService, type TestService } from '../service.ts'
import { deployment, emergency, row } from './expected.ts'
import { type Message, toldBy } from './server-sent.ts'

const type = 'curfew'
const start = '2024-01-10T12:00:00.000Z'
const after = (milliseconds: number) => instantOf(millisecondsOf(start) + milliseconds)

/** A service that listens, and streams from it. `logged`: what it logged; `watched`: whether anybody is told of events. */
const streaming = async (settings: Partial<StreamSettings> = {}) => {
  const opened = await openService()
  let watching = 0
  const subscribe: Model['subscribe'] = (handler) => {
    const unsubscribe = opened.service.model.subscribe(handler)
    watching++
    return () => {
      watching--
      unsubscribe()
    }
  }
  const logged: Json[] = []
  const logger = pino({}, { write: (line: string) => void logged.push(JSON.parse(line)) })
  const model = { ...opened.service.model, subscribe }
  const app = createApp({ ...opened.service, model, stream: settings }, logger)
  const listening = await listen(app, '127.0.0.1', 0)
  return {
    ...opened,
    app,
    logged,
    watched: () => watching > 0,
    stop: async () => listening.stop(),
    follow: async (query = '', headers: Record<string, string> = {}) =>
      toldBy(await fetch(`${listening.url}/v1/stream${query}`, { headers })),
    resume: async (id: number, query = '') =>
      toldBy(await fetch(`${listening.url}/v1/stream${query}`, { headers: { 'last-event-id': String(id) } })),
    [Symbol.asyncDispose]: async () => {
      await listening.stop()
      await opened[Symbol.asyncDispose]()
    },
  }
}

const eventually = async (check: () => void) => vi.waitFor(check, { timeout: 20_000 })

const declare = async ({ record }: TestService, id: string, more: object = {}): Promise<Json> =>
  (await record(`/v1/emergencies/${id}/declare`, { ...more, data: { type } })).event

const inForce = (id: string) => emergency({ status: 'in_force', title: id, type })
const stands = (id: string, more: object = {}) => row('emergency', id, { state: inForce(id), ...more })
const name = (id: string) => ({ kind: 'emergency', id })
const added = (id: string, event: Json) => ({
  ...name(id),
  change: 'added',
  before: null,
  after: stands(id),
  because: [event.id],
})
const told = (event: Json, changes: unknown[]) => ({
  event: 'event',
  id: String(event.position),
  data: { ...event, changes },
})
const lapse = (at: string, changes: unknown[]) => ({ event: 'lapse', data: { at, asOf: at, changes } })

/** A curfew that ends by itself after so many hours. */
const term = (hours: number) => ({ duration: `PT${hours}H`, countsFirstDay: false })
const declareFor = async (
  { record }: TestService,
  id: string,
  hours: number,
  more: object = {},
): Promise<Json> =>
  (await record(`/v1/emergencies/${id}/declare`, { zone: 'UTC', ...more, data: { type, term: term(hours) } }))
    .event
const hour = 3_600_000

const lasting = (id: string, hours: number, from = start) => {
  const end = instantOf(millisecondsOf(from) + hours * hour)
  return { ...inForce(id), term: term(hours), end: { earliest: end, latest: end } }
}

describe('a stream', () => {
  test('begins with the picture: that of now and of all that is known', async () => {
    await using service = await streaming()
    await declare(service, 'e-1')
    const stream = await service.follow()
    expect(stream.response.status).toBe(200)
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream')
    expect(stream.response.headers.get('cache-control')).toBe('no-store')
    const { body } = await service.get('/v1/picture')
    expect(body.kinds.emergencies.rows).toStrictEqual([stands('e-1')])
    expect(await stream.take(1)).toStrictEqual([{ event: 'picture', id: '1', data: body }])
  })

  test('begins over an empty ledger too', async () => {
    await using service = await streaming()
    const stream = await service.follow()
    const { body } = await service.get('/v1/picture')
    expect(await stream.take(1)).toStrictEqual([{ event: 'picture', id: '0', data: body }])
    const event = await declare(service, 'e-1')
    expect(await stream.take(1)).toStrictEqual([told(event, [added('e-1', event)])])
  })

  test('goes on with each event and what it changes, as of when it was recorded', async () => {
    await using service = await streaming()
    const stream = await service.follow()
    await stream.take(1)
    const event = await declare(service, 'e-1')
    service.at(after(hour))
    const { event: lifted } = await service.record('/v1/emergencies/e-1/lift', {})
    const { event: again } = await service.record('/v1/emergencies/e-2/announce', {
      when: '2024-01-10T14:00:00Z',
      data: { type },
    })
    expect(await stream.take(3)).toStrictEqual([
      told(event, [added('e-1', event)]),
      told(lifted, [
        { ...name('e-1'), change: 'removed', before: stands('e-1'), after: null, because: [lifted.id] },
      ]),
      // At two o'clock it will be announced.
      told(again, []),
    ])
  })

  test('tells, when the clock reaches it, what time alone changes', async () => {
    await using service = await streaming()
    await declareFor(service, 'e-1', 1)
    const { event: ordered } = await service.record('/v1/deployments/d-1/order', {
      when: '2024-01-10T13:00:00Z/2024-01-10T13:30:00Z',
      data: { unit: 'Police' },
    })
    service.at(after(hour - 20))
    const stream = await service.follow()
    await stream.take(1)

    service.at(after(hour))
    const before = row('emergency', 'e-1', { state: lasting('e-1', 1) })
    const state = deployment({ status: 'ordered', title: 'Police', unit: { name: 'Police' } })
    const perhaps = row('deployment', 'd-1', { certainty: 'possible', state, otherwise: [null] })
    expect(await stream.take(1)).toStrictEqual([
      lapse(after(hour), [
        { ...name('e-1'), change: 'removed', before, after: null, because: [{ lapse: 'expired' }] },
        {
          kind: 'deployment',
          id: 'd-1',
          change: 'added',
          before: null,
          after: perhaps,
          because: [ordered.id],
        },
      ]),
    ])

    service.at(after(1.5 * hour))
    // Whatever is recorded wakes it; without that it would wait for its timer.
    const event = await declare(service, 'e-2')
    const surely = row('deployment', 'd-1', { state })
    expect(await stream.take(2)).toStrictEqual([
      lapse(after(1.5 * hour), [
        {
          kind: 'deployment',
          id: 'd-1',
          change: 'changed',
          before: perhaps,
          after: surely,
          because: [ordered.id],
        },
      ]),
      told(event, [added('e-2', event)]),
    ])
  })

  test('tells of no moment at which nothing changes, and of an end that was moved when it comes', async () => {
    await using service = await streaming()
    await declareFor(service, 'e-1', 1)
    const stream = await service.follow('?kinds=emergency')
    await stream.take(1)
    const { event: extended } = await service.record('/v1/emergencies/e-1/extend', {
      zone: 'UTC',
      data: { term: term(1) },
    })
    await service.record('/v1/fugitives/f-1/report-escape', {
      when: '2024-01-10T13:30:00Z',
      data: { person: 'F' },
    })
    service.at(after(3 * hour))
    const event = await declare(service, 'e-2')
    const messages = await stream.take(3)
    expect(messages.map(({ event, data }) => [event, data.at ?? data.id])).toStrictEqual([
      ['event', extended.id],
      ['lapse', after(2 * hour)],
      ['event', event.id],
    ])
  })

  test('has neither gap nor double between its picture and what follows, whenever it begins', async () => {
    await using service = await streaming()
    const count = 120
    const writing = (async () => {
      for (let index = 1; index <= count; index++) {
        service.at(after(index * 1000))
        await declareFor(service, `e-${index}`, index % 3 === 0 ? 1 : 9)
      }
    })()
    const streams = await Promise.all(
      Array.from({ length: 12 }, async (_, index) => {
        await service.service.model.reached(index * 9)
        const stream = await service.follow('?limit=1000&kinds=emergency')
        const [picture] = await stream.take(1)
        return { stream, picture: picture!.data }
      }),
    )
    await writing
    service.at(after(2 * hour))
    const last = await declare(service, 'last')

    const { body: end } = await service.get(
      '/v1/emergencies?limit=1000&asOf=2024-01-10T14:00:00Z&status=active',
    )
    const begun = new Set<number>()
    for (const { stream, picture } of streams) {
      begun.add(picture.position)
      const rows = new Map<string, Json>(
        picture.kinds.emergencies.rows.map((one: Json) => [one.id, one] as const),
      )
      let position: number = picture.position
      for (;;) {
        const message = (await stream.next())!
        if (message.event === 'event') expect(Number(message.id)).toBe(++position)
        for (const change of message.data.changes) {
          expect(rows.get(change.id) ?? null).toStrictEqual(change.before)
          if (change.after) rows.set(change.id, change.after)
          else rows.delete(change.id)
        }
        if (message.data.id === last.id) break
      }
      expect(position).toBe(count + 1)
      expect([...rows.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1))).toStrictEqual(end.rows)
    }
    expect(begun.size).toBeGreaterThan(3)
  })

  test('shows that it is there while there is nothing to tell, and how far it is', async () => {
    await using service = await streaming({ heartbeat: 10 })
    const stream = await service.follow('?kinds=fugitive')
    expect((await stream.any())?.event).toBe('picture')
    expect(await stream.any()).toStrictEqual({ id: '0' })
    await declare(service, 'e-1')
    for (let beat = await stream.any(); beat?.id !== '1'; beat = await stream.any())
      expect(beat).toStrictEqual({ id: '0' })
  })

  test('is the same for all who ask the same, and goes on when one of them leaves', async () => {
    await using service = await streaming()
    const [one, other, third] = await Promise.all([
      service.follow(),
      service.follow(),
      service.follow('?country=PE'),
    ])
    const pictures = await Promise.all([one.next(), other.next(), third.next()])
    expect(pictures[1]).toStrictEqual(pictures[0])
    const event = await declare(service, 'e-1')
    expect(await one.next()).toStrictEqual(await other.next())
    await one.leave()
    const next = await declare(service, 'e-2')
    expect(await other.next()).toStrictEqual(told(next, [added('e-2', next)]))
    expect(await third.take(2)).toStrictEqual([told(event, []), told(next, [])])
  })

  test('ends whole when the service stops', async () => {
    await using service = await streaming()
    const streams = await Promise.all([service.follow(), service.follow('?kinds=fugitive')])
    for (const stream of streams) await stream.take(1)
    const event = await declare(service, 'e-1')
    expect(await streams[0].take(1)).toStrictEqual([told(event, [added('e-1', event)])])
    await service.stop()
    for (const stream of streams) expect(await stream.rest()).toStrictEqual([])
  })

  test('is not held for a HEAD', async () => {
    await using service = await streaming()
    const answer = await service.app.request('/v1/stream', { method: 'HEAD' })
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toStrictEqual([
      200,
      'text/event-stream',
      '',
    ])
    expect(service.watched()).toBe(false)
  })

  test('has in its picture whatever was acknowledged before it was asked for', async () => {
    await using service = await streaming()
    const other = await service.follow()
    await other.take(1)
    for (let index = 1; index <= 3; index++) {
      const { position } = await declare(service, `e-${index}`)
      const stream = toldBy(await service.app.request('/v1/stream?minPosition=1'))
      const [picture] = await stream.take(1)
      expect(picture!.data.position).toBe(position)
      await stream.leave()
    }
  })

  test('leaves nothing behind when its readers have left', async () => {
    await using service = await streaming()
    const streams = await Promise.all([service.follow(), service.resume(0), service.follow('?crisis=a')])
    const event = await declare(service, 'e-1', { crisis: 'a' })
    for (const stream of streams)
      for (let message = await stream.next(); message?.event !== 'event'; message = await stream.next())
        expect(message).not.toBe(null)
    expect(service.watched()).toBe(true)
    for (const stream of streams) await stream.leave()
    await eventually(() => expect(service.watched()).toBe(false))

    // And whoever comes then is told as ever.
    const stream = await service.resume(0)
    expect(await stream.take(1)).toStrictEqual([
      told(event, [{ ...added('e-1', event), after: stands('e-1', { crisis: ['a'] }) }]),
    ])
  })
})

describe('under a filter', () => {
  test('the picture has only the kinds and rows that are asked for, and goes on in their lists', async () => {
    await using service = await streaming()
    for (const id of ['e-1', 'e-2']) await declare(service, id)
    await service.record('/v1/emergencies/e-1/lift', {})
    await service.record('/v1/emergencies/e-2/lift', {})
    const stream = await service.follow('?kinds=emergency,fugitive&status=lifted,dead&type=curfew&limit=1')
    const [picture] = await stream.take(1)
    const { kinds, ...at } = picture!.data
    expect(at).toStrictEqual({ asOf: start, knownAt: start, zone: 'UTC', position: 4 })
    expect(Object.keys(kinds)).toStrictEqual(['emergencies', 'fugitives'])
    const lifted = (id: string) =>
      row('emergency', id, { revision: 1, state: { ...inForce(id), status: 'lifted' } })
    expect(kinds.emergencies.rows).toStrictEqual([lifted('e-1')])
    expect(kinds.fugitives).toStrictEqual({
      counts: { missing: none, reported_escaped: none, at_large: none, dead: none },
      rows: [],
      next: null,
    })
    const rest = await service.get(`/v1/emergencies?cursor=${kinds.emergencies.next}`)
    expect([rest.status, rest.body.rows]).toStrictEqual([200, [lifted('e-2')]])
  })

  test('events of other kinds and realities are left out, and changes are of its rows', async () => {
    await using service = await streaming()
    const lifted = await service.follow('?kinds=emergency&status=lifted')
    const drill = await service.follow('?reality=exercise')
    for (const stream of [lifted, drill]) await stream.take(1)
    await service.record('/v1/deployments/d-1/order', { data: { unit: 'Police' } })
    const declared = await declare(service, 'e-1')
    const practised = await declare(service, 'e-2', { reality: 'exercise' })
    const { event: ended } = await service.record('/v1/emergencies/e-1/lift', {})
    const after = row('emergency', 'e-1', { revision: 1, state: { ...inForce('e-1'), status: 'lifted' } })
    expect(await lifted.take(2)).toStrictEqual([
      told(declared, []),
      told(ended, [{ ...name('e-1'), change: 'added', before: null, after, because: [ended.id] }]),
    ])
    expect(await drill.take(1)).toStrictEqual([told(practised, [added('e-2', practised)])])
  })

  test('of a crisis are all events of what is in it, also those that do not name it', async () => {
    await using service = await streaming()
    const stream = await service.follow('?crisis=a')
    await stream.take(1)
    await declare(service, 'e-1', { crisis: 'b' })
    const named = await declare(service, 'e-2', { crisis: 'a' })
    const { event: told2 } = await service.record(`/v1/events/${named.id}/corroborate`, { data: {} })
    const { event: retracted } = await service.record(`/v1/events/${named.id}/retract`, {
      data: { reason: 'Another one' },
    })
    const messages = await stream.take(3)
    expect(
      messages.map(({ data }) => [data.id, data.changes.map(({ change }: Json) => change)]),
    ).toStrictEqual([
      [named.id, ['added']],
      [told2.id, ['changed']],
      [retracted.id, ['removed']],
    ])
  })
})

describe('whoever comes again', () => {
  /** Events and lapses of six hours, as who follows them is told. */
  const live = async (service: TestService) => {
    const first = await declareFor(service, 'e-1', 2)
    service.at(after(hour))
    await declareFor(service, 'e-2', 1, { when: after(hour) })
    await service.record('/v1/deployments/d-1/order', {
      when: `${after(1.5 * hour)}/${after(4 * hour)}`,
      data: { unit: 'Police' },
    })
    service.at(after(3 * hour))
    await service.record(`/v1/events/${first.id}/correct`, {
      data: { zone: 'UTC', data: { type, term: term(5) }, reason: 'The decree says five hours' },
    })
    service.at(after(6 * hour))
    await declare(service, 'e-3')
  }

  test('is told what was missed, each in its place, as who stayed was told', async () => {
    await using service = await streaming()
    const stayed = await service.follow('?status=any')
    await stayed.take(1)
    await live(service)
    const all: Message[] = []
    while (all.at(-1)?.id !== '5') all.push((await stayed.next())!)
    expect(all.map(({ event, id, data }) => (event === 'lapse' ? data.at : id))).toStrictEqual([
      '1',
      '2',
      '3',
      after(1.5 * hour),
      after(2 * hour),
      '4',
      after(4 * hour),
      // It has five hours since it was corrected.
      after(5 * hour),
      '5',
    ])
    for (const id of [0, 1, 2, 3, 4]) {
      const resumed = await service.resume(id, '?status=any')
      const missed = id === 0 ? all : all.slice(all.findIndex((message) => message.id === String(id)) + 1)
      expect(await resumed.take(missed.length), `after ${id}`).toStrictEqual(missed)
      await resumed.leave()
    }
  })

  test('is told what comes from then on, without gap or double, while it comes', async () => {
    await using service = await streaming()
    const count = 300
    const ids = Array.from({ length: count }, (_, index) => `e-${index + 1}`)
    const writing = (async () => {
      for (const id of ids) await declare(service, id)
    })()
    await service.service.model.reached(50)
    const streams = await Promise.all(
      [0, 10, 50].map(async (id) => ({ id, stream: await service.resume(id) })),
    )
    for (const { id, stream } of streams) {
      const messages = await stream.take(count - id)
      expect(messages.map((message) => Number(message.id))).toStrictEqual(
        Array.from({ length: count - id }, (_, index) => id + index + 1),
      )
      await stream.leave()
    }
    await writing
  })

  test('is told of time that passed, though nothing was recorded', async () => {
    await using service = await streaming()
    const event = await declareFor(service, 'e-1', 1)
    service.at(after(2 * hour))
    const stream = await service.resume(event.position)
    const before = row('emergency', 'e-1', { state: lasting('e-1', 1) })
    expect(await stream.take(1)).toStrictEqual([
      lapse(after(hour), [
        { ...name('e-1'), change: 'removed', before, after: null, because: [{ lapse: 'expired' }] },
      ]),
    ])
    const next = await declare(service, 'e-2')
    expect(await stream.take(1)).toStrictEqual([told(next, [added('e-2', next)])])
  })

  test('may have come further than the answers here: it waits for them', async () => {
    await using service = await streaming()
    await declare(service, 'e-1')
    const coming = service.resume(2)
    await declare(service, 'e-2')
    const stream = await coming
    const event = await declare(service, 'e-3')
    expect(await stream.take(1)).toStrictEqual([told(event, [added('e-3', event)])])
  })
})

describe('who reads too slowly', () => {
  /** Records events too large to be kept on the way until a reader is dropped, and gives their positions. */
  const flood = async (service: TestService & { logged: Json[] }): Promise<number> => {
    for (let count = 1; ; count++) {
      const { position } = await declare(service, `e-${count}`, { note: 'x'.repeat(200_000) })
      if (service.logged.some(({ msg }) => msg === 'a reader of a stream was too slow')) return position
    }
  }

  test('is dropped with a last word, and can come again without a gap', async () => {
    await using service = await streaming()
    const slow = await service.follow('?kinds=emergency')
    await slow.take(1)
    const quick = await service.follow('?kinds=emergency')
    const reading = (async () => {
      const ids: number[] = []
      for (let message = await quick.next(); message; message = await quick.next()) {
        if (message.event === 'event') ids.push(Number(message.id))
        if (message.data.note === undefined && message.event === 'event') return ids
      }
      throw new Error('It was dropped.')
    })()
    const flooded = await flood(service)
    const { position: last } = await declare(service, 'last')

    const messages = await slow.rest()
    const word = messages.pop()!
    const read = messages.map(({ id }) => Number(id))
    expect(word).toStrictEqual({
      event: 'dropped',
      id: String(read.at(-1)),
      data: { reason: 'slow_reader', position: read.at(-1) },
    })
    expect(read.length).toBeLessThan(flooded)

    const again = await service.resume(word.data.position, '?kinds=emergency')
    const missed = await again.take(last - read.at(-1)!)
    const all = [...read, ...missed.map(({ id }) => Number(id))]
    expect(all).toStrictEqual(Array.from({ length: last }, (_, index) => index + 1))
    expect(await reading).toStrictEqual(all)
  })

  test('ends with its last word when the answers stop, and no other begins then', async () => {
    await using service = await streaming()
    const first = await declare(service, 'e-1')
    const streams = [await service.follow(), await service.resume(0)]
    for (const stream of streams) await stream.take(1)
    service.service.model.stop(new LedgerError('unavailable', 'The log is another.'))
    for (const stream of streams)
      expect(await stream.rest()).toStrictEqual([
        {
          event: 'dropped',
          id: String(first.position),
          data: { reason: 'answers_stopped', position: first.position },
        },
      ])
    const refused = await service.follow()
    expect([refused.response.status, refused.response.headers.get('retry-after')]).toStrictEqual([503, '1'])
    expect(await refused.response.json()).toMatchObject({
      code: 'unavailable',
      detail: expect.stringMatching(/^The answers stopped at position \d+: The log is another\./) as string,
    })
  })

  test('and does not read even that, is cut off', async () => {
    await using service = await streaming({ pieces: 2, patience: 5 })
    const destroy = vi.fn()
    await service.app.request('/v1/stream', {}, { outgoing: { destroy } })
    for (const id of ['e-1', 'e-2', 'e-3', 'e-4', 'e-5']) await declare(service, id)
    await eventually(() => expect(destroy).toHaveBeenCalledOnce())
    await eventually(() => expect(service.watched()).toBe(false))
  })
})

describe('a stream is refused', () => {
  test.each([
    ['asOf=2024-01-08', '/query/asOf', 'unknown field "asOf": remove it'],
    ['cursor=x', '/query/cursor', 'unknown field "cursor": remove it'],
    ['limit=1001', '/query/limit', 'must be from 1 to 1000'],
    ['zone=Mars', '/query/zone', '"Mars" is no IANA time zone; write one such as America/Guayaquil'],
    ['kinds=fugitive&type=curfew', '/query/type', 'this kind has no types'],
    [
      'kinds=order&status=at_large',
      '/query/status',
      '"at_large" is no status here: write active, any, or some of issued, executed, rescinded, superseded',
    ],
  ])('for %s', async (query, pointer, detail) => {
    await using service = await openService()
    const { status, body } = await service.get(`/v1/stream?${query}`)
    expect([status, body.code, body.errors]).toStrictEqual([400, 'invalid', [{ pointer, detail }]])
  })

  test.each(['x', '-1', '1.5', '99999999999999999'])('for a Last-Event-ID that is none: %s', async (id) => {
    await using service = await openService()
    const { status, body } = await service.get('/v1/stream', { 'last-event-id': id })
    const detail = 'must be the id of an event of a stream: a position'
    expect([status, body.code, body.errors]).toStrictEqual([
      400,
      'invalid',
      [{ pointer: '/header/last-event-id', detail }],
    ])
  })
})

test('what fails is logged and leaves nobody half told: whoever follows may come again', async () => {
  let fails = false
  await using opened = await openService()
  const table = {
    ...opened.service.table,
    after: (position: number, limit: number) => {
      if (fails) throw new Error('The disk is gone.')
      return opened.service.table.after(position, limit)
    },
  }
  const logged: Json[] = []
  const logger = pino({}, { write: (line: string) => void logged.push(JSON.parse(line)) })
  const app = createApp({ ...opened.service, table }, logger)
  const follow = async () => toldBy(await app.request('/v1/stream'))
  const stream = await follow()
  await stream.take(1)
  fails = true
  const first = await declare(opened, 'e-1')
  expect(await stream.rest()).toStrictEqual([])
  expect(logged.filter(({ level }) => level >= 50).map(({ msg, err }) => [msg, err.message])).toStrictEqual([
    ['the streams failed', 'The disk is gone.'],
  ])

  fails = false
  const again = await follow()
  const [picture] = await again.take(1)
  expect(picture?.data.position).toBe(first.position)
  const event = await declare(opened, 'e-2')
  expect(await again.take(1)).toStrictEqual([told(event, [added('e-2', event)])])
  await again.leave()
})

const none = { certain: 0, possible: 0 }
