import * as fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { projectionOf } from '../../projections/index.ts'
import { type Entity, entityOf } from '../../src/answer/entity.ts'
import { knownAt } from '../../src/answer/known.ts'
import { list } from '../../src/answer/list.ts'
import { textsOf, wordsOf } from '../../src/answer/words.ts'
import { type Core, createCore } from '../../src/readmodel/core.ts'
import { cuts } from '../../src/readmodel/cuts.ts'
import { openReadModelFile } from '../../src/readmodel/file.ts'
import { instantOf } from '../../src/time/instant.ts'
import type { Event } from '../../src/vocabulary/envelope.ts'
import { historyOf } from '../readmodel/history.ts'
import { wordsSaid } from '../readmodel/said.ts'
import { history } from './history.ts'
import { coordinateOf } from './log.ts'

/** `RUNS=20` looks twenty times longer. */
const times = Number(process.env['RUNS'] ?? 1)
vi.setConfig({ testTimeout: 120_000 * times })

const head = Number.MAX_SAFE_INTEGER
const little = { atHand: { events: 5, bytes: 10_000 }, unsaved: { events: 4, bytes: 10_000 }, waiting: 3 }

/** How late an event is: not at all, at some moment of what was told before, in the window it was drawn with, or in a long one. */
const lateness = fc.record({
  form: fc.constantFrom('in turn', 'in turn', 'in turn', 'late', 'as drawn', 'lasting'),
  back: fc.nat(60),
  hours: fc.constantFrom(0, 0, 30, 60),
})

/** Long histories of mostly short windows, so that what is late is soon past. */
const lateHistory: fc.Arbitrary<readonly Event[]> = fc
  .tuple(history({ minLength: 12, maxLength: 40 }), fc.array(lateness, { minLength: 40, maxLength: 40 }))
  .map(([events, drawn]) =>
    events.map((event, index) => {
      const { form, back, hours } = drawn[index]!
      if (!event.when || form === 'as drawn') return event
      const hour = 24 * (form === 'late' ? index - (back % (index + 1)) : index)
      const at = (after: number) => instantOf(Date.UTC(2024, 2, 20, hour + after))
      const latest = form === 'lasting' ? at(24 * back) : at(hours)
      return { ...event, when: { ...event.when, earliest: at(0), latest } }
    }),
  )

/** The same, of which some near the beginning last until all others are over, or until most of them are. */
const under = (atMost: number): fc.Arbitrary<readonly Event[]> =>
  fc
    .tuple(
      lateHistory,
      fc.array(
        fc.record({ which: fc.nat(atMost + 3), from: fc.nat(9), months: fc.constantFrom(2, 10, 10) }),
        {
          minLength: 1,
          maxLength: atMost,
        },
      ),
    )
    .map(([events, lasting]) =>
      events.map((event, index) => {
        if (!event.when) return event
        const first = instantOf(Date.UTC(2024, 2, 20, 1))
        const long = lasting.find(({ which }) => which === index)
        if (long) {
          const earliest = instantOf(Date.UTC(2024, 2, 20 + 3 * long.from, 1))
          return {
            ...event,
            when: { ...event.when, earliest, latest: instantOf(Date.UTC(2024, 2 + long.months)) },
          }
        }
        const isShort = event.when.latest < instantOf(Date.UTC(2025, 0, 1))
        return isShort ? event : { ...event, when: { ...event.when, latest: event.when.earliest ?? first } }
      }),
    )

/** What holds now, as the read model keeps it: each rectangle that nothing has closed. */
const kept = ({ tables }: Core, { stream }: Entity) => {
  const { rectangles, registry, contents, states } = tables
  const entity = registry.of(stream)!
  return rectangles.current(entity).map((rectangle) => {
    const { states: numbers, wordings, ...said } = contents.of(rectangles.content(rectangle))
    const texts = states.texts(numbers)
    return {
      from: rectangles.from(rectangle),
      to: rectangles.to(rectangle),
      texts: numbers.map((number) => texts.get(number)),
      words: wordings.map((wording) => wordsSaid(tables, entity, wording)),
      ...said,
    }
  })
}

/** The same, cut from all events at once. */
const afresh = (events: readonly Event[]) =>
  cuts(knownAt(entityOf(events), head), { from: '', to: null }).map(
    ({ holding: { candidates, ...said }, ...cut }) => ({
      ...cut,
      texts: candidates.map((state) => JSON.stringify(state)),
      words: candidates.map((state) => [...new Set(state ? textsOf(state).flatMap(wordsOf) : [])].toSorted()),
      ...said,
    }),
  )

test.each([
  ['mostly short', lateHistory],
  ['short but for one', under(1)],
  ['short but for some', under(4)],
  ['short but for many', under(14)],
])(
  'what comes late is kept as if all had been told at once, and nothing that was known before is lost: windows are %s',
  (_, histories) => {
    fc.assert(
      fc.property(
        histories,
        fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 8, maxLength: 8 }),
        (events, places) => {
          const core = createCore(historyOf(events), openReadModelFile(null), 'a', little)
          const entity = entityOf(events)
          for (const [index, event] of events.entries()) {
            core.take([event])
            expect(kept(core, entity)).toStrictEqual(afresh(events.slice(0, index + 1)))
          }
          const projection = projectionOf(entity.kind)
          for (const place of places)
            for (const words of [undefined, ['one'], ['tu'], ['w3', 'lodz']]) {
              const asked = [
                { status: 'any', reality: 'actual', ...(words && { words }) } as const,
                { after: null, limit: 9 },
              ] as const
              const coordinate = coordinateOf({ entities: [entity], events }, place)
              const { rows, ...rest } = list(projection, [entity], coordinate, ...asked)
              expect(core.list(projection, coordinate, ...asked)).toStrictEqual({
                rows: rows.map((row) => JSON.stringify(row)),
                ...rest,
              })
            }
        },
      ),
      { numRuns: 15 * times },
    )
  },
)
