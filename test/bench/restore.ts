import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { temporaryFolder } from './folder.ts'
import { median, medianRatio, percentile, type Result } from './measure.ts'
import type { Options } from './options.ts'
import { recorded } from './recorded.ts'

/**
 * The restore of an export into a new ledger, as a user runs it: from the start of the program to its end. Beside it, in turns,
 * reading the same file and the JSON of each line.
 */
export const restore = async ({ rounds, events = 300_000, nodeOptions }: Options): Promise<Result> => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'export.ndjson')
  await pipeline(Readable.from(exported(events)), createWriteStream(file))
  const restored: Restored[] = []
  const read: number[] = []
  for (let round = 0; round < rounds; round++) {
    restored.push(await restoredFrom(file, join(folder.path, `ledger-${round}.db`), nodeOptions))
    read.push(readOnce(file, events))
  }
  const seconds = restored.map((one) => one.seconds)
  const lineOf = (what: string, of: readonly number[]) => ({
    what,
    unit: 'events/s',
    median: events / median(of),
    least: events / percentile(of, 100),
    most: events / percentile(of, 0.1),
  })
  return {
    section: 'restore',
    conditions: { rounds, events },
    measured: [
      {
        ...lineOf('restore of an export', seconds),
        'resident MiB at most': median(restored.map(({ resident }) => resident)),
      },
      lineOf('reading it and JSON.parse', read),
    ],
    ratios: { 'time: restore / reading': medianRatio(seconds, read) },
  }
}

function* exported(events: number): Generator<string> {
  for (const { text } of recorded(events)) yield `${text}\n`
}

/** Seconds, and the most MiB that it held. */
type Restored = { seconds: number; resident: number }

const program = join(import.meta.dirname, '../../src/cli/bin.js')

const restoredFrom = async (
  file: string,
  path: string,
  nodeOptions: readonly string[],
): Promise<Restored> => {
  const begin = performance.now()
  const command = spawn(process.execPath, [...nodeOptions, program, 'restore', file], {
    env: { ...process.env, LEDGER_LOG: `sqlite:${path}` },
    stdio: 'ignore',
  })
  let resident = 0
  const looking = setInterval(() => (resident = residentOf(command.pid!) ?? resident), 200)
  const [code] = (await once(command, 'exit')) as [number | null]
  clearInterval(looking)
  if (code !== 0) throw new Error(`The restore ended with ${code}`)
  return { seconds: (performance.now() - begin) / 1000, resident }
}

/** What a process held at most so far, in MiB, as Linux tells it. */
const residentOf = (pid: number): number | undefined => {
  const [, most] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return most === undefined ? undefined : Number(most) / 1024
}

const readOnce = (file: string, events: number): number => {
  const begin = performance.now()
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  let count = 0
  for (const line of lines) if (JSON.parse(line) !== null) count++
  if (count !== events) throw new Error(`The file has ${count} lines of ${events}`)
  return (performance.now() - begin) / 1000
}
