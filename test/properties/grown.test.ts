import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Projection } from '../../projections/projection.ts'
import { accountOf } from '../../src/answer/account.ts'
import { type Entity, entityOf } from '../../src/answer/entity.ts'
import { entriesOf, grown, type Known, knownAt } from '../../src/answer/known.ts'
import { order } from '../../src/answer/order.ts'
import { versionsOf } from '../../src/answer/versions.ts'
import type { Event } from '../../src/vocabulary/envelope.ts'
import { recorded } from '../given.ts'
import { history } from './history.ts'

const newest = Number.MAX_SAFE_INTEGER

const told = (known: Known) => ({
  revision: known.revision,
  crisis: known.crisis,
  steps: known.steps.map(({ entry, flagged, met }) => [entry.event.id, flagged, met]),
  places: known.steps.map(({ reach, dawn, line }) => [reach, dawn, line]),
  retracted: known.retracted.map(({ event }) => event.id).toSorted(),
  versions: versionsOf(known),
  accounts: entriesOf(known).map(({ latest }) => accountOf(known, latest)),
})

/** The history once more, each window after all before it: the case in which nothing is folded anew. */
const inTurn = (events: readonly Event[]): Event[] =>
  events.map((event, index) => {
    if (!event.when) return event
    const day = (hour: number) => new Date(Date.UTC(2024, 0, 1 + index, hour)).toISOString()
    return { ...event, when: { ...event.when, earliest: day(1), latest: day(20) } }
  })

test.each([
  ['as it comes', (events: readonly Event[]) => events],
  ['each after everything', inTurn],
])('an entity that grew event by event is known as if folded at once: %s', (_, arranged) => {
  fc.assert(
    fc.property(history({ maxLength: 20 }), (drawn) => {
      const events = arranged(drawn)
      let entity: Entity | undefined
      for (const [index, event] of events.entries()) {
        entity = grown(entity, event)
        expect(told(knownAt(entity, newest))).toStrictEqual(
          told(knownAt(entityOf(events.slice(0, index + 1)), newest)),
        )
      }
    }),
    { numRuns: 60 },
  )
})

test('a long chain of retractions is followed once for each, not once for each of its links', () => {
  const count = 200
  const events = recorded('emergency', [
    ['declare', '2024-01-01', { type: 'curfew' }],
    ...Array.from({ length: count }, (_, target) => ['retract', target, { reason: 'Not so' }] as const),
  ])
  let reads = 0
  const watched = events.map((event) =>
    Object.defineProperty({ ...event }, 'id', { get: () => (reads++, event.id), enumerable: true }),
  )
  let entity: Entity | undefined
  for (const [index, event] of watched.entries()) {
    entity = grown(entity, event)
    expect(knownAt(entity, newest).steps.length).toBe((index + 1) % 2)
  }
  expect(reads).toBeLessThan(5 * count ** 2)
})

test('of many events of one day only the first of each type is asked whether it comes next', () => {
  const count = 300
  const entity = entityOf(
    recorded('incident', [
      ['report', '2024-01-09', { type: 'riot' }],
      ...Array.from(
        { length: count },
        (_, number) => ['report-figure', '2024-01-09', { measure: 'held', value: { best: number } }] as const,
      ),
      ['confirm', '2024-01-09', {}],
    ]),
  )
  const { projection, steps } = knownAt(entity, newest)
  let asked = 0
  const legal: Projection['legal'] = (...where) => (asked++, projection.legal(...where))
  const again = order(
    { ...projection, legal },
    steps.map(({ entry }) => entry),
  )
  expect(again.map(({ entry }) => entry)).toStrictEqual(steps.map(({ entry }) => entry))
  expect(asked).toBeLessThan(5 * count)
})
