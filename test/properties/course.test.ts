import * as fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { incident } from '../../projections/incident.ts'
import { createCourse, passedChanges, recordedChanges } from '../../src/answer/course.ts'
import { type Entity, entityOf } from '../../src/answer/entity.ts'
import { knownAt } from '../../src/answer/known.ts'
import type { Coordinate } from '../../src/answer/list.ts'
import { nextMoment } from '../../src/answer/moments.ts'
import { entityRow } from '../../src/answer/row.ts'
import { createTrail } from '../../src/answer/trail.ts'
import { type Instant, instantOf, lastInstant, millisecondsOf } from '../../src/time/instant.ts'
import { allKinds } from '../../src/vocabulary/index.ts'
import { recorded } from '../given.ts'
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

test('many events of one entity are told one after another, each without folding all before it again', () => {
  const hour = (index: number) => instantOf(millisecondsOf('2024-01-02T00:00:00.000Z') + index * 3_600_000)
  const figure = (index: number) =>
    ['report-figure', hour(index), { measure: 'held', value: { best: index } }] as const
  const events = recorded('incident', [
    ['report', '2024-01-01', { type: 'riot', title: 'Riot' }],
    ...Array.from({ length: 300 }, (_, index) => figure(index)),
  ])
  const { entity } = finder([entityOf(events)])
  const apply = vi.spyOn(incident, 'apply')
  const course = createCourse({ entity }, [], { asOf: events[0]!.recordedAt, position: 0 })
  const told = events
    .flatMap((event) => [...course.record(event)])
    .flatMap((step) => ('event' in step ? recordedChanges(step, { status: 'any', reality: 'actual' }) : []))
  expect(told.length).toBe(events.length)
  expect(apply.mock.calls.length).toBeLessThan(5 * events.length)
  apply.mockRestore()
})

test('what is passed is as it was then, also where little of what was passed is kept', () => {
  fc.assert(
    fc.property(log({ maxLength: 8 }), fc.nat(12), ({ entities, events }, most) => {
      const { entity } = finder(entities)
      const trail = createTrail(most)
      const rowOf = (one: Entity) => entityRow(knownAt(one, Number.MAX_SAFE_INTEGER), lastInstant)
      for (const { stream, revision } of events) {
        const whole = entity(stream)!
        const { before, after } = trail.pass(whole, revision)
        const folded = [revision, revision + 1].map((count) => whole.events.slice(0, count))
        expect(before?.events ?? []).toStrictEqual(folded[0])
        expect(rowOf(after)).toStrictEqual(rowOf(entityOf(folded[1]!)))
        expect(trail.get(stream)).toBe(after)
      }
    }),
    { numRuns: 150 * times },
  )
})
