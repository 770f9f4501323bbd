import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createCore } from '../../src/readmodel/core.ts'
import { openReadModelFile, type ReadModelFile } from '../../src/readmodel/file.ts'
import { recorded } from '../given.ts'
import { historyOf } from './history.ts'

const count = 60
const events = recorded('incident', [
  ['report', '2024-01-08', { type: 'riot' }],
  ...Array.from(
    { length: count },
    (_, number) =>
      [
        'report-figure',
        `2024-01-09T10:${String(number).padStart(2, '0')}Z`,
        { measure: 'held', value: { best: number } },
      ] as const,
  ),
])

test('what is saved while another save is under way, and events are taken stream by stream, never says more than it has', async () => {
  const file = openReadModelFile(null)
  const written: { checkpoint: number | undefined; isAllTaken: boolean }[] = []
  let underWay = 0
  let isAllTaken = false
  const slow: ReadModelFile = {
    ...file,
    write: async (batch) => {
      underWay++
      expect(underWay).toBe(1)
      written.push({ checkpoint: batch.checkpoint?.position, isAllTaken })
      await wait(2)
      await file.write(batch)
      underWay--
    },
  }
  const limits = {
    atHand: { events: 1000, bytes: 1_000_000 },
    unsaved: { events: 1e9, bytes: 2000 },
    waiting: 2048,
  }
  const core = createCore(historyOf(events), slow, 'a', limits)
  core.take(events.slice(0, 10))
  core.take(events.slice(10, 11))
  const saved = core.save()
  const taken = core.takeByStream(events.slice(11)).then(() => (isAllTaken = true))
  await Promise.all([saved, taken])
  await core.save()
  const checkpoints = written.filter(({ checkpoint }) => checkpoint !== undefined)
  expect(checkpoints.filter((one) => !one.isAllTaken).map(({ checkpoint }) => checkpoint)).toStrictEqual([10])
  expect(checkpoints.at(-1)!.checkpoint).toBe(events.length)
  expect(written.length).toBeGreaterThan(checkpoints.length)
  await core.close()
})
