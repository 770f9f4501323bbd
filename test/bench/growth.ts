import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Question, Timed } from './asked.ts'
import { start } from './child.ts'
import { filledCopy } from './filled.ts'
import { temporaryFolder } from './folder.ts'
import { median, percentile, type Result } from './measure.ts'
import { type Options, sizes } from './options.ts'
import { plot } from './plot.ts'

const asked: Readonly<Partial<Record<Question, string>>> = {
  active: 'list of what is active',
  entity: 'one entity',
  counts: 'counts of the picture',
  found: 'list by words (q)',
  page: 'page by a common word (q)',
  history: 'history of an entity',
  diff: 'diff, 50 events apart',
  record: 'durable append, one at a time',
}

/**
 * How the cost of each question grows with the ledger, at coordinates drawn by chance: a plot over four sizes, one line
 * a question.
 */
export const growth = async ({
  rounds,
  seconds = 4,
  events = 1_000_000,
  nodeOptions,
  pictures,
}: Options): Promise<Result> => {
  const questions = Object.entries(asked) as [Question, string][]
  const found = new Map(questions.map(([question]) => [question, [] as { size: number; timed: Timed }[]]))
  for (const size of sizes(events)) {
    using folder = temporaryFolder()
    const ledger = start('asked.ts', [filledCopy(folder.path, size), String(size)], nodeOptions)
    for (let round = 0; round <= rounds; round++)
      for (const [question] of questions) {
        const timed = await ledger.ask<Timed>({ do: 'time', question, count: 200, seed: round, seconds })
        // The first round compiles.
        if (round > 0) found.get(question)!.push({ size, timed })
      }
    await ledger.end()
  }

  const at = (question: Question, size: number): number[] =>
    found.get(question)!.flatMap((one) => (one.size === size ? one.timed.milliseconds : []))
  const file = join(pictures, 'growth.svg')
  const lines = questions.map(([question, name]) => ({
    name,
    points: sizes(events).map((size) => [size, median(at(question, size))] as const),
  }))
  const x = { label: 'events in the ledger', scale: 'log' } as const
  const y = { label: 'milliseconds, median', scale: 'log' } as const
  writeFileSync(file, plot([{ title: 'What a question costs as the ledger grows', x, y, lines }]))
  return {
    section: 'growth',
    conditions: { rounds, 'questions a round': 200, plot: 'growth.svg' },
    measured: questions.flatMap(([question, name]) =>
      sizes(events).map((size) => ({
        what: `${name}, ${size.toLocaleString('en')} events`,
        unit: 'ms',
        p50: median(at(question, size)),
        p99: percentile(at(question, size), 99),
        most: percentile(at(question, size), 100),
        samples: at(question, size).length,
      })),
    ),
    ratios: Object.fromEntries(
      questions.map(([question, name]) => [
        `time, the largest / the smallest: ${name}`,
        median(at(question, events)) / median(at(question, sizes(events)[0]!)),
      ]),
    ),
  }
}
