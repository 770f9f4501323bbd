import { start } from './child.ts'
import { filled } from './filled.ts'
import { median, medianRatio, percentile, type Result } from './measure.ts'
import type { Options } from './options.ts'
import type { Rebuilt } from './rebuilt.ts'

/**
 * Making every version of every entity anew from a log, each round in a process of its own. Beside it, in turns,
 * reading the same log once and the JSON of each event.
 */
export const rebuild = async ({ rounds, events = 1_000_000, nodeOptions }: Options): Promise<Result> => {
  const path = filled(events)
  const once = async (what: 'rebuild' | 'read'): Promise<Rebuilt> => {
    const child = start('rebuilt.ts', [path], nodeOptions)
    const rebuilt = await child.ask<Rebuilt>(what)
    await child.end()
    if (rebuilt.events !== events) throw new Error(`${what} saw ${rebuilt.events} events of ${events}`)
    return rebuilt
  }

  // So that the file is in memory for both.
  await once('read')
  const found = { rebuild: [] as Rebuilt[], read: [] as Rebuilt[] }
  for (let round = 0; round < rounds; round++)
    for (const what of round % 2 === 0 ? (['rebuild', 'read'] as const) : (['read', 'rebuild'] as const))
      found[what].push(await once(what))

  const seconds = (of: readonly Rebuilt[]): number[] => of.map((one) => one.seconds)
  const lineOf = (what: string, of: readonly Rebuilt[]) => ({
    what,
    unit: 's',
    median: median(seconds(of)),
    least: percentile(seconds(of), 0.1),
    most: percentile(seconds(of), 100),
    'CPU s': median(of.map(({ cpu }) => cpu)),
    'resident MiB at most': median(of.map(({ resident }) => resident)),
  })
  return {
    section: 'rebuild',
    conditions: { rounds, events },
    measured: [
      lineOf('rebuild of every projection', found.rebuild),
      lineOf('reading the log and JSON.parse', found.read),
    ],
    ratios: { 'time: rebuild / reading': medianRatio(seconds(found.rebuild), seconds(found.read)) },
  }
}
