import * as fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { projectionOf } from '../../projections/index.ts'
import type { Projection } from '../../projections/projection.ts'
import { accountOf } from '../../src/answer/account.ts'
import { candidatesAt } from '../../src/answer/candidates.ts'
import { type Entity, entityOf } from '../../src/answer/entity.ts'
import { entriesOf, grown, type Known, knownAt } from '../../src/answer/known.ts'
import { isLapse, stepsOf } from '../../src/answer/line.ts'
import { order } from '../../src/answer/order.ts'
import { touched } from '../../src/answer/touched.ts'
import { versionsOf } from '../../src/answer/versions.ts'
import { cuts } from '../../src/readmodel/cuts.ts'
import { firstInstant, type Instant } from '../../src/time/instant.ts'
import type { Event } from '../../src/vocabulary/envelope.ts'
import { type Line, recorded } from '../given.ts'
import { history } from './history.ts'

const newest = Number.MAX_SAFE_INTEGER

const told = (known: Known) => ({
  revision: known.revision,
  crisis: known.crisis,
  steps: known.steps.map(({ entry, flagged, met }) => [entry.event.id, flagged, met]),
  places: known.steps.map(({ reach, dawn, dusk, line }) => [reach, dawn, dusk, line]),
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

/** Once more, all in the same window: what comes does not change what was taken before it. */
const ofOneDay = (events: readonly Event[]): Event[] => {
  const { earliest, latest } = { earliest: '2024-03-28T05:00:00.000Z', latest: '2024-03-29T05:00:00.000Z' }
  return events.map((event) => (event.when ? { ...event, when: { ...event.when, earliest, latest } } : event))
}

/** Once more, every fifth somewhere in the time of all others: it is undecided while they are. */
const underSome = (events: readonly Event[]): Event[] =>
  inTurn(events).map((event, index) => {
    if (!event.when || index % 5 > 0) return event
    return { ...event, when: { ...event.when, earliest: null, latest: '2025-01-01T05:00:00.000Z' } }
  })

test.each([
  ['as it comes', (events: readonly Event[]) => events],
  ['each after everything', inTurn],
  ['all of one day', ofOneDay],
  ['while some last', underSome],
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

/** What may be the case at a moment, and what led there. */
const toldAt = (known: Known, asOf: Instant) =>
  candidatesAt(known, asOf).map((line) => ({
    ...line,
    last: stepsOf(line).map((what) => (isLapse(what) ? what : [what.entry, what.flagged])),
  }))

test.each([
  ['as it comes', (events: readonly Event[]) => events],
  ['while some last', underSome],
])('what was asked while it grew changes no answer: %s', (_, arranged) => {
  fc.assert(
    fc.property(
      history({ minLength: 30, maxLength: 60 }),
      fc.array(fc.nat(), { minLength: 4, maxLength: 8 }),
      (drawn, draws) => {
        const events = arranged(drawn)
        const bounds = events.flatMap(({ when }) =>
          when ? [when.earliest ?? firstInstant, when.latest] : [],
        )
        let entity: Entity | undefined
        for (const [index, event] of events.entries()) {
          entity = grown(entity, event)
          for (const draw of draws) {
            const asOf = bounds[draw % bounds.length]!
            const fresh = knownAt(entityOf(events.slice(0, index + 1)), newest)
            expect(toldAt(knownAt(entity, newest), asOf)).toStrictEqual(toldAt(fresh, asOf))
          }
        }
      },
    ),
    { numRuns: 10 },
  )
})

const person = { name: 'Fito' }

test.each([
  [
    'a report lasts',
    'incident',
    [['report', '2024-01', { type: 'riot' }]],
    (at: string, number: number): Line => ['report-figure', at, { measure: 'held', value: { best: number } }],
  ],
  [
    'several reports last',
    'fugitive',
    [
      ['notice-absence', '2024-01', { person }],
      ['report-escape', '2024-01-09/2024-01-14', { person, aliases: ['Fito'] }],
      ['confirm-escape', '2024-01-09/2024-01-19', { person }],
    ],
    (at: string): Line => ['sight', at],
  ],
] satisfies [string, string, Line[], (at: string, number: number) => Line][])(
  'early moments are answered after late ones, while %s longer than all that is told to the minute',
  (_, kind, lasting, told) => {
    const at = (minute: number) => new Date(Date.UTC(2024, 0, 9, 12, minute)).toISOString()
    const day = 24 * 60
    const count = 150
    const minutes = Array.from({ length: count }, (_, number) => told(at(number), number))
    const entity = entityOf(recorded(kind, [...lasting, ...minutes]))
    const known = knownAt(entity, newest)
    for (const minute of [count, 20, 140, 70, 63, 64, 65, 17, 1, count, 7 * day, 12 * day, 30 * day, 70]) {
      const fresh = knownAt(entityOf(entity.events), newest)
      expect(toldAt(known, at(minute))).toStrictEqual(toldAt(fresh, at(minute)))
    }
  },
)

const lateness = (number: number) => 60_000 * (number % 10 > 0 ? number : number - 5)

test.each([
  ['to the minute, in a month that its report names', [], '2024-01', (number: number) => 60_000 * number],
  ['to the minute, a tenth of them late', [], '2024-01', lateness],
  ['to the day, and all of one', [], '2024-01-09', () => null],
  [
    'to the minute, a tenth of them late, in a month in which it was confirmed',
    ['2024-01'],
    '2024-01',
    lateness,
  ],
  [
    'to the minute, in a year that its report names, and a month in which it was confirmed',
    ['2024-01'],
    '2024',
    (number: number) => 60_000 * number,
  ],
  [
    'to the minute, a tenth of them late, in a year in which it was confirmed and contained',
    ['2024-01/2024-03', '2024'],
    '2024-01',
    lateness,
  ],
])('figures that are told %s cost as much each as if they were few', (_, confirmed, reported, after) => {
  const count = 600
  const events = recorded('incident', [
    ['report', reported, { type: 'riot' }],
    ...confirmed.map((when) => ['confirm', when, {}] as const),
    ...Array.from({ length: count }, (_, number) => {
      const later = after(number)
      const at =
        later === null
          ? reported
          : new Date(Date.UTC(2024, 0, 9, 12) + later).toISOString().replace(':00.000', '')
      return ['report-figure', at, { measure: 'held', value: { best: number } }] as const
    }),
  ])
  const apply = vi.spyOn(projectionOf('incident'), 'apply')
  let entity: Entity | undefined
  for (const event of events) {
    const before = entity && knownAt(entity, newest)
    entity = grown(entity, event)
    const known = knownAt(entity, newest)
    const stretch = before ? touched(before, known) : { from: '', to: null }
    if (stretch) cuts(known, stretch)
  }
  expect(apply.mock.calls.length).toBeLessThan(16 * (confirmed.length + 1) * count)
  apply.mockRestore()
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
