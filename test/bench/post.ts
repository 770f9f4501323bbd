import { join } from 'node:path'
import { type Child, start } from './child.ts'
import { filledCopy } from './filled.ts'
import { temporaryFolder } from './folder.ts'
import type { Load, Loaded } from './load.ts'
import { median, medianRatio, percentile, type Result } from './measure.ts'
import { asServed, type Options } from './options.ts'
import { startPostgres } from './postgres.ts'
import type { Usage } from './served.ts'
import { fillEmmett, fillPostgres } from './stores.ts'

const connections = 64

/**
 * Recording of one event a request on a large ledger: decided, on the disk and in the answers before it is
 * acknowledged. Beside it, in turns, the same route and schemas with something else behind: nothing, a file, a table
 * of PostgreSQL, an event store in PostgreSQL.
 */
export const post = async ({
  rounds,
  seconds = 12,
  events = 100_000,
  nodeOptions,
}: Options): Promise<Result> => {
  using folder = temporaryFolder()
  await using postgres = await startPostgres()
  await fillPostgres(postgres.url, events)
  await fillEmmett(postgres.url, events)
  const beside = (what: string, args: readonly string[], own: readonly string[] = []): Pair => ({
    what,
    server: start('served.ts', args, [...asServed, ...own]),
    load: start('load.ts', [String(events), String(connections)]),
    rounds: [],
  })
  const ledger = beside(
    'durable, decided, in the answers',
    ['ledger', filledCopy(folder.path, events)],
    nodeOptions,
  )
  const nothing = beside('nothing behind', ['nothing'])
  const log = beside('the log alone', ['log', filledCopy(join(folder.path, 'alone'), events)])
  const inserts = beside(`INSERT, PostgreSQL ${postgres.version}`, ['postgres', postgres.url])
  const pairs = [
    ledger,
    nothing,
    beside('a file, one fdatasync for all that wait', ['file', join(folder.path, 'events.ndjson')]),
    log,
    inserts,
    beside('append, Emmett 0.42.0 on PostgreSQL', ['emmett', postgres.url]),
  ]

  // The first seconds are spent compiling.
  for (const pair of pairs) await round(pair, Math.min(2, seconds))
  for (const pair of pairs) pair.rounds.shift()
  for (let count = 0; count < rounds; count++)
    for (const pair of count % 2 === 0 ? pairs : pairs.toReversed()) await round(pair, seconds)
  for (const { server, load } of pairs) await Promise.all([server.end(), load.end()])

  const ratioOf = (name: string, one: Pair, other: Pair) => [
    `requests: ${name} / ${other.what}`,
    medianRatio(one.rounds.map(rate), other.rounds.map(rate)),
  ]
  const ratios = [
    ...pairs.slice(1).map((other) => ratioOf('ledger', ledger, other)),
    ...[nothing, inserts].map((other) => ratioOf(log.what, log, other)),
  ]
  return {
    section: 'post',
    conditions: {
      connections,
      rounds,
      'seconds a round': seconds,
      'events before': events,
      'events recorded while measured': ledger.rounds.reduce((sum, { requests }) => sum + requests, 0),
      'resident MiB': ledger.rounds.at(-1)!.resident / 2 ** 20,
    },
    measured: pairs.map(({ what, rounds }) => lineOf(what, rounds)),
    ratios: {
      ...Object.fromEntries(ratios),
      'CPU a request: ledger / nothing behind': medianRatio(ledger.rounds.map(cpu), nothing.rounds.map(cpu)),
    },
  }
}

/** A server, and who sends to it: each goes on where its last round ended. */
type Pair = { what: string; server: Child; load: Child; rounds: Round[] }
type Round = Loaded & { cpu: number; resident: number }

const round = async ({ what, server, load, rounds }: Pair, seconds: number): Promise<void> => {
  const before = await server.ask<Usage>('usage')
  const loaded = await load.ask<Loaded>({ url: before.url, seconds } satisfies Load)
  const after = await server.ask<Usage>('usage')
  if (Object.keys(loaded.statuses).join() !== '201')
    throw new Error(`${what}: not all was taken: ${JSON.stringify(loaded.statuses)}`)
  rounds.push({ ...loaded, cpu: (after.cpu - before.cpu) / loaded.requests, resident: after.resident })
}

const rate = ({ requests, seconds }: Round): number => requests / seconds
const cpu = (round: Round): number => round.cpu

const lineOf = (what: string, rounds: readonly Round[]) => ({
  what,
  unit: 'requests/s',
  median: median(rounds.map(rate)),
  least: percentile(rounds.map(rate), 0.1),
  most: percentile(rounds.map(rate), 100),
  'p50 ms': median(rounds.map(({ p50 }) => p50)),
  'p99 ms': median(rounds.map(({ p99 }) => p99)),
  'CPU µs': median(rounds.map(cpu)),
})
