import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { filled } from './filled.ts'
import { forget, rebuild } from './ledgers.ts'
import { median, percentile, type Result } from './measure.ts'
import { asServed, type Options } from './options.ts'

/**
 * Starting the service as a user does, on a large ledger that was served before: until it says that it listens, and
 * until it has answered a first question. Beside it, in turns, the same program on an empty ledger.
 */
export const startUp = async ({ rounds, events = 1_000_000 }: Options): Promise<Result> => {
  const paths = { large: filled(events), empty: filled(0) }
  for (const path of Object.values(paths)) {
    forget(path)
    await rebuild(path)
  }
  const found = { large: [] as Started[], empty: [] as Started[] }
  for (let round = 0; round < rounds; round++)
    for (const which of round % 2 === 0 ? (['large', 'empty'] as const) : (['empty', 'large'] as const))
      found[which].push(await started(paths[which]))

  const lineOf = (what: string, of: readonly Started[]) => ({
    what,
    unit: 's',
    listening: median(of.map(({ listening }) => listening)),
    most: percentile(
      of.map(({ listening }) => listening),
      100,
    ),
    answered: median(of.map(({ answered }) => answered)),
    'resident MiB': median(of.map(({ resident }) => resident)),
  })
  return {
    section: 'start',
    conditions: { rounds, events },
    measured: [lineOf('start on a large ledger', found.large), lineOf('start on an empty one', found.empty)],
    ratios: {
      'time: large / empty':
        median(found.large.map(({ listening }) => listening)) /
        median(found.empty.map(({ listening }) => listening)),
    },
  }
}

/** Seconds from the start, and MiB after the first answer. */
type Started = { listening: number; answered: number; resident: number }

const program = join(import.meta.dirname, '../../src/cli/bin.js')

const started = async (path: string): Promise<Started> => {
  const begin = performance.now()
  const since = () => (performance.now() - begin) / 1000
  const server = spawn(process.execPath, [...asServed, program, 'serve'], {
    env: { ...process.env, LEDGER_LOG: `sqlite:${path}`, LEDGER_PORT: '0' },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const gone = once(server, 'exit')
  const url = await listeningAt(server)
  const listening = since()
  const response = await fetch(`${url}/v1/picture?limit=1`)
  await response.text()
  if (response.status !== 200) throw new Error(`The first question was answered with ${response.status}`)
  const result = { listening, answered: since(), resident: residentOf(server.pid!) }
  server.kill('SIGTERM')
  await gone
  return result
}

/** The address of its log line that says it listens. */
const listeningAt = (server: ChildProcess): Promise<string> => {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  createInterface({ input: server.stdout! })
    .on('line', (line) => {
      const { msg, url } = JSON.parse(line) as { msg: string; url?: string }
      if (msg === 'listening' && url !== undefined) resolve(url)
    })
    .on('close', () => reject(new Error('The service ended before it listened')))
  return promise
}

/** What a process holds in memory, in MiB, as Linux tells it. */
const residentOf = (pid: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
