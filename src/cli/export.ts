import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import { isLedgerError, LedgerError } from '../errors.ts'
import { type Client, withClient } from './client.ts'
import { eventsOf, headOf } from './events.ts'
import { optionsOf, position } from './options.ts'
import { put, tell } from './terminal.ts'

type Options = { after: number; output?: string }

async function* linesAfter(
  client: Client,
  after: number,
  head: number,
  count: () => void,
): AsyncGenerator<string> {
  for await (const { position: _position, ...event } of eventsOf(client, after, head)) {
    count()
    yield `${JSON.stringify(event)}\n`
  }
}

/** Writes a file that is there only once it is whole and on the disk. Throws `invalid` where it cannot be written. */
const writeFile = async (file: string, lines: AsyncIterable<string>): Promise<void> => {
  const part = `${file}.part`
  try {
    await pipeline(lines, createWriteStream(part, { flush: true }))
    await rename(part, file)
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined)
    if (isLedgerError(error)) throw error
    throw new LedgerError('invalid', `${file} cannot be written: ${(error as Error).message}.`)
  }
}

const exportEvents = async (client: Client, { after, output }: Options): Promise<void> => {
  const head = await headOf(client)
  if (after > head)
    throw new LedgerError(
      'invalid',
      `--after ${after} is beyond the newest event, which is at position ${head}.`,
    )
  let events = 0
  const lines = linesAfter(client, after, head, () => void events++)
  if (output === undefined) for await (const line of lines) await put(line)
  else await writeFile(output, lines)
  await tell(`${events} events exported; to go on from here later: export --after ${head}`)
}

/** `export`: every event as it was recorded, one a line: the backup that `restore` puts back. */
export const addExport = (program: Command): void => {
  program
    .command('export')
    .description('every event, one a line: the backup that restore puts back; also while the service runs')
    .option('--after <position>', 'only events after it: what an earlier export lacks', position, 0)
    .option('--output <file>', 'write this file instead of standard output; it appears when it is whole')
    .action((_own: unknown, self: Command) => {
      const options = optionsOf<Options>(self)
      return withClient(options.url, (client) => exportEvents(client, options), 'all')
    })
}
