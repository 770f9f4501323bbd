import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Drawn, Timed } from './asked.ts'
import { start } from './child.ts'
import { temporaryFolder } from './folder.ts'
import { importFile } from './lines.ts'
import { median, percentile, type Result } from './measure.ts'
import { asServed, type Options } from './options.ts'
import { createRandom } from './random.ts'
import type { Usage } from './served.ts'

/**
 * One incident of which many figures are told, a tenth of them late: imported over HTTP into a new ledger, also where its
 * report is so uncertain that it may come before or after each of them, and then the incident at random coordinates, in process.
 */
export const figures = async ({
  rounds,
  seconds = 4,
  events = 10_000,
  nodeOptions,
}: Options): Promise<Result> => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'lines.ndjson')
  writeFileSync(file, linesOf(events, new Date(began).toISOString()).join(''))
  const uncertain = join(folder.path, 'uncertain.ndjson')
  writeFileSync(uncertain, linesOf(events, anyDay).join(''))
  const confirmed = join(folder.path, 'confirmed.ndjson')
  writeFileSync(confirmed, linesOf(events, anyDay, '2024-01-09/2024-06-30').join(''))
  const imports: number[] = []
  const uncertains: number[] = []
  const confirmeds: number[] = []
  const times: Record<keyof typeof questions, number[]> = { current: [], listed: [], entity: [] }
  for (let round = 0; round < rounds; round++) {
    // What these ledgers hold is large.
    using own = temporaryFolder()
    const path = join(own.path, 'ledger.db')
    imports.push(await importInto(path, file, nodeOptions))
    uncertains.push(await importInto(join(own.path, 'uncertain.db'), uncertain, nodeOptions))
    confirmeds.push(await importInto(join(own.path, 'confirmed.db'), confirmed, nodeOptions))
    const asked = start('asked.ts', [path, String(events)], nodeOptions)
    const drawn = (await asked.ask<Drawn[]>({ do: 'draw', count: 1000, seed: round })).map(({ at }) => ({
      kind: 'incident',
      at,
    }))
    const ask = {
      current: { do: 'time', question: 'current', count: 1000, seed: round, seconds },
      listed: { do: 'time', drawn, seconds },
      entity: { do: 'time', question: 'entity', count: 1000, seed: round, seconds },
    }
    for (const [question, message] of Object.entries(ask)) {
      // First code is compiled.
      await asked.ask<Timed>({ ...message, seconds: seconds / 4 })
      const { milliseconds } = await asked.ask<Timed>(message)
      times[question as keyof typeof questions].push(...milliseconds)
    }
    await asked.end()
  }
  return {
    section: 'figures',
    conditions: { rounds, events, late: '1 in 10' },
    measured: [
      { what: 'import of one stream', unit: 's', p50: median(imports), most: percentile(imports, 100) },
      {
        what: 'the same, where its report may be of any of these days',
        unit: 's',
        p50: median(uncertains),
        most: percentile(uncertains, 100),
      },
      {
        what: 'and was confirmed on any of half of them',
        unit: 's',
        p50: median(confirmeds),
        most: percentile(confirmeds, 100),
      },
      ...Object.entries(questions).map(([question, what]) => {
        const milliseconds = times[question as keyof typeof questions]
        return {
          what,
          unit: 'ms',
          p50: median(milliseconds),
          p99: percentile(milliseconds, 99),
          most: percentile(milliseconds, 100),
          samples: milliseconds.length,
        }
      }),
    ],
    ratios: { 'events a second': events / median(imports) },
  }
}

/** How many seconds an import into a new ledger takes. */
const importInto = async (path: string, file: string, nodeOptions: readonly string[]): Promise<number> => {
  const served = start('served.ts', ['ledger', path], [...asServed, ...nodeOptions])
  const { url } = await served.ask<Usage>('usage')
  const { seconds } = await importFile(url, file)
  await served.end()
  return seconds
}

const questions = {
  current: 'its entity, by all that is known',
  listed: 'its row in a list, at random coordinates',
  entity: 'its entity as it was known, folded anew',
}

/** What may have been on any of the days of which figures are told. */
const anyDay = '2024-01-09/2025-12-31'

const hour = 3_600_000
const began = Date.parse('2024-01-09T14:00:00Z')
const publishers = [
  'SNAI',
  'Policía Nacional',
  'Ministerio del Interior',
  'Fiscalía',
  'Primicias',
  'Cruz Roja',
]
const measures = ['killed', 'injured', 'held', 'freed'] as const

/**
 * Told one after another, an hour apart; one in ten is of up to thirty days before. The report is of a time of its own,
 * and so is its confirmation, if there is one.
 */
function linesOf(events: number, reported: string, confirmed?: string): string[] {
  const random = createRandom(1)
  const of = { kind: 'incident', id: 'pabellones' }
  const told = (command: string, when: string): object => ({
    ...of,
    command,
    when,
    zone: 'America/Guayaquil',
    source: { publisher: 'Primicias', medium: 'press' },
    data: { type: 'riot', title: 'Motines' },
  })
  const lines = [told('report', reported)]
  if (confirmed !== undefined) lines.push(told('confirm', confirmed))
  for (let number = lines.length; number < events; number++) {
    const late = random.below(10) === 0 ? random.below(Math.min(number, 720)) : 0
    lines.push({
      ...of,
      command: 'report-figure',
      when: new Date(began + (number - late) * hour).toISOString(),
      source: { publisher: random.pick(publishers), medium: 'official_statement' },
      data: {
        measure: random.pick(measures),
        value: { best: random.below(200) },
        ...(random.below(2) === 0 && { scope: `pabellón ${1 + random.below(3)}` }),
      },
    })
  }
  return lines.map((line) => `${JSON.stringify(line)}\n`)
}
