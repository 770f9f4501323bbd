import type { LineResult } from '../../src/ledger/line-result.ts'
import { restoreLines } from '../../src/ledger/restore.ts'
import type { RestoreParts } from '../../src/ledger/restore-line.ts'

/** What became of the lines of a file that comes in one piece. */
export const restored = async (parts: RestoreParts, lines: readonly object[]): Promise<LineResult[]> => {
  const content = async function* () {
    yield Buffer.from(lines.map((line) => JSON.stringify(line)).join('\n'))
  }
  const results: LineResult[] = []
  const options = { from: 'history.ndjson', zone: 'UTC', recordedBy: 'archivist' }
  for await (const some of restoreLines(parts, content(), options))
    for (const one of some) if (!('done' in one)) results.push(one)
  return results
}
