import { Readable } from 'node:stream'
import { type Command, Option } from 'commander'
import { isLedgerError, LedgerError } from '../errors.ts'
import type { Summary } from '../ledger/line-result.ts'
import { address, type Client, linesOf, ndjson, withClient } from './client.ts'
import { type Source, sourceOf, watched } from './file.ts'
import { optionsOf } from './options.ts'
import { createProgress } from './progress.ts'
import { showResults, type ToldResult } from './results.ts'

type Options = { onAnomaly?: string; dryRun?: true; results?: 'all'; json?: true }

const parsedLines = async function* (response: Response): AsyncGenerator<ToldResult | Summary> {
  for await (const line of linesOf(response)) yield JSON.parse(line) as ToldResult | Summary
}

const importFrom = async (
  { name, size, chunks }: Source,
  client: Client,
  options: Options,
): Promise<void> => {
  const { onAnomaly, dryRun, results, json } = options
  const progress = await createProgress(size)
  let unread: Error | undefined
  const body = async function* () {
    try {
      yield* watched(chunks, progress.read)
    } catch (error) {
      unread = error as Error
      throw error
    }
  }
  // A result for every line: so one sees how far it came, and how much is safe if the connection breaks.
  const path = address('/v1/import', { onAnomaly, dryRun: dryRun && 'true', results: 'all' })
  let done = 0
  const counted = async function* (response: Response) {
    for await (const result of parsedLines(response)) {
      if (!('done' in result)) done++
      yield result
    }
  }
  try {
    const response = await client.fetch(path, {
      method: 'POST',
      headers: { 'content-type': ndjson },
      body: Readable.toWeb(Readable.from(body())) as ReadableStream<Uint8Array>,
      duplex: 'half',
    })
    const summary = await showResults(counted(response), progress, {
      json: json ?? false,
      all: results === 'all',
      dryRun: dryRun ?? false,
    })
    if (!summary) throw new LedgerError('unavailable', 'The answer ended without a summary.')
    if (summary.refused > 0) process.exitCode = 1
  } catch (error) {
    if (unread !== undefined) throw unread
    if (!isLedgerError(error) || error.code !== 'unavailable') throw error
    throw new LedgerError(
      'unavailable',
      `${error.message} The first ${done} lines are answered for; import ${name} again: nothing is recorded twice.`,
    )
  } finally {
    progress.end()
  }
}

/** `import`: records a file of commands, one a line. */
export const addImport = (program: Command): void => {
  program
    .command('import')
    .argument('<file>', 'lines of JSON, {"kind", "id", "command", …body}; - reads standard input')
    .description('record a file of commands; the same file again adds nothing')
    .addOption(
      new Option('--on-anomaly <what>', 'what to do with lines that a lifecycle does not allow').choices([
        'record',
        'reject',
      ]),
    )
    .option('--dry-run', 'everything but the recording')
    .addOption(
      new Option('--results <which>', 'a result for every line, not only refused and flagged ones').choices([
        'all',
      ]),
    )
    .option('--json', 'the results as lines of JSON')
    .action(async (file: string, _own: unknown, self: Command) => {
      const options = optionsOf<Options>(self)
      const source = await sourceOf(file)
      await withClient(options.url, (client) => importFrom(source, client, options), 'create')
    })
}
