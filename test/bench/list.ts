import { join } from 'node:path'
import { start } from './child.ts'
import { importInto, temporaryFolder, writeLines } from './ledgers.ts'
import type { Listed } from './listed.ts'
import { median, percentile, type Result } from './measure.ts'
import type { Options } from './options.ts'

/**
 * Lists of every kind on a ledger of 10,000 events, as a request gets them: the first one of a process, which folds
 * what nobody asked for yet, and later ones. Beside it, the same events read from their JSON.
 */
export const list = async ({ rounds, events = 10_000, nodeOptions }: Options): Promise<Result> => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'lines.ndjson')
  const path = join(folder.path, 'ledger.db')
  const { streams } = await writeLines(file, events)
  await importInto(path, file)

  const found: Listed[] = []
  for (let round = 0; round < rounds; round++) {
    const lister = start('listed.ts', [path], nodeOptions)
    found.push(await lister.ask<Listed>('list'))
    await lister.end()
  }
  const names = Object.keys(found[0]!.milliseconds)
  const samples = (name: string): number[] => found.flatMap(({ milliseconds }) => milliseconds[name]!)
  return {
    section: 'list',
    conditions: { rounds, events, streams, 'rows of the largest list': found[0]!.rows },
    measured: names.map((what) => ({
      what,
      unit: 'ms',
      p50: median(samples(what)),
      p99: percentile(samples(what), 99),
      most: percentile(samples(what), 100),
      samples: samples(what).length,
    })),
    ratios: {
      'the first list of all / reading the JSON': median(
        found.map(
          ({ milliseconds }) =>
            milliseconds['first list of a process']![0]! / median(milliseconds['JSON.parse of the events']!),
        ),
      ),
    },
  }
}
