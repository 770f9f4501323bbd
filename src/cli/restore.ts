import type { Command } from 'commander'
import { problemOf } from '../http/problem.ts'
import type { Summary } from '../ledger/line-result.ts'
import { restoreLines } from '../ledger/restore.ts'
import type { RestoreParts } from '../ledger/restore-line.ts'
import { openHere } from './client.ts'
import { type Source, sourceOf, watched } from './file.ts'
import { optionsOf, requireLocal } from './options.ts'
import { createProgress, type Progress } from './progress.ts'
import { showResults, type ToldResult } from './results.ts'

/** Restores a file into an open ledger and tells what became of each line, as an import does. */
export async function* restored(
  parts: RestoreParts,
  { name, chunks }: Source,
  { zone, recordedBy }: { zone: string; recordedBy: string },
  progress: Pick<Progress, 'read'>,
): AsyncGenerator<ToldResult | Summary> {
  const pieces = watched(chunks, progress.read)
  for await (const results of restoreLines(parts, pieces, { from: name, zone, recordedBy }))
    for (const result of results) {
      if ('done' in result || !result.problem) yield result as ToldResult | Summary
      else yield { ...result, problem: problemOf(result.problem) }
    }
}

/** `restore`: puts back an export, or a history of commands with known record times. */
export const addRestore = (program: Command): void => {
  program
    .command('restore')
    .argument('<file>', 'an export, or lines of an import with recordedAt; - reads standard input')
    .description('put back an export into this ledger; what is there already is passed over')
    .option('--json', 'the results as lines of JSON')
    .action(async (file: string, _own: unknown, self: Command) => {
      const options = optionsOf<{ json?: true }>(self)
      requireLocal(options, 'restore')
      const source = await sourceOf(file)
      const { parts, service, close } = await openHere({ mayCreate: true })
      const progress = await createProgress(source.size)
      try {
        const results = restored(
          parts,
          source,
          { zone: service.zone, recordedBy: service.operator },
          progress,
        )
        const summary = await showResults(results, progress, { json: options.json ?? false })
        if (summary === null || summary.refused > 0) process.exitCode = 1
      } finally {
        progress.end()
        await close()
      }
    })
}
