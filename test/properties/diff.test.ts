import * as fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { diff } from '../../src/answer/diff.ts'
import { inSequence } from '../../src/answer/sequence.ts'
import { versionsOf } from '../../src/answer/versions.ts'
import { overlapping } from '../../src/answer/overlapping.ts'
import { knownAt } from '../../src/answer/known.ts'
import { allKinds } from '../../src/vocabulary/index.ts'
import { countedIn } from '../oracle.ts'
import { atOnce } from '../../src/readmodel/in-turns.ts'
import { changed, coordinateOf, filter, log, rowsAt } from './log.ts'

const diffed = (...asked: Parameters<typeof diff>) => atOnce(diff(...asked))

/** `RUNS=20` looks twenty times longer. */
const times = Number(process.env['RUNS'] ?? 1)
vi.setConfig({ testTimeout: 60_000 * times })

const draws = fc.tuple(fc.nat(), fc.nat())
const kinds = allKinds.map(({ name }) => name)

describe('a diff', () => {
  test('applied to the rows at one coordinate gives those at the other: knowledge first, then the world', () => {
    fc.assert(
      fc.property(log({ maxLength: 8 }), draws, draws, filter, (drawn, one, other, asked) => {
        const [from, to] = [coordinateOf(drawn, one), coordinateOf(drawn, other)]
        const { entities } = drawn
        const { knowledge, world, next } = diffed(entities, from, to, asked, 1000)
        const between = { asOf: from.asOf, position: to.position }
        const learned = changed(rowsAt(entities, from, asked), knowledge)
        expect(learned).toStrictEqual(rowsAt(entities, between, asked))
        expect(changed(learned, world)).toStrictEqual(rowsAt(entities, to, asked))
        expect(next).toBe(null)
      }),
      { numRuns: 400 * times },
    )
  })

  test('names what did it: the events recorded in between, and those with a bound in between', () => {
    fc.assert(
      fc.property(log({ maxLength: 8 }), draws, draws, (drawn, one, other) => {
        const [from, to] = [coordinateOf(drawn, one), coordinateOf(drawn, other)]
        const { knowledge, world } = diffed(
          drawn.entities,
          from,
          to,
          { status: 'any', reality: 'actual' },
          1000,
        )
        const entityOf = ({ kind, id }: { kind: string; id: string }) =>
          drawn.entities.find((entity) => entity.kind === kind && entity.id === id)!
        const within = <T>(value: T, a: T, b: T) =>
          a < b ? a < value && value <= b : b < value && value <= a
        for (const change of knowledge) {
          const { events } = entityOf(change)
          const recorded = events.filter(({ position }) => within(position, from.position, to.position))
          expect(change.because).toStrictEqual(recorded.map(({ id }) => id))
        }
        for (const change of world) {
          const passed = countedIn(entityOf(change).events, to.position).filter(
            ({ when }) =>
              within(when.earliest ?? '', from.asOf, to.asOf) || within(when.latest, from.asOf, to.asOf),
          )
          const events = change.because.filter((one) => typeof one === 'string')
          expect(events.toSorted()).toStrictEqual(passed.map(({ id }) => id).toSorted())
          expect(change.because.length).toBeGreaterThan(0)
        }
      }),
      { numRuns: 300 * times },
    )
  })

  test('in pages is the diff, each entity whole and in its place', () => {
    fc.assert(
      fc.property(log({ maxLength: 5 }), draws, draws, (drawn, one, other) => {
        const [from, to] = [coordinateOf(drawn, one), coordinateOf(drawn, other)]
        const asked = { status: 'any', reality: 'actual' } as const
        const ofKind = (kind: string) => drawn.entities.filter((entity) => entity.kind === kind)
        const whole = diffed(inSequence(kinds, ofKind, null), from, to, asked, 1000)
        const pages: (typeof whole)[] = []
        for (let next: typeof whole.next = null; pages.length === 0 || next !== null;) {
          const left = inSequence(kinds, ofKind, next).drop(next === null ? 0 : 1)
          const page = diffed(left, from, to, asked, 1)
          pages.push(page)
          next = page.next
        }
        expect(pages.flatMap(({ knowledge }) => knowledge)).toStrictEqual(whole.knowledge)
        expect(pages.flatMap(({ world }) => world)).toStrictEqual(whole.world)
        const places = [...whole.knowledge, ...whole.world].map(({ kind }) => kinds.indexOf(kind))
        expect(places.slice(0, whole.knowledge.length)).toStrictEqual(
          places.slice(0, whole.knowledge.length).toSorted((a, b) => a - b),
        )
      }),
      { numRuns: 200 * times },
    )
  })
})

describe('the versions that overlap a window', () => {
  test('of one moment are those of the rows listed then', () => {
    fc.assert(
      fc.property(log({ maxLength: 8 }), draws, filter, (drawn, draw, asked) => {
        const { asOf, position } = coordinateOf(drawn, draw)
        const found = [...overlapping(drawn.entities, position, asked, { from: asOf, to: asOf })]
        expect(found.map(({ kind, id }) => `${kind} ${id}`)).toStrictEqual([
          ...rowsAt(drawn.entities, { asOf, position }, asked).keys(),
        ])
        for (const { from, to } of found) {
          expect(from <= asOf).toBe(true)
          expect(to === null || asOf < to).toBe(true)
        }
      }),
      { numRuns: 300 * times },
    )
  })

  test('without bounds are all with a beginning and a state', () => {
    fc.assert(
      fc.property(log({ maxLength: 8 }), ({ entities, events }) => {
        const { position } = events.at(-1)!
        for (const entity of entities) {
          const asked = { status: 'any', reality: entity.reality } as const
          const found = [...overlapping([entity], position, asked, { from: null, to: null })]
          expect(found.map(({ from, to, candidates }) => ({ from, to, candidates }))).toStrictEqual(
            versionsOf(knownAt(entity, position)).filter(
              ({ from, candidates }) => from !== null && candidates.some((state) => state !== null),
            ),
          )
        }
      }),
      { numRuns: 200 * times },
    )
  })
})
