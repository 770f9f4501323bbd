import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openEvents } from '../../src/log/events.ts'
import type { Event } from '../../src/vocabulary/envelope.ts'
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

test('the events of a share come stream by stream, so many at a time, also those that are too long to wait', () => {
  const path = folder()
  fillLog(path, 100)
  const events = openEvents(join(path, 'ledger.db'), 'log', 'read')
  const all = [...events.from(0)]
  const streams = [...new Set(all.map(({ stream }) => stream))]
  const shares = [0, 1].map((index) => {
    const owned = streams.filter((_, place) => (place + 1) % 2 === index)
    const inPage = (page: readonly Event[]) =>
      owned.flatMap((stream) => page.filter((event) => event.stream === stream))
    const own = all.filter(({ stream }) => owned.includes(stream))
    expect(own.length).toBeGreaterThan(20)
    for (const bytes of [1_000_000, 700 * 20, 0]) {
      const first = [...events.shared({ index, of: 2 }, 0, 100, { events: 20, bytes })]
      expect(first).toStrictEqual(inPage(own.slice(0, 20)))
      const upTo = own.at(-3)!.position
      const last = [...events.shared({ index, of: 2 }, own[19]!.position, upTo, { events: 100, bytes })]
      expect(last).toStrictEqual(inPage(own.slice(20, -2)))
    }
    return own.length
  })
  expect(shares[0]! + shares[1]!).toBe(100)
  events.close()
})
