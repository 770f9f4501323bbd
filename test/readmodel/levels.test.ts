import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createColumn } from '../../src/readmodel/column.ts'
import { createLevels } from '../../src/readmodel/levels.ts'
import { createRectangles, open } from '../../src/readmodel/rectangles.ts'

const start = Date.parse('2024-01-01T00:00:00.000Z')
const hour = 3_600_000

const moment = fc.integer({ min: -50, max: 50 }).map((hours) => start + hours * hour)
const step = fc.record({
  from: fc.oneof({ weight: 5, arbitrary: moment }, { weight: 1, arbitrary: fc.constant(-Infinity) }),
  lasts: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.constantFrom(1 / 3_600_000, 100_000, Infinity)),
  /** One of the rectangles that are there is closed, or none. */
  closes: fc.option(fc.nat(), { freq: 2 }),
  asks: fc.option(moment, { freq: 3 }),
})

test('what an index finds is what a look at everything finds, whatever comes and is closed meanwhile', () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 150 }),
      fc.integer({ min: 0, max: 12 }),
      (steps, waiting) => {
        const rectangles = createRectangles()
        const levels = createLevels(rectangles, createColumn('byte'), waiting)
        const all = (from: number, to: number, count: number): number[] =>
          Array.from({ length: rectangles.length() }, (_, one) => one).filter(
            (one) =>
              rectangles.since(one) < count &&
              rectangles.until(one) >= count &&
              rectangles.from(one) <= to &&
              rectangles.to(one) > from,
          )
        for (const [event, { from, lasts, closes, asks }] of steps.entries()) {
          levels.add(rectangles.open(0, from, from === -Infinity ? start : from + lasts * hour, event, 0))
          const closed = closes === null ? event : closes % (event + 1)
          if (closed < event && rectangles.until(closed) === open) {
            rectangles.close(closed, event)
            levels.closed(closed)
          }
          if (asks === null) continue
          for (const count of [event + 1, Math.ceil(event / 2)]) {
            const found: number[] = []
            levels.find(asks, asks + hour, count, (one) => found.push(one))
            expect(found.sort((a, b) => a - b)).toStrictEqual(all(asks, asks + hour, count))
          }
        }
      },
    ),
    { numRuns: 200 },
  )
})
