import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { EventsFile } from '../../src/log/events.ts'
import { type EventLog, limits } from '../../src/log/log.ts'
import type { Instant } from '../../src/time/instant.ts'
import type { Event, NewEvent } from '../../src/vocabulary/envelope.ts'
import { draft, drafts } from './draft.ts'

/** A log under test, on its own empty ledger. */
export type Engine = {
  log: EventLog
  /** The table from which the events of the log are read. */
  table: Pick<
    EventsFile,
    'one' | 'stream' | 'at' | 'after' | 'from' | 'texts' | 'head' | 'positionAt' | 'recordedAtOf'
  >
  /** Sets the clock. */
  at(instant: Instant): void
  /** Resolves once the table has the event at a position. */
  reached(position: number): Promise<void>
  /** Ends the engine as if its process were killed, and opens it again on the same ledger. */
  reopen(): Promise<Engine>
  close(): Promise<void>
}

const start = '2024-01-10T12:00:00.000Z'
const stream = 'fugitive-fito-2024'
const other = 'fugitive-colon-pico-2024'

/** What every log promises, whatever it is made of. */
export const contract = (name: string, open: () => Promise<Engine>): void => {
  describe(`${name} keeps the contract of a log:`, () => {
    let engine: Engine
    const unhandled: unknown[] = []
    const note = (reason: unknown) => void unhandled.push(reason)

    beforeEach(async () => {
      process.on('unhandledRejection', note)
      engine = await open()
      engine.at(start)
    })
    afterEach(async () => {
      await engine.close()
      process.off('unhandledRejection', note)
      expect(unhandled.splice(0)).toStrictEqual([])
    })

    const append: EventLog['append'] = async (...call) => {
      const appended = await engine.log.append(...call)
      await engine.reached(appended.position)
      return appended
    }
    const stored = () => [...engine.table.from(0)]
    const ids = (events: readonly { id: string }[]) => events.map(({ id }) => id)
    const conflict = (revision: number | null) => ({
      name: 'LedgerError',
      code: 'revision_conflict',
      members: { revision },
    })
    const code = (expected: string) => ({ name: 'LedgerError', code: expected })

    describe('append', () => {
      test('(1) to no stream begins it at revision 0, and the table gives the events as they were given', async () => {
        const given = [
          draft(stream, {
            key: 'k-1',
            data: { by: { name: 'SNAI' }, figures: [1, 2.5, -3], found: false, none: null },
          }),
          draft(stream, {
            type: 'FugitiveRecaptured',
            note: 'Tranquilo. "Ñ" 🚓 \\u0000 \u2028',
            crisis: 'ecuador-2024',
          }),
        ]
        const { revision, position, events } = await append(stream, given, 'no_stream')

        expect(revision).toBe(1)
        const [a, b] = engine.table.stream(stream)
        expect(a).toStrictEqual({ ...given[0], revision: 0, position: a!.position, recordedAt: start })
        expect(b).toStrictEqual({ ...given[1], revision: 1, position, recordedAt: start })
        expect(events).toStrictEqual([a, b])
        expect([engine.table.one(given[0]!.id), engine.table.one(given[1]!.id)]).toStrictEqual([a, b])
      })

      test('gives frozen events, said for the first time or again, which changes of those given do not reach', async () => {
        const given = draft(stream, { data: { by: { name: 'SNAI' }, units: ['a'] } })
        const appending = append(stream, [given], 'no_stream')
        given.note = 'changed'
        const first = await appending
        for (const { events } of [first, await append(stream, [given], 'no_stream')]) {
          const { data, ...event } = events[0]!
          expect(event).not.toHaveProperty('note')
          expect(data).toStrictEqual({ by: { name: 'SNAI' }, units: ['a'] })
          expect(() => Object.assign(events[0]!, { note: 'changed' })).toThrow(TypeError)
          expect(() => Object.assign(data['by']!, { name: 'changed' })).toThrow(TypeError)
          expect(() => (data['units'] as string[]).push('b')).toThrow(TypeError)
        }
        expect(stored()).toStrictEqual(first.events)
      })

      test('(2) after the newest revision goes on, after an older one conflicts and writes nothing', async () => {
        await append(stream, drafts(stream, 2), 'no_stream')
        expect((await append(stream, [draft(stream)], 1)).revision).toBe(2)

        const late = engine.log.append(stream, [draft(stream)], 0)
        await expect(late).rejects.toMatchObject(conflict(2))
        await expect(late).rejects.toThrow(new RegExp(`${stream}.*revision 2.*revision 0`))
        expect(stored()).toHaveLength(3)
      })

      test('(2) after a revision that is not there yet conflicts', async () => {
        await append(stream, drafts(stream, 2), 'no_stream')
        await expect(engine.log.append(stream, [draft(stream)], 2)).rejects.toMatchObject(conflict(1))
        expect(stored()).toHaveLength(2)
      })

      test('(3) to a stream that should be there and is not, or the reverse, conflicts', async () => {
        await expect(engine.log.append(stream, [draft(stream)], 0)).rejects.toMatchObject(conflict(null))
        await append(stream, drafts(stream, 2), 'no_stream')
        await expect(engine.log.append(stream, [draft(stream)], 'no_stream')).rejects.toMatchObject(
          conflict(1),
        )
        expect(stored()).toHaveLength(2)
      })

      test.each([-1, 0.5, Number.NaN, '0' as unknown as number, 'any' as 'no_stream'])(
        'after "%s", which is no revision, is invalid',
        async (expected) => {
          await expect(engine.log.append(stream, [draft(stream)], expected)).rejects.toMatchObject(
            code('invalid'),
          )
        },
      )

      test('(4) said again gives the original revision and position, and adds nothing', async () => {
        const given = drafts(stream, 2)
        const first = await append(stream, given, 'no_stream')
        const again = await append(stream, given, 'no_stream')
        expect(again).toStrictEqual(first)
        expect(ids(stored())).toStrictEqual(ids(given))
      })

      test('(4) said again while the first is on its way gives both the same, and adds it once', async () => {
        const given = drafts(stream, 2)
        const [first, again] = await Promise.all([
          append(stream, given, 'no_stream'),
          append(stream, given, 'no_stream'),
        ])
        expect(again).toStrictEqual(first)
        expect(ids(stored())).toStrictEqual(ids(given))
      })

      test('(5) said again when the stream has gone on still gives the original place', async () => {
        const given = drafts(stream, 2)
        const first = await append(stream, given, 'no_stream')
        const next = draft(stream)
        await append(stream, [next], 1)
        expect(await append(stream, given, 'no_stream')).toStrictEqual(first)
        expect(ids(stored())).toStrictEqual(ids([...given, next]))
      })

      test('(6) said again with another event, or with more than was appended, conflicts', async () => {
        const [a, b, c] = drafts(stream, 3) as [NewEvent, NewEvent, NewEvent]
        await append(stream, [a, b], 'no_stream')
        const conflicts = [[a, c], [a, b, c], [b, a], [c]]
        for (const events of conflicts)
          await expect(engine.log.append(stream, events, 'no_stream')).rejects.toMatchObject(conflict(1))
        await expect(engine.log.append(stream, [a], 0)).rejects.toMatchObject(conflict(1))
        expect(ids(stored())).toStrictEqual(ids([a, b]))
      })

      test('(6) said again in part, or as one where it was two, is the same append', async () => {
        const [a, b, c] = drafts(stream, 3) as [NewEvent, NewEvent, NewEvent]
        await append(stream, [a, b], 'no_stream')
        expect((await append(stream, [a], 'no_stream')).revision).toBe(0)
        expect((await append(stream, [b], 0)).revision).toBe(1)
        const { position } = await append(stream, [c], 1)
        expect(await append(stream, [a, b, c], 'no_stream')).toMatchObject({ revision: 2, position })
        expect(ids(stored())).toStrictEqual(ids([a, b, c]))
      })

      test('(7) of an id of the same stream where it would be new is refused', async () => {
        const [a, b] = drafts(stream, 2) as [NewEvent, NewEvent]
        await append(stream, [a, b], 'no_stream')
        await expect(engine.log.append(stream, [a], 1)).rejects.toMatchObject(code('invalid'))
        await expect(engine.log.append(stream, [draft(stream), b], 1)).rejects.toMatchObject(code('invalid'))
        expect(ids(stored())).toStrictEqual(ids([a, b]))
      })

      test('(8) of an id of another stream, or of one id twice, is refused', async () => {
        const a = draft(stream)
        await append(stream, [a], 'no_stream')
        const elsewhere = draft(other, { id: a.id })
        await expect(engine.log.append(other, [elsewhere], 'no_stream')).rejects.toMatchObject(
          code('invalid'),
        )
        const twice = draft(other)
        await expect(engine.log.append(other, [twice, twice], 'no_stream')).rejects.toMatchObject(
          code('invalid'),
        )
        expect(ids(stored())).toStrictEqual(ids([a]))
      })

      test('(8) of several, one of whose ids is taken, stores none of them and all that is appended beside', async () => {
        const [first, second, third, last] = drafts(stream, 4)
        const [taken, next, another] = drafts(other, 3)
        await append(other, [taken!], 'no_stream')
        const outcomes = await Promise.allSettled([
          append(other, [next!], 0),
          append(stream, [first!, { ...second!, id: taken!.id }, third!], 'no_stream'),
          append(other, [another!], 1),
          append(stream, [last!], 'no_stream'),
        ])
        expect(
          outcomes.map((one) => (one.status === 'fulfilled' ? one.value.revision : one.reason)),
        ).toMatchObject([1, code('invalid'), 2, 0])
        expect(new Set(ids(stored()))).toStrictEqual(
          new Set([taken!, next!, another!, last!].map(({ id }) => id)),
        )
      })

      test('(8) of one id to two streams at once succeeds for one of them', async () => {
        const a = draft(stream)
        const outcomes = await Promise.allSettled([
          append(stream, [a], 'no_stream'),
          append(other, [draft(other, { id: a.id })], 'no_stream'),
        ])
        expect(outcomes.map(({ status }) => status).toSorted()).toStrictEqual(['fulfilled', 'rejected'])
        expect(ids(stored())).toStrictEqual([a.id])
      })

      test('(9) said again with other words keeps the first ones', async () => {
        const given = draft(stream, { note: 'first' })
        await append(stream, [given], 'no_stream')
        const again = await append(stream, [{ ...given, note: 'second' }], 'no_stream')
        expect(again.events[0]!.note).toBe('first')
        expect(stored().map(({ note }) => note)).toStrictEqual(['first'])
      })

      test('(10) of twenty at one revision at once succeeds for one', async () => {
        await append(stream, [draft(stream)], 'no_stream')
        const outcomes = await Promise.allSettled(
          drafts(stream, 20).map((event) => append(stream, [event], 0)),
        )
        expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
        for (const outcome of outcomes)
          if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(conflict(1))
        expect(engine.table.stream(stream).map(({ revision }) => revision)).toStrictEqual([0, 1])
      })

      test('of many asked for together gives what became of each, in their order', async () => {
        const [first, second] = drafts(stream, 2)
        const elsewhere = drafts(other, 2)
        const outcomes = await engine.log.appendAll([
          { stream, events: [first!], expected: 'no_stream' },
          { stream: other, events: elsewhere, expected: 'no_stream' },
          { stream, events: [draft(stream)], expected: 3 },
          { stream, events: [draft(other)], expected: 0 },
          { stream, events: [second!], expected: 0 },
          { stream, events: [], expected: 1 },
        ])
        expect(outcomes).toMatchObject([
          { revision: 0, events: [first] },
          { revision: 1, events: elsewhere },
          { refused: conflict(0) },
          { refused: code('invalid') },
          { revision: 1, events: [second] },
          { refused: code('invalid') },
        ])
        expect(new Set(ids(stored()))).toStrictEqual(new Set(ids([first!, ...elsewhere, second!])))
        expect(await engine.log.appendAll([])).toStrictEqual([])
        expect(await engine.log.appendAll([{ stream, events: [], expected: 1 }])).toMatchObject([
          { refused: code('invalid') },
        ])
      })

      test('each keeps its own success or conflict among those that are committed together', async () => {
        const streams = Array.from({ length: 30 }, (_, index) => `fugitive-a-${index}`)
        await append(streams[3]!, [draft(streams[3]!)], 'no_stream')
        const outcomes = await Promise.allSettled(
          streams.map((name) => append(name, drafts(name, 2), 'no_stream')),
        )
        expect(outcomes.flatMap(({ status }, index) => (status === 'rejected' ? [index] : []))).toStrictEqual(
          [3],
        )
        for (const [index, name] of streams.entries())
          expect(engine.table.stream(name).map(({ revision }) => revision)).toStrictEqual(
            index === 3 ? [0] : [0, 1],
          )
      })

      test('of a run of revisions without waiting succeeds in the order of the calls', async () => {
        const events = drafts(stream, 100)
        const appended = await Promise.all(
          events.map((event, index) => append(stream, [event], index === 0 ? 'no_stream' : index - 1)),
        )
        expect(appended.map(({ revision }) => revision)).toStrictEqual(events.map((_, index) => index))
        expect(ids(stored())).toStrictEqual(ids(events))
      })

      test('of several of a stream at once takes them in their order, and none that expects what a refused one would have left', async () => {
        const [a, b, c, d, e, f] = drafts(stream, 6)
        const outcomes = await Promise.allSettled([
          append(stream, [a!], 'no_stream'),
          append(stream, [b!], 0),
          append(stream, [c!], 4),
          append(stream, [d!], 5),
          append(stream, [e!], 6),
          append(stream, [f!], 1),
        ])
        expect(
          outcomes.map((one) => (one.status === 'fulfilled' ? one.value.revision : one.reason)),
        ).toMatchObject([0, 1, conflict(1), conflict(1), conflict(1), 2])
        expect(ids(stored())).toStrictEqual(ids([a!, b!, f!]))
      })

      test('(11) of a list whose last event cannot be stored stores none and tells no subscriber', async () => {
        const seen: Event[] = []
        await engine.log.subscribe(0, (events) => void seen.push(...events))
        const bad = [draft(stream), draft(stream, { data: { value: Number.NaN } })]
        await expect(engine.log.append(stream, bad, 'no_stream')).rejects.toMatchObject(code('invalid'))
        const large = [draft(stream), draft(stream, { note: 'x'.repeat(limits.event) })]
        await expect(engine.log.append(stream, large, 'no_stream')).rejects.toMatchObject(code('too_large'))
        const { position, events } = await append(other, [draft(other)], 'no_stream')
        await expect.poll(() => seen.at(-1)?.position).toBe(position)
        expect(seen).toStrictEqual(events)
        expect(stored()).toStrictEqual(events)
      })

      test('(12) of no event is invalid', async () => {
        await expect(engine.log.append(stream, [], 'no_stream')).rejects.toMatchObject(code('invalid'))
        expect(await engine.log.head()).toBe(0)
      })

      const cyclic: Record<string, unknown> = {}
      cyclic['self'] = cyclic
      const deep = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`) as unknown
      test.each<[string, unknown]>([
        ['a bigint', 1n],
        ['undefined', undefined],
        ['a function', () => 1],
        ['a symbol', Symbol('s')],
        ['what contains itself', cyclic],
        ['what is nested beyond reading', deep],
        ['NaN', Number.NaN],
        ['infinity', Number.POSITIVE_INFINITY],
        ['a Date', new Date(0)],
        ['a Map', new Map([['a', 1]])],
        ['bytes', new Uint8Array(2)],
        ['a hole in a list', Array.from({ length: 2 })],
        ['half a surrogate pair', 'a\uD83D'],
        ['half a surrogate pair as a name', { '\uDE80': 1 }],
        ['NUL', 'a\0b'],
        ['NUL in a name', { 'a\0b': 1 }],
        ['__proto__ as a name', JSON.parse('{"__proto__": 1}') as unknown],
      ])('(13) of %s is invalid, says where, and leaves the log as it was', async (_, value) => {
        const bad = draft(stream, { data: { list: [{ value }] } })
        await expect(engine.log.append(stream, [draft(stream), bad], 'no_stream')).rejects.toMatchObject({
          ...code('invalid'),
          members: { errors: [{ pointer: expect.stringMatching(/^\/1\/data\/list\/0\/value/) as string }] },
        })
        const { events } = await append(stream, [draft(stream)], 'no_stream')
        expect(stored()).toStrictEqual(events)
      })

      test('(13) of -0 stores 0, as JSON does', async () => {
        const { events } = await append(stream, [draft(stream, { data: { value: -0 } })], 'no_stream')
        expect(events[0]!.data['value']).toBe(0)
        expect(stored()).toStrictEqual(events)
      })

      /** A draft whose text is so many bytes. */
      const sized = (bytes: number, name = stream) => {
        const event = draft(name, { note: '' })
        return {
          ...event,
          note: 'ñ'.repeat(8) + 'x'.repeat(bytes - 16 - Buffer.byteLength(JSON.stringify(event))),
        }
      }

      test('(14) of an event takes 256 KiB of UTF-8, and not a byte more', async () => {
        await expect(engine.log.append(stream, [sized(limits.event + 1)], 'no_stream')).rejects.toMatchObject(
          code('too_large'),
        )
        const { events } = await append(stream, [sized(limits.event)], 'no_stream')
        expect(stored()).toStrictEqual(events)
      })

      test('(14) takes a mebibyte in all, 512 bytes more counted for each event, and not a byte more', async () => {
        const most = [...Array(3).keys()].map(() => sized(limits.event))
        const left = limits.append - 3 * limits.event - 4 * limits.added
        await expect(
          engine.log.append(stream, [...most, sized(left + 1)], 'no_stream'),
        ).rejects.toMatchObject(code('too_large'))
        expect((await append(stream, [...most, sized(left)], 'no_stream')).revision).toBe(3)
      })

      test('(14) takes again what it gave, when it is restored', async () => {
        const { events } = await append(stream, [sized(limits.event)], 'no_stream')
        const { revision: _, position: __, ...given } = events[0]!
        const restored = { at: start, from: 'x'.repeat(1000) }
        const copy = {
          ...given,
          id: draft(other).id,
          stream: other,
          note: given.note!.slice(stream.length),
          restored,
        }
        expect((await append(other, [copy], 'no_stream')).revision).toBe(0)
      })

      test.each(['', '$stream', 'a\0b', 'a\uD83D'])(
        '(15) to a stream or of a type "%s" is invalid',
        async (bad) => {
          await expect(engine.log.append(bad, [draft(bad)], 'no_stream')).rejects.toMatchObject(
            code('invalid'),
          )
          const typed = draft(stream, { type: bad })
          await expect(engine.log.append(stream, [typed], 'no_stream')).rejects.toMatchObject(code('invalid'))
          expect(await engine.log.head()).toBe(0)
        },
      )

      test.each(['', '$maxAge', 'revision', 'position'])('(15) of a field "%s" is invalid', async (field) => {
        const bad = { ...draft(stream), [field]: 1 }
        await expect(engine.log.append(stream, [bad], 'no_stream')).rejects.toMatchObject(code('invalid'))
      })

      test('(15) of an event of another stream is invalid', async () => {
        await expect(engine.log.append(stream, [draft(other)], 'no_stream')).rejects.toMatchObject(
          code('invalid'),
        )
      })

      test.each(['', 'e-1', '018D2748-1E00-7000-8000-000000000001', '018d2748-1e00-7000-8000-00000000000'])(
        '(15) of the id "%s", which is no UUID in its one spelling, is invalid',
        async (id) => {
          await expect(engine.log.append(stream, [draft(stream, { id })], 'no_stream')).rejects.toMatchObject(
            code('invalid'),
          )
        },
      )

      test.each(['fugitive-ñandú 🚨', 'a b', 'a/b', 'a-b-c', "it's; DROP TABLE events", 'x'.repeat(300)])(
        '(15) to a stream "%s" keeps its name and type',
        async (name) => {
          const { events } = await append(name, [draft(name, { type: name })], 'no_stream')
          expect(engine.table.stream(name)).toStrictEqual(events)
          expect(events[0]).toMatchObject({ stream: name, type: name })
        },
      )

      test('(29) is all that changes a log', () => {
        expect(
          Object.keys(engine.log).filter((name) => /delete|remove|update|truncate|clear/i.test(name)),
        ).toStrictEqual([])
      })

      test('(20) gives positions above 0 that grow across streams in the order of appends and outlive JSON', async () => {
        const positions: number[] = []
        for (let count = 0; count < 5; count++)
          for (const name of [stream, other]) {
            const appended = await append(name, drafts(name, 2), count === 0 ? 'no_stream' : count * 2 - 1)
            expect(appended.events.at(-1)!.position).toBe(appended.position)
            positions.push(...appended.events.map(({ position }) => position))
          }
        expect(stored().map(({ position }) => position)).toStrictEqual(positions)
        expect(positions.every((position) => Number.isSafeInteger(position) && position > 0)).toBe(true)
        expect(positions.toSorted((a, b) => a - b)).toStrictEqual(positions)
        expect(new Set(positions).size).toBe(20)
        expect(JSON.parse(JSON.stringify(positions))).toStrictEqual(positions)
        expect(await engine.log.head()).toBe(positions.at(-1))
      })
    })

    describe('the table', () => {
      test('(16) is empty for a stream that is not there and beyond the end, and takes no limit below 1', async () => {
        expect(engine.table.stream(stream)).toStrictEqual([])
        expect(engine.table.stream(stream, { backwards: true })).toStrictEqual([])
        expect(engine.table.one(draft(stream).id)).toBeUndefined()
        expect([
          engine.table.head(),
          engine.table.recordedAtOf(5),
          engine.table.positionAt(start),
        ]).toStrictEqual([0, null, 0])
        const { position } = await append(stream, drafts(stream, 2), 'no_stream')
        expect(engine.table.stream(stream, { from: 2 })).toStrictEqual([])
        expect(engine.table.after(position, 10)).toStrictEqual([])
        const [first, second] = engine.table.stream(stream)
        expect(engine.table.at([position, 0, first!.position, position + 1])).toStrictEqual([second, first])
        for (const limit of [0, -1, 0.5, Number.NaN]) {
          expect(() => engine.table.stream(stream, { limit })).toThrow(
            expect.objectContaining(code('invalid')),
          )
          expect(() => engine.table.after(0, limit)).toThrow(expect.objectContaining(code('invalid')))
        }
      })

      test('(17) reads a stream from a revision on, in either direction, that revision included', async () => {
        await append(stream, drafts(stream, 3), 'no_stream')
        await append(other, drafts(other, 3), 'no_stream')
        await append(stream, drafts(stream, 2), 2)
        const revisions = (range: Parameters<Engine['table']['stream']>[1]) =>
          engine.table.stream(stream, range).map((event) => [event.stream, event.revision])
        const of = (...numbers: number[]) => numbers.map((number) => [stream, number])
        expect(revisions({})).toStrictEqual(of(0, 1, 2, 3, 4))
        expect(revisions({ from: 2 })).toStrictEqual(of(2, 3, 4))
        expect(revisions({ from: 1, limit: 2 })).toStrictEqual(of(1, 2))
        expect(revisions({ from: 2, backwards: true })).toStrictEqual(of(2, 1, 0))
        expect(revisions({ from: 9, backwards: true, limit: 2 })).toStrictEqual(of(4, 3))
        expect(revisions({ backwards: true, limit: 1 })).toStrictEqual(of(4))
      })

      test('(18) pages through the log with every event once and in order, and so does who subscribes anew after each', async () => {
        const given: NewEvent[] = []
        for (let count = 0; count < 6; count++) {
          const name = count % 2 === 0 ? stream : other
          const event = draft(name)
          given.push(event)
          await append(name, [event], count < 2 ? 'no_stream' : Math.floor(count / 2) - 1)
        }
        const paged: Event[] = []
        for (;;) {
          const page = engine.table.after(paged.at(-1)?.position ?? 0, 1)
          if (page.length === 0) break
          paged.push(...page)
        }
        expect(ids(paged)).toStrictEqual(ids(given))

        const told: Event[] = []
        while (told.length < given.length) {
          const first = Promise.withResolvers<Event>()
          const stop = await engine.log.subscribe(told.at(-1)?.position ?? 0, (events) =>
            first.resolve(events[0]!),
          )
          told.push(await first.promise)
          await stop()
        }
        expect(told).toStrictEqual(paged)
      })

      test('walks to the head there was when the walk began, or to a position, and gives the texts of an export', async () => {
        const { events } = await append(stream, drafts(stream, 3), 'no_stream')
        const walk = engine.table.from(0)
        const first = walk.next().value as Event
        await append(stream, [draft(stream)], 2)
        expect([first, ...walk]).toStrictEqual(events)
        expect([...engine.table.from(events[0]!.position, events[1]!.position)]).toStrictEqual([events[1]])
        const lines = [...engine.table.texts(events[0]!.position)].map((line) => JSON.parse(line) as Event)
        expect(lines.filter((line) => 'position' in line)).toStrictEqual([])
        const read = engine.table.from(events[0]!.position)
        expect(
          lines.map((line) => ({ ...line, position: (read.next().value as Event).position })),
        ).toStrictEqual(stored().slice(1))
      })

      test('gives the last position recorded at an instant, and when a position was recorded', async () => {
        const times = ['10', '20', '20', '40'].map((minute) => `2024-01-10T12:${minute}:00.000Z`)
        const positions: number[] = []
        for (const [index, instant] of times.entries()) {
          engine.at(instant)
          positions.push(
            (await append(stream, [draft(stream)], index === 0 ? 'no_stream' : index - 1)).position,
          )
        }
        const at = (minute: string) => engine.table.positionAt(`2024-01-10T12:${minute}:00.000Z`)
        const [first, , third, last] = positions as [number, number, number, number]
        expect([at('09'), at('10'), at('19'), at('20'), at('39'), at('40'), at('59')]).toStrictEqual([
          0,
          first,
          first,
          third,
          third,
          last,
          last,
        ])
        expect(positions.map(engine.table.recordedAtOf)).toStrictEqual(times)
        expect(engine.table.recordedAtOf(0)).toBeNull()
        expect(engine.table.recordedAtOf(first - 1)).toBeNull()
        expect(engine.table.recordedAtOf(last + 1000)).toBe(times[3])
      })
    })

    describe('recordedAt', () => {
      test('(27) is the clock of the append, once for all that is committed together', async () => {
        let ticks = 0
        engine.at(start)
        const appended = await Promise.all(
          [stream, other].map((name) => {
            engine.at(`2024-01-10T12:00:0${++ticks}.000Z`)
            return append(name, drafts(name, 2), 'no_stream')
          }),
        )
        const times = appended.flatMap(({ events }) => events.map(({ recordedAt }) => recordedAt))
        expect(times).toStrictEqual(Array(4).fill('2024-01-10T12:00:02.000Z'))
      })

      test('(27) never goes back, whatever the clock does', async () => {
        await append(stream, [draft(stream)], 'no_stream')
        engine.at('2024-01-10T11:00:00.000Z')
        await append(other, [draft(other)], 'no_stream')
        engine.at('2024-01-10T12:00:01.000Z')
        await append(stream, [draft(stream)], 0)
        expect(stored().map(({ recordedAt }) => recordedAt)).toStrictEqual([
          start,
          start,
          '2024-01-10T12:00:01.000Z',
        ])
      })

      test('(27) never goes back across a restart', async () => {
        await append(stream, [draft(stream)], 'no_stream')
        engine = await engine.reopen()
        engine.at('2024-01-10T11:00:00.000Z')
        expect((await append(stream, [draft(stream)], 0)).events[0]!.recordedAt).toBe(start)
      })

      test('(27) is never before the now of the decision, nor of one committed with it', async () => {
        const later = '2024-01-10T12:00:05.000Z'
        const [a, b] = await Promise.all([
          append(stream, [draft(stream)], 'no_stream'),
          append(other, [draft(other)], 'no_stream', later),
        ])
        expect([a, b].map(({ events }) => events[0]!.recordedAt)).toStrictEqual([later, later])
      })

      test('(27) is kept by what brings its own, and so is where it was restored from', async () => {
        const then = '2023-05-05T05:05:05.005Z'
        const restored = { at: start, from: 'export.ndjson' }
        const given = [
          draft(stream, { recordedAt: then, restored }),
          draft(stream, { recordedAt: then, restored }),
        ]
        const { events } = await append(stream, given, 'no_stream')
        expect(events).toMatchObject(given)
        expect(stored()).toStrictEqual(events)
        const next = await append(stream, [draft(stream)], 1)
        expect(next.events[0]!.recordedAt).toBe(start)
      })

      test('(27) of its own that is before the newest is refused, alone and inside one append', async () => {
        await append(stream, [draft(stream)], 'no_stream')
        const early = draft(stream, { recordedAt: '2024-01-10T11:59:59.999Z' })
        await expect(engine.log.append(stream, [early], 0)).rejects.toMatchObject(code('invalid'))
        const back = [
          draft(stream, { recordedAt: '2024-01-10T12:00:02.000Z' }),
          draft(stream, { recordedAt: start }),
        ]
        await expect(engine.log.append(stream, back, 0)).rejects.toMatchObject(code('invalid'))
        const behind = [draft(stream), draft(stream, { recordedAt: '2024-01-10T12:00:00.000Z' })]
        engine.at('2024-01-10T12:00:01.000Z')
        await expect(engine.log.append(stream, behind, 0)).rejects.toMatchObject(code('invalid'))
        expect(stored()).toHaveLength(1)
      })

      test.each(['2024-01-10', '2024-01-10T12:00:00Z', '2024-01-10T12:00:00.000+00:00', ''])(
        'in the spelling "%s" is invalid',
        async (recordedAt) => {
          await expect(
            engine.log.append(stream, [draft(stream, { recordedAt })], 'no_stream'),
          ).rejects.toMatchObject(code('invalid'))
        },
      )

      test('is not looked at where the append was made before', async () => {
        const given = draft(stream, { recordedAt: '2023-01-01T00:00:00.000Z' })
        const first = await append(stream, [given], 'no_stream')
        await append(other, [draft(other)], 'no_stream')
        expect(await append(stream, [given], 'no_stream')).toStrictEqual(first)
      })
    })

    describe('a subscription', () => {
      test('(21) after an event gives the next one, after 0 all, after the head only new ones', async () => {
        const { events } = await append(stream, drafts(stream, 4), 'no_stream')
        const from = async (position: number) => {
          const seen: Event[] = []
          await engine.log.subscribe(position, (batch) => void seen.push(...batch))
          return seen
        }
        const all = await from(0)
        const rest = await from(events[1]!.position)
        const fresh = await from(await engine.log.head())
        const next = (await append(stream, [draft(stream)], 3)).events
        await expect
          .poll(() => [all, rest, fresh].map((seen) => seen.at(-1)?.id))
          .toStrictEqual(Array(3).fill(next[0]!.id))
        expect(all).toStrictEqual([...events, ...next])
        expect(rest).toStrictEqual([...events.slice(2), ...next])
        expect(fresh).toStrictEqual(next)
      })

      test('(22) gives everything once and in order while others keep appending', async () => {
        const streams = [0, 1, 2].map((number) => `fugitive-a-${number}`)
        const write = async (name: string, from: number, to: number) => {
          for (let count = from; count < to; count++)
            await append(name, drafts(name, 7), count === 0 ? 'no_stream' : count * 7 - 1)
        }
        await Promise.all(streams.map((name) => write(name, 0, 100)))
        const seen: Event[] = []
        let running = 0
        await engine.log.subscribe(0, async (events) => {
          expect(++running).toBe(1)
          if (seen.length % 3 === 0) await wait(1)
          seen.push(...events)
          running--
        })
        await Promise.all(streams.map((name) => write(name, 100, 150)))
        await expect.poll(() => seen.length, { timeout: 10_000 }).toBe(3 * 150 * 7)
        expect(seen).toStrictEqual(stored())
      })

      test('(23) waits for a slow handler, batch by batch, and then gives the rest in bounded batches', async () => {
        const name = 'fugitive-a-1'
        for (let count = 0; count < 20; count++)
          await append(name, drafts(name, 250), count === 0 ? 'no_stream' : count * 250 - 1)
        const gate = Promise.withResolvers<void>()
        const sizes: number[] = []
        await engine.log.subscribe(0, async (events) => {
          sizes.push(events.length)
          await gate.promise
        })
        await expect.poll(() => sizes.length).toBe(1)
        for (let count = 20; count < 40; count++) await append(name, drafts(name, 250), count * 250 - 1)
        expect(sizes).toHaveLength(1)
        gate.resolve()
        await expect.poll(() => sizes.reduce((sum, size) => sum + size, 0), { timeout: 10_000 }).toBe(10_000)
        expect(Math.max(...sizes)).toBeLessThanOrEqual(1000)
      })

      test('(23) waits for a slow handler that has everything so far, too', async () => {
        const gate = Promise.withResolvers<void>()
        const batches: string[][] = []
        await engine.log.subscribe(0, async (events) => {
          batches.push(ids(events))
          await gate.promise
        })
        await wait(20)
        const given = drafts(stream, 4)
        for (const [index, event] of given.entries())
          await append(stream, [event], index === 0 ? 'no_stream' : index - 1)
        await wait(20)
        expect(batches).toStrictEqual([[given[0]!.id]])
        gate.resolve()
        await expect.poll(() => batches.flat()).toStrictEqual(ids(given))
      })

      test.each([
        [
          'throws',
          () => {
            throw new Error('broken')
          },
        ],
        [
          'rejects',
          async () => {
            await wait(1)
            throw new Error('broken')
          },
        ],
      ])(
        '(23) whose handler %s ends, says why, and gives the same events to who subscribes anew',
        async (_, fail) => {
          const { events } = await append(stream, drafts(stream, 2), 'no_stream')
          for (const isLive of [false, true]) {
            const ended = Promise.withResolvers<Error>()
            const after = isLive ? await engine.log.head() : events[0]!.position
            let calls = 0
            await engine.log.subscribe(
              after,
              () => {
                calls++
                return fail()
              },
              ended.resolve,
            )
            // Stored ones, then one that is new: who is live has the new one only.
            await wait(20)
            const next = await append(stream, [draft(stream)], isLive ? 2 : 1)
            expect((await ended.promise).message).toBe('broken')
            await append(other, [draft(other)], isLive ? 0 : 'no_stream')
            expect(calls).toBe(1)

            const seen: Event[] = []
            const stop = await engine.log.subscribe(after, (batch) => void seen.push(...batch))
            await expect.poll(() => seen.at(-1)?.stream).toBe(other)
            expect(ids(seen).slice(isLive ? 0 : 1)).toStrictEqual([next.events[0]!.id, seen.at(-1)!.id])
            await stop()
          }
        },
      )

      test('(23) whose handler fails harms neither the append nor other subscribers', async () => {
        const seen: Event[] = []
        const ended: Error[] = []
        await engine.log.subscribe(
          0,
          () => {
            throw new Error('broken')
          },
          (error) => void ended.push(error),
        )
        await engine.log.subscribe(0, (events) => void seen.push(...events))
        await wait(20)
        const { events } = await append(stream, [draft(stream)], 'no_stream')
        await expect.poll(() => seen).toStrictEqual(events)
        await expect.poll(() => ended).toStrictEqual([new Error('broken')])
      })

      test('(24) is resumed from the last stored position after a restart, nothing lost and nothing twice', async () => {
        const seen: Event[] = []
        const handler = (events: readonly Event[]) => void seen.push(...events)
        await engine.log.subscribe(0, handler)
        await append(stream, drafts(stream, 3), 'no_stream')
        await expect.poll(() => seen.length).toBe(3)
        const given = drafts(stream, 2)
        const first = await append(stream, given, 2)
        const resumeFrom = seen[2]!.position
        seen.length = 3
        engine = await engine.reopen()
        expect(await append(stream, given, 2)).toStrictEqual(first)
        await engine.log.subscribe(resumeFrom, handler)
        await append(stream, [draft(stream)], 4)
        await expect.poll(() => seen.length).toBe(6)
        expect(seen).toStrictEqual(stored())
      })

      test('(24) said again after a restart gives the original place, and what is new goes on there', async () => {
        const given = drafts(stream, 3)
        const first = await append(stream, given, 'no_stream')
        engine = await engine.reopen()
        expect(await append(stream, given, 'no_stream')).toStrictEqual(first)
        expect(stored()).toStrictEqual(first.events)
        await expect(engine.log.append(stream, [draft(stream)], 'no_stream')).rejects.toMatchObject(
          conflict(2),
        )
        expect((await append(stream, [draft(stream)], 2)).revision).toBe(3)
      })

      test('(25) from beyond the head is refused: that position is of another log', async () => {
        await append(stream, [draft(stream)], 'no_stream')
        const beyond = engine.log.subscribe((await engine.log.head()) + 1, () => {})
        await expect(beyond).rejects.toMatchObject(code('invalid'))
        await expect(beyond).rejects.toThrow(/^checkpoint_ahead_of_log: /)
        for (const position of [-1, 0.5, Number.NaN])
          await expect(engine.log.subscribe(position, () => {})).rejects.toMatchObject(code('invalid'))
      })

      test('(26) that is stopped, also inside its handler, is told nothing more', async () => {
        await append(stream, drafts(stream, 3), 'no_stream')
        let outside = 0
        const stopOutside = await engine.log.subscribe(0, () => void outside++)
        const inside: number[] = []
        const stopInside = await engine.log.subscribe(0, async (events) => {
          inside.push(events.length)
          await stopInside()
        })
        await stopOutside()
        await expect.poll(() => inside.length).toBe(1)
        const { position } = await append(stream, [draft(stream)], 2)
        const seen: Event[] = []
        await engine.log.subscribe(0, (events) => void seen.push(...events))
        await expect.poll(() => seen.at(-1)?.position).toBe(position)
        expect(outside).toBe(0)
        expect(inside).toHaveLength(1)
      })

      test('may append in its handler', async () => {
        const answers = Promise.withResolvers<number>()
        await engine.log.subscribe(0, async (events) => {
          if (events[0]!.stream !== stream) return
          answers.resolve((await engine.log.append(other, [draft(other)], 'no_stream')).revision)
        })
        await append(stream, [draft(stream)], 'no_stream')
        expect(await answers.promise).toBe(0)
      })
    })

    describe('closing', () => {
      test('commits what was accepted, and refuses what comes later', async () => {
        const given = drafts(stream, 3)
        const accepted = given.map((event, index) =>
          engine.log.append(stream, [event], index === 0 ? 'no_stream' : index - 1),
        )
        const closing = engine.log.close()
        expect((await Promise.all(accepted)).map(({ revision }) => revision)).toStrictEqual([0, 1, 2])
        await closing
        await engine.log.close()
        await expect(engine.log.append(stream, [draft(stream)], 2)).rejects.toMatchObject(code('unavailable'))
        await expect(engine.log.subscribe(0, () => {})).rejects.toMatchObject(code('unavailable'))
        await expect(engine.log.head()).rejects.toMatchObject(code('unavailable'))
        engine = await engine.reopen()
        await engine.reached(await engine.log.head())
        expect(ids(stored())).toStrictEqual(ids(given))
      })
    })
  })
}
