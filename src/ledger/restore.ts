import type { RestoreOptions } from './found.ts'
import type { Read } from './line.ts'
import { type LineResult, type Summary, tally } from './line-result.ts'
import { type Past, past } from './past.ts'
import { windowsOf } from './reading.ts'
import { restoreByStream } from './restore-by-stream.ts'
import { restoreInOrder } from './restore-in-order.ts'
import { createRestore, type RestoreParts, width } from './restore-line.ts'
import { groupsOf, isMany } from './rounds.ts'

/** So many lines are looked at together, if they come within so many milliseconds. */
const [most, patience] = [32_768, 1000]

/**
 * Restores an export, or a history of commands with known record times, which comes in pieces, and says of each line, in order,
 * what became of it: of some together, and at the end of all. Each line's `recordedAt` is its present. What is there already is
 * repeated, so that a broken-off restore goes on.
 */
export async function* restoreLines(
  parts: RestoreParts,
  chunks: AsyncIterable<Uint8Array>,
  options: RestoreOptions,
): AsyncGenerator<readonly (LineResult | Summary)[]> {
  const summary: Summary = { done: true, lines: 0, recorded: 0, repeated: 0, refused: 0, position: 0 }
  for await (const results of restored(parts, chunks, options)) {
    for (const result of results) tally(summary, result)
    yield results
  }
  yield [summary]
}

async function* restored(
  parts: RestoreParts,
  chunks: AsyncIterable<Uint8Array>,
  options: RestoreOptions,
): AsyncGenerator<readonly LineResult[]> {
  const restore = createRestore(parts, options)
  for await (const window of windowsOf(chunks, past, most, patience)) {
    // Groups of few lines share commits: in their order, a line may name what those before it record.
    let few: Read<Past>[] = []
    for (const group of groupsOf(window, parts.view)) {
      const isByStream = isMany(group)
      if (!isByStream) few.push(...group.reads)
      if (isByStream || few.length >= width) {
        yield* restoreInOrder(restore, few)
        few = []
      }
      if (!isByStream) continue
      const together = restore.lost ? null : await restoreByStream(restore, group)
      if (together) yield together
      yield* restoreInOrder(restore, group.reads.slice(together?.length ?? 0))
    }
    yield* restoreInOrder(restore, few)
  }
}
