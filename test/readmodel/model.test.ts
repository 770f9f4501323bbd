import { expect, test } from 'vitest'
import type { Event } from '../../src/vocabulary/envelope.ts'
import { recorded } from '../given.ts'
import { memoryModel } from '../../src/readmodel/store.ts'
import { historyOf } from './history.ts'

const events = recorded('emergency', [
  ['declare', '2024-01-08', { type: 'curfew' }],
  ['amend', '2024-01-09', {}],
  ['lift', '2024-01-10', {}],
])

test('whoever subscribes is told of events once they are in the answers, and of none twice', () => {
  const model = memoryModel(historyOf(events))
  const told: [ids: string[], position: number, known: number | undefined][] = []
  const handler = (taken: readonly Event[]) =>
    void told.push([
      taken.map(({ id }) => id),
      model.position(),
      model.entity('emergency-a-1')?.events.length,
    ])
  const unsubscribe = model.subscribe(handler)

  model.apply(events.slice(0, 2))
  model.apply(events.slice(0, 2))
  model.apply(events.slice(1))
  unsubscribe()
  expect(told).toStrictEqual([
    [['e0', 'e1'], 2, 2],
    [['e2'], 3, 3],
  ])
})

test('whoever has unsubscribed is told of nothing more', () => {
  const model = memoryModel(historyOf(events))
  const told: (readonly Event[])[] = []
  const unsubscribe = model.subscribe((taken) => void told.push(taken))
  unsubscribe()
  model.apply(events)
  expect(told).toStrictEqual([])
})

test('what has more answers in place of what has nothing yet, and then whoever waits for it goes on', async () => {
  const [model, next] = [memoryModel(historyOf(events)), memoryModel(historyOf(events))]
  next.apply(events)
  const reached = model.reached(3)
  model.exchange(next.core())
  await reached
  expect(model.position()).toBe(3)
})

test('what has more does not answer where there are answers, or where somebody is told of events', () => {
  const [model, next] = [memoryModel(historyOf(events)), memoryModel(historyOf(events))]
  next.apply(events)
  const unsubscribe = model.subscribe(() => undefined)
  expect(() => model.exchange(next.core())).toThrow('Only what has the same events can answer.')
  unsubscribe()
  model.apply(events.slice(0, 1))
  expect(() => model.exchange(next.core())).toThrow('Only what has the same events can answer.')
  expect(model.position()).toBe(1)
})
