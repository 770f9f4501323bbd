import { expect, test } from 'vitest'
import type { LineResult } from '../../src/ledger/line-result.ts'
import { restoreLines } from '../../src/ledger/restore.ts'
import type { RestoreParts } from '../../src/ledger/restore-line.ts'
import { openService, source } from '../service.ts'

// What a restore of many lines takes of commits.

const restored = async (parts: RestoreParts, lines: readonly object[]): Promise<LineResult[]> => {
  const content = async function* () {
    yield Buffer.from(lines.map((line) => JSON.stringify(line)).join('\n'))
  }
  const results: LineResult[] = []
  const options = { from: 'history.ndjson', zone: 'UTC', recordedBy: 'archivist' }
  for await (const some of restoreLines(parts, content(), options))
    for (const one of some) if (!('done' in one)) results.push(one)
  return results
}

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
  const results = await restored({ ...service.parts, log: { ...log, append } }, lines)
  expect(results.filter(({ result }) => result === 'recorded')).toHaveLength(lines.length)
  expect(most).toBe(512)
})
