import { expect, test } from 'vitest'
import { appendingBy } from '../appending.ts'
import { openService, source } from '../service.ts'
import { restored } from './restoring.ts'

// What a restore of many lines takes of commits.

const recordedAt = '2024-01-01T00:00:00Z'

test('lines that each name one before them share commits', async () => {
  await using service = await openService()
  const { log } = service.parts
  let underWay = 0
  let most = 0
  const append: typeof log.append = (...call) => {
    most = Math.max(most, ++underWay)
    return log.append(...call).finally(() => underWay--)
  }
  const lines = Array.from({ length: 600 }, (_, number) => ({
    recordedAt,
    kind: 'statement',
    id: `s${number}`,
    command: 'make',
    key: 'k',
    source,
    ...(number > 0 && { refs: { causedBy: [`statement-s${number - 1}#k`] } }),
    data: { text: 'Told', speaker: { name: 'Someone' } },
  }))
  const results = await restored({ ...service.parts, log: appendingBy(log, append) }, lines)
  expect(results.filter(({ result }) => result === 'recorded')).toHaveLength(lines.length)
  expect(most).toBe(512)
})
