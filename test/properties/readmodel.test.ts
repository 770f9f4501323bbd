import * as fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { projections } from '../../projections/index.ts'
import { type Entity, entityOf } from '../../src/answer/entity.ts'
import { list } from '../../src/answer/list.ts'
import { nextMoment } from '../../src/answer/moments.ts'
import { knownAt } from '../../src/answer/known.ts'
import { look } from '../../src/answer/row.ts'
import { versionsOf } from '../../src/answer/versions.ts'
import { createBytes, joined } from '../../src/readmodel/bytes.ts'
import { lengthsOf, openReadModelFile } from '../../src/readmodel/file.ts'
import { type Core, createCore } from '../../src/readmodel/core.ts'
import { join } from '../../src/readmodel/join.ts'
import { createStored } from '../../src/readmodel/stored.ts'
import { examination } from '../../src/readmodel/examination.ts'
import { instantOf, millisecondsOf } from '../../src/time/instant.ts'
import type { Event } from '../../src/vocabulary/envelope.ts'
import { allKinds } from '../../src/vocabulary/index.ts'
import { boundsOf } from '../oracle.ts'
import { eventsOf, historyOf } from '../readmodel/history.ts'
import { coordinateOf, filter, log } from './log.ts'
import { expectSame } from './same.ts'

/** `RUNS=20` looks twenty times longer. */
const times = Number(process.env['RUNS'] ?? 1)
vi.setConfig({ testTimeout: 120_000 * times })

const draws = fc.tuple(fc.nat(), fc.nat())
type Log = { entities: readonly Entity[]; events: readonly Event[] }

/** So little that all of it happens in a few events: sorting, saving, taking from the desk. */
const little = { atHand: { events: 5, bytes: 10_000 }, unsaved: { events: 4, bytes: 10_000 }, waiting: 3 }

const made = ({ events }: Log): Core => {
  const model = createCore(historyOf(events), openReadModelFile(null), 'a', little)
  for (const event of events) {
    model.take([event])
    // A question now and then sorts in what waits.
    if (event.position % 3 === 0)
      model.found(event.kind, { status: 'any', reality: 'actual' }, { from: null, to: null }, 9)
  }
  return model
}

/** The same model, which took what follows on an event stream by stream, was saved meanwhile, and taken up again. */
const byStream = async ({ events }: Log, after: number): Promise<Core> => {
  const file = openReadModelFile(null)
  const model = createCore(historyOf(events), file, 'a', { ...little, unsaved: { events: 4, bytes: 1000 } })
  model.take(events.slice(0, after))
  await Promise.all([model.takeByStream(events.slice(after)), model.save()])
  await model.save()
  return createCore(historyOf(events), file, 'a', little)
}

/** The same model, put away and taken up again at some events. */
const interrupted = async ({ events }: Log, at: readonly number[]): Promise<Core> => {
  const file = openReadModelFile(null)
  let model = createCore(historyOf(events), file, 'a', little)
  for (const [index, event] of events.entries()) {
    if (at.includes(index)) {
      await model.save()
      await model.save()
      model = createCore(historyOf(events), file, 'a', little)
      if (index % 2 === 0) await model.prepared()
    }
    model.take([event])
  }
  return model
}

/** The same, made in two parts that are joined. What states there are is made from the events when it is asked for. */
const inParts = async ({ entities, events }: Log): Promise<Core> => {
  const parts = [0, 1].map((index) => {
    const part = createCore(historyOf(events), openReadModelFile(null, index), 'a', little)
    const own = entities.filter((_, place) => place % 2 === index).map(({ stream }) => stream)
    for (const event of events) if (own.includes(event.stream)) part.take([event])
    return part.tables
  })
  const whole = createStored()
  join(whole, parts)
  const file = openReadModelFile(null)
  const { position, id } = events.at(-1)!
  await file.write({
    checkpoint: {
      position,
      eventId: id,
      fingerprint: 'a',
      unknownTypes: {},
      lengths: lengthsOf(whole.kept),
    },
    pieces: file.grown(whole.kept),
    states: [],
  })
  return createCore(historyOf(events), file, 'a', little)
}

/** All that lists can be asked of a log: every position, and both sides of every bound. */
const coordinatesOf = ({ entities, events }: Log) =>
  [0, ...events.flatMap(({ position }) => [position, position + 1])].flatMap((position) => {
    const bounds = entities.flatMap((entity) => boundsOf(entity.events, position))
    return [
      ...new Set(bounds.flatMap((bound) => [-1, 0].map((beside) => millisecondsOf(bound) + beside))),
    ].map((at) => ({ asOf: instantOf(at), position }))
  })

const whole = { after: null, limit: 1000 }

/** The definition's answer, as JSON would give it. */
const defined = (
  drawn: Log,
  projection: (typeof projections)[number],
  ...[coordinate, asked, page]: [...Parameters<typeof list>] extends [unknown, unknown, ...infer Rest]
    ? Rest
    : never
) => {
  const entities = drawn.entities.filter(({ kind }) => kind === projection.kind.name)
  const { rows, ...rest } = list(projection, entities, coordinate, asked, page)
  return { rows: rows.map((row) => JSON.stringify(row)), ...rest }
}

describe('the lists of the read model are those of the definition', () => {
  test('wherever anything can change, under any status, and however often it was put away', async () => {
    await fc.assert(
      fc.asyncProperty(log({ maxLength: 9 }), fc.array(fc.nat({ max: 30 })), async (drawn, breaks) => {
        const models = [made(drawn), await interrupted(drawn, breaks), await byStream(drawn, breaks[0] ?? 0)]
        for (const coordinate of coordinatesOf(drawn))
          for (const projection of projections) {
            if (!drawn.entities.some(({ kind }) => kind === projection.kind.name)) continue
            for (const reality of new Set(drawn.entities.map((entity) => entity.reality))) {
              const asked = { status: 'any', reality } as const
              const expected = defined(drawn, projection, coordinate, asked, whole)
              for (const model of models) {
                expectSame(model.list(projection, coordinate, asked, whole), expected, coordinate)
                const { rows, ...rest } = expected
                const bytes = createBytes()
                const told = model.write(bytes, projection, coordinate, asked, whole)
                expectSame(told, { rows: rows.length, ...rest }, coordinate)
                expectSame(joined(bytes).toString(), rows.join(), coordinate)
              }
            }
          }
      }),
      { numRuns: 30 * times },
    )
  })

  test('under any filter, a page at a time, also when they were put away or made in parts', async () => {
    await fc.assert(
      fc.asyncProperty(
        log({ maxLength: 9 }),
        fc.array(draws, { minLength: 4, maxLength: 4 }),
        filter,
        async (drawn, places, asked) => {
          const models = [made(drawn), await interrupted(drawn, [2, 5, 6]), await inParts(drawn)]
          for (const place of places) {
            const coordinate = coordinateOf(drawn, place)
            for (const projection of projections)
              for (const page of [whole, { after: null, limit: 1 }, { after: 'a-1', limit: 2 }]) {
                const expected = defined(drawn, projection, coordinate, asked, page)
                for (const model of models)
                  expectSame(model.list(projection, coordinate, asked, page), expected, coordinate)
              }
          }
        },
      ),
      { numRuns: 300 * times },
    )
  })
})

test('what it keeps is what the definition makes, at every position, also of what was put away', async () => {
  await fc.assert(
    fc.asyncProperty(log({ maxLength: 12 }), fc.array(fc.nat({ max: 40 })), async (drawn, breaks) => {
      for (const model of [made(drawn), await interrupted(drawn, breaks)]) {
        const found = [...examination(model, eventsOf(drawn.events), 'all', () => 0.5)].flatMap(
          (examined) => examined.found,
        )
        expect(found).toStrictEqual([])
      }
    }),
    { numRuns: 100 * times },
  )
})

test('its rectangles are adjacent along valid time, each unlike the one before', () => {
  fc.assert(
    fc.property(log({ maxLength: 12 }), (drawn) => {
      const { rectangles, registry, contents } = made(drawn).tables
      for (const entity of drawn.entities) {
        const current = rectangles.current(registry.of(entity.stream)!)
        const first = versionsOf(knownAt(entity, Number.MAX_SAFE_INTEGER)).find((one) => one.from !== null)
        expect(current.length > 0 ? instantOf(rectangles.from(current[0]!)) : undefined).toBe(first?.from)
        for (const [index, rectangle] of current.entries()) {
          const next = current[index + 1]
          expect(rectangles.to(rectangle)).toBe(next === undefined ? Infinity : rectangles.from(next))
          if (next !== undefined)
            expect(contents.of(rectangles.content(rectangle))).not.toStrictEqual(
              contents.of(rectangles.content(next)),
            )
        }
      }
    }),
    { numRuns: 300 * times },
  )
})

describe('what it narrows a question to is all that the question is about', () => {
  const kinds = allKinds.map(({ name }) => name)

  test('of what changes by time alone, and when next', () => {
    fc.assert(
      fc.property(log({ maxLength: 9 }), draws, draws, filter, (drawn, one, other, asked) => {
        const model = made(drawn)
        const from = coordinateOf(drawn, one)
        const { asOf } = coordinateOf(drawn, other)
        const [after, upTo] = [from.asOf, asOf].toSorted() as [string, string]
        for (const entity of drawn.entities) {
          if (entity.events[0]!.position > from.position) continue
          const known = knownAt(entity, from.position)
          const rows = [after, upTo].map((at) => JSON.stringify(look(known, at, asked).row))
          const turning = [...model.turning(entity.kind, { after, upTo }, from.position)]
          if (rows[0] !== rows[1]) expect(turning.map(({ id }) => id)).toContain(entity.id)
          const next = new Map(model.upcoming(entity.kind, from)).get(entity.stream)
          const moments = versionsOf(known).flatMap(({ from: at }) =>
            at !== null && at > from.asOf ? at : [],
          )
          if (moments[0] !== undefined) expect(next! <= moments[0]).toBe(true)
          if (next !== undefined) expect(nextMoment(known, from.asOf)! <= next).toBe(true)
        }
      }),
      { numRuns: 300 * times },
    )
  })

  test('of what a filter finds at some moment, and of what was recorded', () => {
    fc.assert(
      fc.property(log({ maxLength: 9 }), draws, draws, filter, (drawn, one, other, asked) => {
        const model = made(drawn)
        const [first, second] = [coordinateOf(drawn, one), coordinateOf(drawn, other)]
        const [from, to] = [first.asOf, second.asOf].toSorted() as [string, string]
        for (const kind of kinds) {
          const found = [...model.found(kind, asked, { from, to }, first.position)].map(({ id }) => id)
          for (const asOf of [from, to]) {
            const projection = projections.find((projection) => projection.kind.name === kind)!
            const { rows } = defined(drawn, projection, { asOf, position: first.position }, asked, whole)
            for (const row of rows) expect(found).toContain((JSON.parse(row) as { id: string }).id)
          }
        }
        const [after, upTo] = [first.position, second.position].toSorted((a, b) => a - b) as [number, number]
        const recorded = drawn.events.filter(({ position }) => position > after && position <= upTo)
        expect(
          [...model.recorded(after, upTo)].map(({ kind, id }) => `${kind}-${id}`).toSorted(),
        ).toStrictEqual([...new Set(recorded.map(({ stream }) => stream))].toSorted())
      }),
      { numRuns: 300 * times },
    )
  })
})

test('a stream of its own is an entity, as its events make it', () => {
  fc.assert(
    fc.property(log({ maxLength: 6 }), (drawn) => {
      const model = made(drawn)
      for (const { stream, events } of drawn.entities)
        expect(model.entity(stream)).toStrictEqual(entityOf(events))
    }),
    { numRuns: 50 },
  )
})
