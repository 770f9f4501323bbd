import * as fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { projectionOf } from '../../projections/index.ts'
import type { State } from '../../projections/projection.ts'
import { type Candidate, candidatesAt } from '../../src/answer/candidates.ts'
import { entityOf } from '../../src/answer/entity.ts'
import { type Known, knownAt } from '../../src/answer/known.ts'
import { hasBeginning, type Version, versionIndex, versionsOf } from '../../src/answer/versions.ts'
import { firstInstant, type Instant, instantOf, lastInstant, millisecondsOf } from '../../src/time/instant.ts'
import type { Event } from '../../src/vocabulary/envelope.ts'
import { boundsOf, countedIn, flags, oracle, outcomes } from '../oracle.ts'
import { history } from './history.ts'

/** `RUNS=20` looks twenty times longer. */
const times = Number(process.env['RUNS'] ?? 1)
const runs = (count: number) => ({ numRuns: count * times })
vi.setConfig({ testTimeout: 60_000 * times })

describe('an answer is what the definition says', () => {
  test('on both sides of every bound, at every position', () => {
    fc.assert(
      fc.property(history({ maxLength: 9 }), (events) => {
        const entity = entityOf(frozen(events))
        for (const position of positionsOf(events)) {
          const known = knownAt(entity, position)
          for (const asOf of aroundOf(boundsOf(events, position)))
            expect(told(candidatesAt(known, asOf)), `at ${asOf}, position ${position}`).toStrictEqual(
              outcomes(events, asOf, position).map(({ state, disputed, flagged }) => ({
                state,
                disputed,
                flagged,
              })),
            )
        }
      }),
      runs(150),
    )
  })

  test('of long histories too', () => {
    fc.assert(
      fc.property(
        history({ minLength: 40, maxLength: 180 }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
        (events, draws) => {
          const known = headOf(events)
          const versions = versionsOf(known)
          const { position } = events.at(-1)!
          const bounds = countedIn(events, position).flatMap(({ when }) => [
            when.earliest ?? firstInstant,
            when.latest,
          ])
          for (const asOf of draws.map((draw) => bounds[draw % bounds.length] ?? lastInstant)) {
            const states = oracle(events, asOf, position)
            expect(statesAt(known, asOf), `at ${asOf}`).toStrictEqual(states)
            expect(versions[versionIndex(versions, asOf)]!.candidates, `at ${asOf}`).toStrictEqual(states)
          }
        },
      ),
      runs(30),
    )
  })

  test('and so is what is flagged, with the status it met', () => {
    fc.assert(
      fc.property(history({ maxLength: 25 }), (events) => {
        const entity = entityOf(events)
        for (const position of positionsOf(events))
          expect(flaggedIn(knownAt(entity, position)), `position ${position}`).toStrictEqual([
            ...flags(events, position),
          ])
      }),
      runs(150),
    )
  })
})

describe('versions', () => {
  test('tile the axis, each unlike the one before', () => {
    fc.assert(
      fc.property(history({ maxLength: 30 }), (events) => {
        const versions = versionsOf(headOf(events))
        expect(versions[0]!.from).toBe(null)
        expect(versions.at(-1)!.to).toBe(null)
        for (const [before, after] of pairsOf(versions)) {
          expect(before.to).not.toBe(null)
          expect(after.from).toBe(before.to)
          expect(before.from === null || before.from < before.to!).toBe(true)
          expect(after.candidates).not.toEqual(before.candidates)
        }
      }),
      runs(300),
    )
  })

  test('hold from their first millisecond to their last, and agree with the definition wherever it can change', () => {
    fc.assert(
      fc.property(history({ maxLength: 9 }), (events) => {
        const entity = entityOf(events)
        for (const position of positionsOf(events)) {
          const known = knownAt(entity, position)
          const versions = versionsOf(known)
          const changes = versions.flatMap(({ from }) => from ?? [])
          for (const asOf of aroundOf([...boundsOf(events, position), ...changes])) {
            const [version, ...others] = versions.filter((one) => holdsAt(one, asOf))
            const states = oracle(events, asOf, position)
            expect([version?.candidates, ...others], `at ${asOf}, position ${position}`).toStrictEqual([
              states,
            ])
            expect(versions[versionIndex(versions, asOf)]).toBe(version)
            // Of what is nothing nobody asks where it begins.
            if (states.some(Boolean)) expect(hasBeginning(known, asOf)).toBe(version!.from !== null)
          }
        }
      }),
      runs(100),
    )
  })
})

describe('what was recorded later', () => {
  test('changes no answer at an earlier position, and none uses it', () => {
    fc.assert(
      fc.property(history({ minLength: 2, maxLength: 14 }), fc.nat(), (events, draw) => {
        const cut = 1 + (draw % events.length)
        const position = events[cut - 1]!.position
        const [then, since] = [
          knownAt(entityOf(events.slice(0, cut)), position),
          knownAt(entityOf(events), position),
        ]
        expect(versionsOf(since)).toStrictEqual(versionsOf(then))
        expect(flaggedIn(since)).toStrictEqual(flaggedIn(then))
        for (const asOf of aroundOf(boundsOf(events, events.at(-1)!.position)))
          expect(told(candidatesAt(since, asOf))).toStrictEqual(told(candidatesAt(then, asOf)))
      }),
      runs(150),
    )
  })

  test('is found in no answer of the past that was asked after answers of the present', () => {
    fc.assert(
      fc.property(
        history({ minLength: 2, maxLength: 14 }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 8 }),
        (events, draws) => {
          const entity = entityOf(events)
          for (const draw of draws) {
            const { position } = events[draw % events.length]!
            const alone = knownAt(entityOf(events.filter((event) => event.position <= position)), position)
            expect(versionsOf(knownAt(entity, position))).toStrictEqual(versionsOf(alone))
          }
        },
      ),
      runs(150),
    )
  })
})

test('the order of arrival changes no answer, unless two of one type have the same window', () => {
  fc.assert(
    fc.property(
      history({ minLength: 2, maxLength: 14 }),
      fc.array(fc.nat(), { minLength: 14, maxLength: 14 }),
      (events, draws) => {
        fc.pre(windowsDiffer(events))
        const other = headOf(rearranged(events, draws))
        const known = headOf(events)
        expect(versionsOf(other)).toStrictEqual(versionsOf(known))
        expect(flaggedIn(other)).toStrictEqual(flaggedIn(known))
      },
    ),
    runs(250),
  )
})

describe('a step of a projection', () => {
  test('is the same by hand and by immer, and leaves state and event as they were', () => {
    fc.assert(
      fc.property(history({ maxLength: 14 }), (events) => {
        const projection = projectionOf(events[0]!.kind)
        let state: State | null = null
        for (const event of countedIn(frozen(events), events.at(-1)!.position)) {
          const before = structuredClone({ state, event })
          const next: State | null = projection.apply(state, event)
          expect(projection.reduce(state, event)).toStrictEqual(next)
          expect({ state, event }).toStrictEqual(before)
          const end = next && projection.lapse(next)
          state = frozen(next && end && event.revision % 2 === 0 ? projection.lapsed(next, end) : next)
        }
      }),
      runs(500),
    )
  })
})

const headOf = (events: readonly Event[]): Known => knownAt(entityOf(events), events.at(-1)!.position)
const told = (candidates: readonly Candidate[]) =>
  candidates.map(({ state, disputed, flagged }) => ({ state, disputed, flagged }))
const statesAt = (known: Known, asOf: Instant) => candidatesAt(known, asOf).map(({ state }) => state)
const flaggedIn = ({ steps }: Known) =>
  steps.filter(({ flagged }) => flagged).map(({ entry, met }) => [entry.event.id, met?.state?.status ?? null])

/** Every position of the log, one between two where there is one, and before and after all. */
const positionsOf = (events: readonly Event[]): number[] => [
  ...new Set([0, ...events.flatMap(({ position }) => [position - 1, position]), events.at(-1)!.position + 1]),
]

/** The last millisecond before each bound, the bound, and the next one; and the two ends of time. */
const aroundOf = (bounds: readonly Instant[]): Set<Instant> =>
  new Set([
    firstInstant,
    ...bounds.flatMap((bound) => [-1, 0, 1].map((beside) => instantOf(millisecondsOf(bound) + beside))),
    lastInstant,
  ])

const pairsOf = <T>(list: readonly T[]): [T, T][] =>
  list.slice(1).map((after, index) => [list[index]!, after])

const holdsAt = ({ from, to }: Version, asOf: Instant): boolean =>
  (from === null || from <= asOf) && (to === null || asOf < to)

const windowsDiffer = (events: readonly Event[]): boolean => {
  const counted = countedIn(events, events.at(-1)!.position)
  const windows = counted.map(({ type, when }) => JSON.stringify([type, when.earliest, when.latest]))
  return new Set(windows).size === windows.length
}

/** The same log had its events of the world come in another order, and those about them in the old one. */
const rearranged = (events: readonly Event[], draws: readonly number[]): Event[] => {
  const left = [...events]
  const come: Event[] = []
  while (left.length > 0) {
    const metaFirst = left.find(({ when }) => !when)
    const ready = left.filter(
      (event) => event.when || (event === metaFirst && come.some(({ id }) => id === event.data['eventId'])),
    )
    const next = ready[draws[come.length % draws.length]! % ready.length]!
    come.push(next)
    left.splice(left.indexOf(next), 1)
  }
  return come.map((event, revision) => ({
    ...event,
    revision,
    position: 2 * revision + 1,
    recordedAt: events[revision]!.recordedAt,
  }))
}

const frozen = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const part of Object.values(value)) frozen(part)
  }
  return value
}
