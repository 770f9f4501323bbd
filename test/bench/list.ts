import { isDeepStrictEqual } from 'node:util'
import type { Drawn, Message, Timed } from './asked.ts'
import { type Child, start } from './child.ts'
import { filled } from './filled.ts'
import { type Gist, openGist } from './gist.ts'
import { median, type Measured, percentile, type Result } from './measure.ts'
import { type Options, sizes } from './options.ts'
import { startPostgres } from './postgres.ts'
import { rectanglesFile } from './rectangles.ts'

const compared = 50
const asked = 200

/**
 * The list of what is active of a kind, at a moment of the world and as known at a position, in ledgers of four sizes.
 * Beside it, in turns and at the same coordinates, PostgreSQL with the same versions under a GiST index; both give the
 * same rows before they are timed. And of the largest ledger: a list of all its incidents with its bytes, and one
 * entity.
 */
export const list = async ({
  rounds,
  seconds = 4,
  events = 1_000_000,
  nodeOptions,
}: Options): Promise<Result> => {
  await using postgres = await startPostgres()
  const measured: Measured[] = []
  const ratios: Record<string, number> = {}
  const medians: number[] = []
  for (const size of sizes(events)) {
    const path = filled(size)
    const ledger = start('asked.ts', [path, String(size)], nodeOptions)
    const ask = <Answer>(message: Message) => ledger.ask<Answer>(message)
    await using gist = await openGist(postgres.url, rectanglesFile(path))
    await requireEqual(ask, gist)

    const ours: Timed[] = []
    const theirs: Timed[] = []
    // In the first round code is compiled and pages are read.
    for (let round = 0; round <= rounds; round++) {
      const drawn = await ask<Drawn[]>({ do: 'draw', count: asked, seed: round })
      const turns = [
        async () => ours.push(await ask<Timed>({ do: 'time', drawn, seconds })),
        async () => theirs.push(await timed(gist, drawn, seconds)),
      ]
      for (const turn of round % 2 === 0 ? turns : turns.toReversed()) await turn()
    }
    const [own, other] = [pooled(ours.slice(1)), pooled(theirs.slice(1))]
    const count = size.toLocaleString('en')
    measured.push(lineOf(`active of a kind, ${count} events`, own))
    measured.push(lineOf(`… PostgreSQL, ${gist.versions.toLocaleString('en')} versions`, other))
    medians.push(median(own.milliseconds))
    ratios[`time: PostgreSQL / ledger, ${count} events`] = median(other.milliseconds) / medians.at(-1)!
    if (size === events) measured.push(...(await others(ask, rounds, seconds)))
    await ledger.end()
  }
  const from = sizes(events).slice(0, -1).indexOf(10_000)
  if (from >= 0) {
    const largest = events.toLocaleString('en')
    ratios[`time: ${largest} events / 10,000 events`] = medians.at(-1)! / medians[from]!
  }
  return {
    section: 'list',
    conditions: { rounds, 'lists a round': asked, 'lists compared': compared, PostgreSQL: postgres.version },
    measured,
    ratios,
  }
}

type Ask = Child['ask']

/** Throws unless both give the same rows. */
const requireEqual = async (ask: Ask, gist: Gist): Promise<void> => {
  const drawn = await ask<Drawn[]>({ do: 'draw', count: compared, seed: 0 })
  const lists = await ask<object[][]>({ do: 'rows', drawn })
  for (const [index, one] of drawn.entries()) {
    const rows = (await gist.active(one)).map((row) => JSON.parse(row) as object)
    if (!isDeepStrictEqual(lists[index], rows))
      throw new Error(`The answers differ at ${JSON.stringify(one)}: nothing is timed`)
  }
  if (!lists.some((rows) => rows.length > 0)) throw new Error('Only empty answers were compared')
}

const timed = async (gist: Gist, drawn: readonly Drawn[], seconds: number): Promise<Timed> => {
  const timed: Timed = { milliseconds: [], rows: [] }
  const until = performance.now() + seconds * 1000
  for (const one of drawn) {
    const start = performance.now()
    const rows = await gist.active(one)
    const end = performance.now()
    timed.milliseconds.push(end - start)
    timed.rows.push(rows.length)
    if (end > until) break
  }
  return timed
}

const others = async (ask: Ask, rounds: number, seconds: number): Promise<Measured[]> => {
  const lines: Measured[] = []
  const of = {
    everything: 'all incidents known midway, with the bytes',
    entity: 'one entity at a coordinate',
  } as const
  for (const question of ['everything', 'entity'] as const) {
    const found: Timed[] = []
    for (let seed = 0; seed <= rounds; seed++)
      found.push(await ask<Timed>({ do: 'time', question, count: asked, seed, seconds }))
    lines.push(lineOf(of[question], pooled(found.slice(1))))
  }
  return lines
}

const pooled = (timed: readonly Timed[]): Timed => ({
  milliseconds: timed.flatMap(({ milliseconds }) => milliseconds),
  rows: timed.flatMap(({ rows }) => rows),
})

const lineOf = (what: string, { milliseconds, rows }: Timed): Measured => ({
  what,
  unit: 'ms',
  p50: median(milliseconds),
  p99: percentile(milliseconds, 99),
  most: percentile(milliseconds, 100),
  rows: median(rows),
  samples: milliseconds.length,
})
