import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { questions } from '../../projections/index.ts'
import type { Projection } from '../../projections/projection.ts'
import { loopback } from '../config.ts'
import { LedgerError } from '../errors.ts'
import type { Listening } from '../http/server.ts'
import type { Opened } from '../main.ts'
import { accountsOf, type ListAnswer, listOf } from './answers.ts'
import { type Client, clientOf, withoutKeys } from './client.ts'
import { sourceOf } from './file.ts'
import { optionsOf, requireLocal } from './options.ts'
import { restored } from './restore.ts'
import { countText, rowTable } from './rows.ts'
import { listenError, signalled } from './serve.ts'
import { wrapped } from './table.ts'
import { columns, plain, say, toned } from './terminal.ts'

const example = fileURLToPath(import.meta.resolve('../example/ecuador-peru-2024.ndjson'))
const zone = 'America/Guayaquil'
const days = ['2024-01-08', '2024-01-09', '2024-01-10']

/** Loads the example. Throws `internal` where a line of it is refused. */
const load = async ({ parts, service }: Opened): Promise<void> => {
  const options = { zone: service.zone, recordedBy: service.operator }
  for await (const result of restored(parts, await sourceOf(example), options, { read: () => {} })) {
    if ('done' in result)
      await say(`${result.recorded} events of September 2023 to September 2025 are loaded,`)
    else if (result.problem)
      throw new LedgerError(
        'internal',
        `Line ${result.line} of the example is refused: ${result.problem.detail}`,
      )
  }
}

/** What is only announced, ordered or missing: the active statuses that do not answer the question. */
const besideLines = async (
  client: Client,
  { kind, active }: Projection,
  statuses: readonly string[],
  query: Record<string, string | undefined>,
  { counts }: ListAnswer,
): Promise<string[]> => {
  const lines: string[] = []
  for (const status of active.filter((one) => !statuses.includes(one))) {
    const count = counts[status]!
    const { rows } = await listOf(client, `/v1/${kind.plural}`, { ...query, status }, 100)
    const names = rows.map(({ id, state }) => `${plain(state?.title ?? id)} [${id}]`)
    const text = `beside it ${countText(status, count)}${names.length > 0 ? `: ${names.join('; ')}` : ''}`
    lines.push(...wrapped(text, columns() - 6).map((line, index) => `    ${index > 0 ? '  ' : ''}${line}`))
  }
  return lines
}

const answerLines = async (
  client: Client,
  name: string,
  query: Record<string, string | undefined>,
): Promise<string[]> => {
  const { projection, statuses } = questions.get(name)!
  const { plural } = projection.kind
  const answer = await listOf(client, `/v1/projections/${name}`, query, 100)
  const accounted = await accountsOf(client, plural, answer, answer.rows)
  const rows = rowTable(plural, accounted, zone, columns(), '    ')
  const counts = statuses.map((status) => countText(status, answer.counts[status]!)).join(', ')
  return [
    `    ${counts}`,
    ...(accounted.length > 0 ? rows : []),
    ...(await besideLines(client, projection, statuses, query, answer)),
  ]
}

const showDay = async (client: Client, day: string): Promise<void> => {
  await say(`\n${toned(`━━ As of the end of ${day} `.padEnd(columns(), '━'), 'strong')}`)
  for (const name of questions.keys()) {
    const then = await answerLines(client, name, { asOf: day, knownAt: day, zone })
    const today = await answerLines(client, name, { asOf: day, zone })
    const same = then.join('\n') === today.join('\n')
    await say(`\n${toned(name, 'strong')}`)
    await say(`  as known that day${same ? ', and the same as known today' : ''}`)
    for (const line of then) await say(line)
    if (same) continue
    await say('\n  as known today')
    for (const line of today) await say(line)
  }
}

const listen = async ({ app }: Opened, host: string, port: number): Promise<Listening> => {
  const { listen: start } = await import('../http/server.ts')
  try {
    return await start(app, host, port)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw listenError(error, host, port)
    await say(`\nPort ${port} is taken, so this is another one.`)
    return start(app, host, 0)
  }
}

const serveDemo = async (
  opened: Opened,
  host: string,
  port: number,
  stop: Promise<unknown>,
): Promise<void> => {
  const { url, stop: end } = await listen(opened, host, port)
  const at = `asOf=2024-01-09&knownAt=2024-01-09&zone=${zone}`
  await say(
    `\nThe demo listens on ${toned(url, 'strong')} until Ctrl-C; what is recorded in it is not kept. Open`,
  )
  await say(`  ${url}/`)
  await say(`  ${url}/v1/projections/escaped-fugitives?${at}`)
  await say(`or ask it: crisis-ledger ask picture --url ${url} --as-of 2024-01-09 --zone ${zone}`)
  await stop
  await end()
}

const demo = async (exit: boolean): Promise<void> => {
  const [{ open, settings }, { pino }] = await Promise.all([import('../main.ts'), import('pino')])
  const stop = signalled()
  const given = withoutKeys(settings())
  const folder = mkdtempSync(join(tmpdir(), 'crisis-ledger-demo-'))
  // However it ends, also when whoever reads what it prints has left.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const log = `sqlite:${join(folder, 'ledger.db')}`
  const opened = await open({ ...given, LEDGER_LOG: log }, pino({ level: 'silent' }))
  try {
    await say(toned('Crisis Ledger: Ecuador and Peru, January 2024', 'strong'))
    await load(opened)
    await say('each recorded as if on the day its source was published. Dates are of America/Guayaquil.')
    await say('"As known that day" uses nothing that was recorded later; "as known today" uses all.')
    const client = clientOf((path, init) => opened.app.request(path, init), 'the demo', opened.close)
    for (const day of days) await showDay(client, day)
    // It takes no keys, so nobody else may reach it.
    const host = loopback.includes(given.LEDGER_HOST) ? given.LEDGER_HOST : '127.0.0.1'
    if (!exit) await serveDemo(opened, host, given.LEDGER_PORT, stop)
  } finally {
    await opened.close()
  }
}

/** `demo`: the example ledger and its named questions, served from a folder that is removed in the end. */
export const addDemo = (program: Command): void => {
  program
    .command('demo')
    .description('the example of January 2024 on a scratch ledger: its three questions answered, then served')
    .option('--exit', 'stop after the answers')
    .action((_own: unknown, self: Command) => {
      const options = optionsOf<{ exit?: true }>(self)
      requireLocal(options, 'demo')
      return demo(options.exit ?? false)
    })
}
