import { expect, test } from 'vitest'
import type { LineResult } from '../../src/ledger/line-result.ts'
import { restoreLines } from '../../src/ledger/restore.ts'
import { openService, source } from '../service.ts'

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
  const content = async function* () {
    yield Buffer.from(lines.map((line) => JSON.stringify(line)).join('\n'))
  }
  const results: LineResult[] = []
  const options = { from: 'history.ndjson', zone: 'UTC', recordedBy: 'archivist' }
  for await (const some of restoreLines(service.parts, content(), options))
    for (const one of some) if (!('done' in one)) results.push(one)
  expect(service.parts.model.fault()?.message).toBe('No room.')
  return results.filter(({ result }) => result === 'refused')
}

test.each([400, 3000])('of %i lines', async (count) => {
  const refused = await stopped(count)
  expect(refused.length).toBeGreaterThan(0)
  expect(new Set(refused.map(({ problem }) => problem!.code))).toStrictEqual(new Set(['unavailable']))
})
