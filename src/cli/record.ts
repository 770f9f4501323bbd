import type { Command } from 'commander'
import type { z } from 'zod'
import type { Row } from '../answer/row.ts'
import { LedgerError } from '../errors.ts'
import type { Problem } from '../http/problem.ts'
import type { Flag } from '../ledger/decide.ts'
import type { Receipt } from '../ledger/receipt.ts'
import { domainBody, metaBody } from '../vocabulary/envelope.ts'
import { allKinds } from '../vocabulary/index.ts'
import { isMetaCommand, metaCommands } from '../vocabulary/meta.ts'
import { assign } from './assignments.ts'
import { address, type Client, withClient } from './client.ts'
import { sourceOf } from './file.ts'
import { requireKind } from './kind.ts'
import { optionsOf, printable, seenRevision } from './options.ts'
import { problemLines } from './results.ts'
import { rowText } from './rows.ts'
import { plain, put, say, toned } from './terminal.ts'

type Options = { body?: string; set?: string[]; dryRun?: true; key?: string; ifMatch?: string; json?: true }

type DryRun = { before: Row | null; after: Row | null; flags: Flag[]; problem: Problem | null }

/** Where a command goes, and the schema of its body. Throws `not_found` with what there is. */
const targetOf = (words: readonly string[]): { path: string; schema: z.ZodType } => {
  const [first = '', second = '', third] = words
  if (third === undefined) {
    if (!isMetaCommand(second))
      throw new LedgerError(
        'not_found',
        `There is no command "${second}" for events. They take: ${Object.keys(metaCommands).join(', ')}. ` +
          'For an entity write its kind, its id and the command.',
      )
    const data = metaCommands[second].schema
    return { path: `/v1/events/${encodeURIComponent(first)}/${second}`, schema: metaBody.extend({ data }) }
  }
  const { plural, commands } = requireKind(first)
  const command = commands.get(third)
  if (!command)
    throw new LedgerError(
      'not_found',
      `There is no command "${third}" for ${plural}. They take: ${[...commands.keys()].join(', ')}.`,
    )
  return {
    path: `/v1/${plural}/${encodeURIComponent(second)}/${third}`,
    schema: domainBody.extend({ data: command.schema }),
  }
}

const bodyOf = async (file: string | undefined): Promise<Record<string, unknown>> => {
  if (file === undefined) return {}
  const chunks: Uint8Array[] = []
  for await (const chunk of (await sourceOf(file)).chunks) chunks.push(chunk)
  let body: unknown
  try {
    body = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)))
  } catch (error) {
    throw new LedgerError('invalid', `${file} is not JSON in UTF-8: ${(error as Error).message}.`)
  }
  if (body === null || typeof body !== 'object' || Array.isArray(body))
    throw new LedgerError('invalid', `${file} must hold one JSON object: {"when", "source", "data", …}.`)
  return body as Record<string, unknown>
}

const titledText = (row: Row | null): string =>
  rowText(row) + (row?.state ? `: ${plain(row.state.title)}` : '')

const showFlags = async (flags: readonly Flag[]): Promise<void> => {
  for (const { type, status, eventId } of flags) {
    const where = status === null ? 'where nothing of it is recorded' : `where it is ${status}`
    await say(`${toned('flagged', 'warning')}: ${type} stands ${where} (event ${eventId})`)
  }
}

const showReceipt = async ({ event, state, position, revision, flags }: Receipt, repeated: boolean) => {
  const verb = repeated ? 'was recorded already' : 'recorded'
  await say(`${event.type} ${verb} as revision ${revision} of ${event.stream}, position ${position}`)
  await say(`event ${event.id}`)
  await say(`now ${titledText(state)}`)
  await showFlags(flags)
}

const showDryRun = async ({ before, after, flags, problem }: DryRun): Promise<void> => {
  await say(`before: ${titledText(before)}`)
  await say(`after: ${titledText(after)}`)
  await showFlags(flags)
  for (const line of problem ? problemLines(problem) : ['Nothing was recorded: a dry run.']) await say(line)
}

const record = async (client: Client, path: string, body: unknown, options: Options): Promise<void> => {
  const { dryRun, key, ifMatch, json } = options
  const response = await client.fetch(address(path, { dryRun: dryRun && 'true' }), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(key !== undefined && { 'idempotency-key': key }),
      ...(ifMatch !== undefined &&
        (ifMatch === 'none' ? { 'if-none-match': '*' } : { 'if-match': `"${ifMatch}"` })),
    },
    body: JSON.stringify(body),
  })
  const answer = (await response.json()) as Receipt & DryRun
  if (dryRun && answer.problem) process.exitCode = 1
  if (json) return put(`${JSON.stringify(answer)}\n`)
  await (dryRun ? showDryRun(answer) : showReceipt(answer, response.headers.has('idempotency-replayed')))
}

const help = (): string => {
  const lines = allKinds.map(({ name, commands }) => `  ${name.padEnd(12)} ${[...commands.keys()].join(' ')}`)
  return [
    '\nKinds and their commands:',
    ...lines,
    `\nAbout an earlier event (its id, or <stream>#<key>): ${Object.keys(metaCommands).join(' ')}`,
    '\nTheir fields: crisis-ledger vocabulary <kind>',
    '\nExamples:',
    '  crisis-ledger record emergency ec-110-2024 declare --set when=2024-01-08 --set zone=America/Guayaquil \\',
    '    --set source.publisher="Presidency" --set source.medium=official_gazette --set data.type=state_of_emergency',
    '  crisis-ledger record emergency-ec-110-2024#decree retract --set data.reason="Recorded twice"',
  ].join('\n')
}

const collected = (value: string, before: string[] = []): string[] => [...before, value]

/** `record`: any command of the vocabulary. */
export const addRecord = (program: Command): void => {
  program
    .command('record')
    .argument('<words...>', 'a kind, an id and a command; or an event and a command about it')
    .description('record one event: <kind> <id> <command>, or <event> <command>')
    .option('--body <file>', 'the body as JSON; - reads standard input')
    .option(
      '--set <path=value>',
      'set a field of the body, such as data.title="Curfew"; may be repeated',
      collected,
    )
    .option('--key <key>', 'the idempotency key: the same command with it is recorded once', printable)
    .option(
      '--if-match <revision>',
      'only if this is the newest revision; none: only if nothing is recorded yet',
      seenRevision,
    )
    .option('--dry-run', 'everything but the recording')
    .option('--json', 'the receipt as JSON')
    .addHelpText('after', help)
    .action(async (words: string[], _own: unknown, self: Command) => {
      if (words.length < 2 || words.length > 3)
        self.error('error: write a kind, an id and a command; or an event and a command about it')
      const options = optionsOf<Options>(self)
      const { path, schema } = targetOf(words)
      const body = assign(await bodyOf(options.body), options.set ?? [], schema)
      await withClient(options.url, (client) => record(client, path, body, options), 'create')
    })
}
