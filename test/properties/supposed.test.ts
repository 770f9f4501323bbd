import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { accountOf } from '../../src/answer/account.ts'
import { candidatesAt } from '../../src/answer/candidates.ts'
import { type Entity, entityOf } from '../../src/answer/entity.ts'
import { entriesOf, grown, type Known, knownAt, recordedAs } from '../../src/answer/known.ts'
import type { Entry } from '../../src/answer/counted.ts'
import { isLapse, type Line, stepsOf, type Taken } from '../../src/answer/line.ts'
import { entityRow } from '../../src/answer/row.ts'
import { versionsOf } from '../../src/answer/versions.ts'
import { memoryModel } from '../../src/readmodel/store.ts'
import type { Lapse } from '../../projections/projection.ts'
import { historyOf } from '../readmodel/history.ts'
import type { Event } from '../../src/vocabulary/envelope.ts'
import { history } from './history.ts'

const newest = Number.MAX_SAFE_INTEGER

/** An event without what only the log gives it: of what is known nothing rests on it. */
const told = <E extends Pick<Event, 'id'>>(event: E) => ({ ...event, position: 0, recordedAt: '' })
const counting = (entry: Entry) => ({ ...entry, event: told(entry.event) })
const leading = (line: Line) => ({ ...line, last: null, steps: stepsOf(line).map(withTold) })
const withTold = (step: Taken | Lapse) =>
  isLapse(step) ? step : { flagged: step.flagged, entry: counting(step.entry) }

/** Everything that is known, but for how it came to be known. */
const everything = ({ growth: _growth, trodden: _trodden, steps, retracted, metas, ...known }: Known) => ({
  ...known,
  steps: steps.map((step) => ({ ...step, entry: counting(step.entry), line: leading(step.line) })),
  retracted: retracted.map(counting),
  metas: metas.map(told),
})

const answers = (known: Known) => ({
  versions: versionsOf(known),
  accounts: entriesOf(known).map(({ latest }) => accountOf(known, latest)),
  rows: entriesOf(known).map(({ latest }) => entityRow(known, latest)),
})

/** The events and lapses that lead to each candidate. */
const stepsAt = (known: Known, asOf: string) =>
  candidatesAt(known, asOf).map((line) => stepsOf(line).map(withTold))

/** An event as it is known before the log has it: after all that is known of its entity. */
const drafted = (event: Event, after: Entity | undefined): Event => ({
  ...event,
  position: (after?.events.at(-1)!.position ?? 0) + 1,
  recordedAt: '2000-01-01T00:00:00.000Z',
})

const asFolded = (events: readonly Event[]): Known => knownAt(entityOf(events), newest)

test('what was supposed is known, once it is recorded, as if folded from the records', () => {
  fc.assert(
    fc.property(history({ maxLength: 20 }), fc.nat(3), (events, asked) => {
      let recorded: Entity | undefined
      for (const [index, event] of events.entries()) {
        const supposed = grown(recorded, drafted(event, recorded))
        const known = knownAt(supposed, newest)
        // What was asked meanwhile has left its marks.
        if (index % 4 === asked) candidatesAt(known, '9999-01-01T00:00:00.000Z')
        recorded = recordedAs(supposed, recorded, event)
        const fresh = asFolded(events.slice(0, index + 1))
        expect(everything(knownAt(recorded, newest))).toStrictEqual(everything(fresh))
        expect(answers(knownAt(recorded, newest))).toStrictEqual(answers(fresh))
      }
    }),
    { numRuns: 60 },
  )
})

test('of what was supposed, once it is recorded, the record alone is held', () => {
  fc.assert(
    fc.property(history({ maxLength: 20 }), (events) => {
      let recorded: Entity | undefined
      for (const event of events) {
        const supposed = grown(recorded, drafted(event, recorded))
        knownAt(supposed, newest)
        recorded = recordedAs(supposed, recorded, event)
        const known = knownAt(recorded, newest)
        const held = [...known.metas, ...known.steps.map(({ entry }) => entry.event)]
        for (const one of held.filter(({ id }) => id === event.id)) expect(one).toBe(event)
      }
    }),
    { numRuns: 60 },
  )
})

test('several supposed one on the other are known as if folded from the records', () => {
  fc.assert(
    fc.property(history({ maxLength: 20 }), fc.integer({ min: 1, max: 5 }), (events, together) => {
      const model = memoryModel(historyOf(events))
      for (let start = 0; start < events.length; start += together) {
        const batch = events.slice(start, start + together)
        let after = model.entity(events[0]!.stream)
        for (const event of batch) {
          after = grown(after, drafted(event, after))
          knownAt(after, newest)
          model.suppose(after)
        }
        model.apply(batch)
        const known = knownAt(model.entity(events[0]!.stream)!, newest)
        const fresh = asFolded(events.slice(0, start + batch.length))
        expect(everything(known)).toStrictEqual(everything(fresh))
        expect(answers(known)).toStrictEqual(answers(fresh))
      }
    }),
    { numRuns: 60 },
  )
})

test('what was supposed and did not come changes nothing', () => {
  fc.assert(
    fc.property(history({ minLength: 2, maxLength: 12 }), fc.array(fc.boolean()), (events, comes) => {
      const model = memoryModel(historyOf(events))
      for (const [index, event] of events.entries()) {
        const now = model.entity(event.stream)
        const own = drafted(event, now)
        const other = { ...own, id: `other-${index}` }
        model.suppose(grown(now, comes[index] === true ? own : other))
        if (comes[index] === false) model.suppose(grown(now, own))
        model.apply([event])
        const known = knownAt(model.entity(event.stream)!, newest)
        expect(everything(known)).toStrictEqual(everything(asFolded(events.slice(0, index + 1))))
      }
    }),
    { numRuns: 40 },
  )
})

test('a long history keeps its marks, and none that holds what was only supposed', () => {
  fc.assert(
    fc.property(history({ minLength: 20, maxLength: 20 }), (events) => {
      const days = Array.from({ length: 200 }, (_, index): Event => {
        const event = events.find(({ when }) => when)!
        const at = (hour: number) => new Date(Date.UTC(2024, 0, 1 + index, hour)).toISOString()
        const when = { text: null, zone: 'UTC', earliest: at(1), latest: at(20) }
        const place = { id: `d${index}`, revision: index, position: index + 1 }
        return { ...event, ...place, recordedAt: at(22), when }
      })
      let recorded: Entity | undefined
      for (const event of days) {
        const supposed = grown(recorded, drafted(event, recorded))
        candidatesAt(knownAt(supposed, newest), '9999-01-01T00:00:00.000Z')
        recorded = recordedAs(supposed, recorded, event)
      }
      const ended = '9999-01-01T00:00:00.000Z'
      const told = (known: Known) => ({ account: accountOf(known, ended), rows: stepsAt(known, ended) })
      expect(told(knownAt(recorded!, newest))).toStrictEqual(told(asFolded(days)))
    }),
    { numRuns: 5 },
  )
})
