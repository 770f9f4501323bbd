import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { start } from './child.ts'
import { temporaryFolder } from './folder.ts'
import { importFile, writeLines } from './lines.ts'
import { median, medianRatio, percentile, type Result } from './measure.ts'
import { asServed, type Options } from './options.ts'
import { startPostgres } from './postgres.ts'
import type { Usage } from './served.ts'
import { fillEmmett } from './stores.ts'

const group = 512

/**
 * Bulk import of events of all kinds, each round into a new ledger. Beside it, in turns, the same lines appended to a
 * file, each 512 of them brought to the disk; and the same events appended to an event store in PostgreSQL, each stream
 * at once.
 */
export const bulkImport = async ({ rounds, events = 100_000, nodeOptions }: Options): Promise<Result> => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'lines.ndjson')
  const first = join(folder.path, 'first.ndjson')
  await writeLines(file, events)
  await writeLines(first, 40_000, { seed: 2 })
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')

  const imported = async (round: number) => {
    const path = join(folder.path, `ledger-${round}.db`)
    const ledger = start('served.ts', ['ledger', path], [...asServed, ...nodeOptions])
    const { url } = await ledger.ask<Usage>('usage')
    // The first lines are read while code is compiled on the other core.
    await importFile(url, first)
    const before = await ledger.ask<Usage>('usage')
    const { seconds, recorded } = await importFile(url, file)
    const after = await ledger.ask<Usage>('usage')
    await ledger.end()
    return {
      rate: recorded / seconds,
      cpu: (after.cpu - before.cpu) / recorded,
      resident: after.resident / 2 ** 20,
    }
  }

  const ledgers: Awaited<ReturnType<typeof imported>>[] = []
  const files: number[] = []
  const emmetts: number[] = []
  for (let round = 0; round < rounds; round++) {
    files.push(appended(join(folder.path, `file-${round}`), lines))
    ledgers.push(await imported(round))
    emmetts.push(await appendedToEmmett(events))
  }
  const rates = ledgers.map(({ rate }) => rate)
  return {
    section: 'import',
    conditions: {
      rounds,
      events,
      'bytes a line': Buffer.byteLength(lines.join('')) / lines.length,
      'resident MiB': median(ledgers.map(({ resident }) => resident)),
    },
    measured: [
      { ...lineOf('import, all kinds', rates), 'CPU µs': median(ledgers.map(({ cpu }) => cpu)) },
      lineOf(`append and fdatasync, ${group} at a time`, files),
      lineOf('append, Emmett 0.42.0 on PostgreSQL, a stream at a time', emmetts),
    ],
    ratios: {
      'events: import / append': medianRatio(rates, files),
      'events: import / Emmett': medianRatio(rates, emmetts),
    },
  }
}

/** Lines a second. */
const appended = (file: string, lines: readonly string[]): number => {
  const descriptor = openSync(file, 'a')
  const begin = performance.now()
  for (let index = 0; index < lines.length; index += group) {
    writeSync(descriptor, `${lines.slice(index, index + group).join('\n')}\n`)
    fdatasyncSync(descriptor)
  }
  const seconds = (performance.now() - begin) / 1000
  closeSync(descriptor)
  return lines.length / seconds
}

/** Events a second. The events are made beforehand. */
const appendedToEmmett = async (events: number): Promise<number> => {
  await using postgres = await startPostgres()
  return events / (await fillEmmett(postgres.url, events))
}

const lineOf = (what: string, rates: readonly number[]) => ({
  what,
  unit: 'events/s',
  median: median(rates),
  least: percentile(rates, 0.1),
  most: percentile(rates, 100),
})
