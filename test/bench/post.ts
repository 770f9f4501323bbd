import { join } from 'node:path'
import { type Child, start } from './child.ts'
import { importInto, temporaryFolder, writeLines } from './ledgers.ts'
import type { Load, Loaded } from './load.ts'
import { median, medianRatio, percentile, type Result } from './measure.ts'
import type { Options } from './options.ts'
import type { Usage } from './served.ts'

const connections = 64

/**
 * Recording of one event a request on a large ledger: decided, on the disk and in the answers before it is
 * acknowledged. Beside it, in turns, the same route and schemas with nothing behind.
 */
export const post = async ({ rounds, seconds, events = 100_000, nodeOptions }: Options): Promise<Result> => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'lines.ndjson')
  const { streams } = await writeLines(file, events)
  const path = join(folder.path, 'ledger.db')
  await importInto(path, file)
  const beside = (server: Child): Pair => ({
    server,
    load: start('load.ts', [String(events), String(connections)]),
  })
  const ledger = beside(start('served.ts', [path], nodeOptions))
  const reference = beside(start('served.ts', []))

  const round = async ({ server, load }: Pair, duration: number): Promise<Round> => {
    const before = await server.ask<Usage>('usage')
    const loaded = await load.ask<Loaded>({ url: before.url, seconds: duration } satisfies Load)
    const after = await server.ask<Usage>('usage')
    return { ...loaded, cpu: (after.cpu - before.cpu) / loaded.requests, resident: after.resident }
  }

  // The first seconds are spent compiling.
  const warm = await round(ledger, 2)
  await round(reference, 2)
  const durable: Round[] = []
  const nothing: Round[] = []
  for (let count = 0; count < rounds; count++) {
    const takeTurns = [
      async () => durable.push(await round(ledger, seconds)),
      async () => nothing.push(await round(reference, seconds)),
    ]
    for (const turn of count % 2 === 0 ? takeTurns : takeTurns.reverse()) await turn()
  }
  for (const { server, load } of [ledger, reference]) await Promise.all([server.end(), load.end()])

  for (const { statuses } of [warm, ...durable, ...nothing])
    if (Object.keys(statuses).join() !== '201')
      throw new Error(`Not all was taken: ${JSON.stringify(statuses)}`)
  return {
    section: 'post',
    conditions: {
      connections,
      rounds,
      'seconds a round': seconds,
      streams,
      'events before': events,
      'events after': [warm, ...durable].reduce((sum, { requests }) => sum + requests, events),
      'resident MiB': durable.at(-1)!.resident / 2 ** 20,
    },
    measured: [lineOf('durable, decided, in the answers', durable), lineOf('nothing behind', nothing)],
    ratios: {
      'requests: durable / nothing behind': medianRatio(durable.map(rate), nothing.map(rate)),
      'CPU a request: durable / nothing behind': medianRatio(durable.map(cpu), nothing.map(cpu)),
    },
  }
}

/** A server, and who sends to it: each goes on where its last round ended. */
type Pair = { server: Child; load: Child }
type Round = Loaded & { cpu: number; resident: number }
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
