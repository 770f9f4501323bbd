import { expect, test, vi } from 'vitest'
import { openService, source } from '../service.ts'
import { restored } from './restoring.ts'

// What a restore of many lines takes of memory.

vi.setConfig({ testTimeout: 120_000 })

const recordedAt = '2024-01-01T00:00:00Z'

test('texts of states do not pile up while many lines of few large entities are restored', async () => {
  await using service = await openService()
  const { states } = service.parts.model.core().tables
  const take = vi.spyOn(states, 'take')
  const places = Array.from({ length: 1100 }, (_, number) => ({
    name: `Place ${number} of those that a long list names, one after the other`,
    country: 'EC',
    precision: 'site',
  }))
  const lines = Array.from({ length: 3000 }, (_, number) => ({
    recordedAt,
    kind: 'incident',
    id: `i${number % 10}`,
    command: number < 10 ? 'report' : 'report-figure',
    key: `k${number}`,
    when: new Date(Date.UTC(2023, 0, 1) + number * 60_000).toISOString(),
    source,
    ...(number < 10 && { places }),
    data: number < 10 ? { type: 'riot', title: 'Riot' } : { measure: 'held', value: { best: number } },
  }))
  const results = await restored(service.parts, lines)
  expect(results.filter(({ result }) => result === 'recorded')).toHaveLength(lines.length)
  const taken = take.mock.results.map(({ value }) =>
    (value as ReturnType<typeof states.take>).reduce((sum, { bytes }) => sum + bytes.length, 0),
  )
  expect(Math.max(...taken) / 2 ** 20).toBeLessThan(160)
})
