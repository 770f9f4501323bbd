import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openEvents } from '../../src/log/events.ts'
import { fillLog, folder } from '../readmodel/filled.ts'

test('a stretch of events is as long as it may be, by their number and by what they hold, and one at least', () => {
  const path = folder()
  fillLog(path, 100)
  const events = openEvents(join(path, 'ledger.db'), 'log', 'read')
  const bytes = (after: number, upTo: number): number =>
    [...events.texts(after)].slice(0, upTo - after).reduce((sum, text) => sum + Buffer.byteLength(text), 0)

  expect(events.count()).toBe(100)
  expect(events.stretch(0, { events: 1000, bytes: Infinity })).toStrictEqual({ events: 100, position: 100 })
  expect(events.stretch(40, { events: 50, bytes: Infinity })).toStrictEqual({ events: 50, position: 90 })
  expect(events.stretch(0, { events: 1000, bytes: 1 })).toStrictEqual({ events: 1, position: 1 })
  expect(events.stretch(100, { events: 1000, bytes: 1 })).toBeUndefined()
  const found = events.stretch(40, { events: 60, bytes: bytes(40, 70) })!
  expect(bytes(40, found.position)).toBeLessThanOrEqual(bytes(40, 70))
  expect(found).toStrictEqual({ events: found.position - 40, position: found.position })
  expect(found.events).toBeGreaterThan(10)
  events.close()
})
