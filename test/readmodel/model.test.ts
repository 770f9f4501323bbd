import { expect, onTestFinished, test, vi } from 'vitest'
import type { Event } from '../../src/vocabulary/envelope.ts'
import { recorded } from '../given.ts'
import type { OnTaken } from '../../src/readmodel/projector.ts'
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

test('whoever waits for what does not come is told so after a while', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const model = memoryModel(historyOf(events))
  const late = model.reached(3, 5_000)
  const inTime = model.reached(2, 5_000)
  model.apply(events.slice(0, 2))
  await inTime
  expect(vi.getTimerCount()).toBe(1)
  vi.advanceTimersByTime(5_000)
  await expect(late).rejects.toThrow('Position 3 was not reached within 5000 ms.')
  expect(vi.getTimerCount()).toBe(0)
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

test('what comes while work runs is in the answers when it ends, however it ends', async () => {
  const model = memoryModel(historyOf(events))
  const told: unknown[] = []
  model.subscribe((taken) => void told.push(taken.map(({ id }) => id)))
  const work = async () => {
    model.apply(events.slice(0, 2))
    model.apply(events.slice(0, 3))
    expect(model.position()).toBe(0)
    throw new Error('It broke off.')
  }
  const statuses: unknown[] = []
  const seen: OnTaken = ({ position }, before, after) =>
    void statuses.push([position, ...[before, after].map((known) => known?.steps.at(-1)?.line.state?.status)])
  await expect(model.together(work, seen)).rejects.toThrow('It broke off.')
  expect(model.position()).toBe(3)
  expect(told).toStrictEqual([['e0', 'e1', 'e2']])
  expect(statuses).toStrictEqual([
    [1, undefined, 'in_force'],
    [2, 'in_force', 'in_force'],
    [3, 'in_force', 'lifted'],
  ])
})

test('where what came while work ran cannot be taken, the answers stop', async () => {
  const model = memoryModel(historyOf(events))
  const broken = new Error('It broke.')
  await model.together(
    async () => model.apply(events),
    () => {
      throw broken
    },
  )
  expect(model.fault()).toBe(broken)
  await expect(model.reached(4)).rejects.toBe(broken)
})
