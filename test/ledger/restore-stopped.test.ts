import { expect, test } from 'vitest'
import { openService, source } from '../service.ts'
import { restored } from './restoring.ts'

// Where the answers stop in the middle of many lines, what they did not take is not told as recorded.

/** The lines that are refused where the answers cannot take the third but last. */
const stopped = async (count: number) => {
  await using service = await openService()
  const { states } = service.parts.model.core().tables
  const add = states.add.bind(states)
  let left = count - 3
  states.add = (text) => {
    if (left-- === 0) throw new Error('No room.')
    return add(text)
  }
  const lines = Array.from({ length: count }, (_, number) => ({
    recordedAt: '2024-01-01T00:00:00Z',
    kind: 'statement',
    id: `s${number}`,
    command: 'make',
    source,
    data: { text: 'Told', speaker: { name: 'Someone' } },
  }))
  const results = await restored(service.parts, lines)
  expect(service.parts.model.fault()?.message).toBe('No room.')
  return results.filter(({ result }) => result === 'refused')
}

test.each([400, 3000])('of %i lines', async (count) => {
  const refused = await stopped(count)
  expect(refused.length).toBeGreaterThan(0)
  expect(new Set(refused.map(({ problem }) => problem!.code))).toStrictEqual(new Set(['unavailable']))
})
