import * as fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { createCourse, passedChanges, recordedChanges } from '../../src/answer/course.ts'
import type { Entity } from '../../src/answer/entity.ts'
import { knownAt } from '../../src/answer/known.ts'
import type { Coordinate } from '../../src/answer/list.ts'
import { nextMoment } from '../../src/answer/moments.ts'
import { type Instant, instantOf, lastInstant, millisecondsOf } from '../../src/time/instant.ts'
import { allKinds } from '../../src/vocabulary/index.ts'
import { boundsOf } from '../oracle.ts'
import { changed, coordinateOf, filter, log, rowsAt } from './log.ts'

/** `RUNS=20` looks twenty times longer. */
const times = Number(process.env['RUNS'] ?? 1)
vi.setConfig({ testTimeout: 60_000 * times })

const kinds = allKinds.map(({ name }) => name)

const finder = (entities: readonly Entity[]) => {
  const byStream = new Map(entities.map((entity) => [entity.stream, entity]))
  return { entity: (stream: string) => byStream.get(stream) }
}

const upcoming = (entities: readonly Entity[], { asOf, position }: Coordinate) =>
  entities
    .filter(({ events }) => events[0]!.position <= position)
    .flatMap((entity): [string, Instant][] => {
      const at = nextMoment(knownAt(entity, position), asOf)
      return at === null ? [] : [[entity.stream, at]]
    })

test('from wherever it begins, what it tells leads from row to row to the end of time', () => {
  fc.assert(
    fc.property(log({ maxLength: 8 }), fc.tuple(fc.nat(), fc.nat()), filter, (drawn, draw, asked) => {
      const { entities, events } = drawn
      const start = coordinateOf(drawn, draw)
      const course = createCourse(finder(entities), upcoming(entities, start), start)
      let rows = rowsAt(entities, start, asked)

      const left = events.filter(({ position }) => position > start.position)
      const steps = function* () {
        for (const event of left) yield* course.record(event)
        yield* course.pass(lastInstant)
      }
      for (const step of steps()) {
        const changes =
          'event' in step ? (recordedChanges(step, asked) ?? []) : passedChanges(step, kinds, asked)
        for (const { because } of changes) expect(because.length).toBeGreaterThan(0)
        rows = changed(rows, changes)
        expect(rows).toStrictEqual(rowsAt(entities, course.coordinate(), asked))
      }
      expect(course.coordinate().position).toBe(left.at(-1)?.position ?? start.position)
      expect(course.next()).toBe(null)
    }),
    { numRuns: 300 * times },
  )
})

test('it passes every moment at which a row changes by time alone, each once and in order', () => {
  fc.assert(
    fc.property(log({ maxLength: 8 }), fc.tuple(fc.nat(), fc.nat()), filter, (drawn, draw, asked) => {
      const { entities } = drawn
      const start = coordinateOf(drawn, draw)
      const passings = [...createCourse(finder(entities), upcoming(entities, start), start).pass(lastInstant)]
      const moments = passings.map(({ at }) => at)
      expect(moments).toStrictEqual([...new Set(moments)].toSorted())

      const told = [{ at: start.asOf, rows: rowsAt(entities, start, asked) }]
      for (const passing of passings) {
        const rows = changed(told.at(-1)!.rows, passedChanges(passing, kinds, asked))
        told.push({ at: passing.at, rows })
      }
      const bounds = entities
        .filter(({ events }) => events[0]!.position <= start.position)
        .flatMap(({ events }) => boundsOf(events, start.position))
        .flatMap((bound) => [-1, 0, 1].map((beside) => instantOf(millisecondsOf(bound) + beside)))
      for (const asOf of bounds.filter((bound) => bound >= start.asOf))
        expect(told.findLast(({ at }) => at <= asOf)!.rows, `at ${asOf}`).toStrictEqual(
          rowsAt(entities, { ...start, asOf }, asked),
        )
    }),
    { numRuns: 150 * times },
  )
})

test('an event is told after what time brought before it was recorded, at its own time unless time has come further', () => {
  fc.assert(
    fc.property(log({ maxLength: 8 }), fc.tuple(fc.nat(), fc.nat()), (drawn, draw) => {
      const { entities, events } = drawn
      const start = coordinateOf(drawn, draw)
      const course = createCourse(finder(entities), upcoming(entities, start), start)
      let asOf = start.asOf
      for (const event of events.filter(({ position }) => position > start.position))
        for (const step of course.record(event)) {
          const at = 'event' in step ? step.asOf : step.at
          expect(at >= asOf).toBe(true)
          if ('event' in step) expect(step.asOf).toBe(event.recordedAt > asOf ? event.recordedAt : asOf)
          else expect(at <= event.recordedAt).toBe(true)
          asOf = at
        }
    }),
    { numRuns: 200 * times },
  )
})
