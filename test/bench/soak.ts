import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { start } from './child.ts'
import { filledCopy } from './filled.ts'
import { temporaryFolder } from './folder.ts'
import { median, type Measured, percentile, type Result } from './measure.ts'
import { kinds, type Mixed, type Window } from './mixed.ts'
import { asServed, type Options } from './options.ts'
import { plot } from './plot.ts'
import type { Asked, Usage } from './served.ts'

/** So long one point of the curves lasts, in seconds. */
const windowOf = (seconds: number): number => Math.max(1, seconds / 60)
/** After so many of them what nothing holds any more is collected: what is left then grows only by what is kept. */
const windowsBetween = 6

/**
 * A service under a mixed load of writes and questions for ten minutes: a rate that it can bear, so that what grows is
 * its own fault. The memory and the latencies are drawn as they go.
 */
export const soak = async ({
  seconds = 600,
  events = 100_000,
  nodeOptions,
  pictures,
}: Options): Promise<Result> => {
  using folder = temporaryFolder()
  const server = start(
    'served.ts',
    ['ledger', filledCopy(folder.path, events)],
    [...asServed, '--expose-gc', ...nodeOptions],
  )
  const load = start('mixed.ts', [String(events)])
  const usage = (asked: Asked = 'usage') => server.ask<Usage>(asked)
  const { url } = await usage()
  // What is asked for is kept at hand up to a limit: it is reached before the memory is looked at.
  await load.ask<Window>({ url } satisfies Mixed)
  // The first seconds are spent compiling.
  await load.ask<Window>({ url, seconds: Math.min(5, seconds) } satisfies Mixed)

  const holding = async (): Promise<Omit<Held, 'minute'>> => {
    const { own, objects } = await usage('collected')
    return { own: own / 2 ** 20, objects: objects / 2 ** 20 }
  }

  const samples: Sample[] = []
  const held: Held[] = [{ minute: 0, ...(await holding()) }]
  const begin = performance.now()
  while (performance.now() - begin < seconds * 1000) {
    const window = await load.ask<Window>({ url, seconds: windowOf(seconds) } satisfies Mixed)
    const { resident, own } = await usage()
    const minute = (performance.now() - begin) / 60_000
    samples.push({ minute, resident: resident / 2 ** 20, own: own / 2 ** 20, window })
    if (samples.length % windowsBetween === 0) held.push({ minute, ...(await holding()) })
  }
  await Promise.all([load.end(), server.end()])

  writeFileSync(join(pictures, 'soak.svg'), pictureOf(samples, held))
  const [early, late] = [samples.slice(0, samples.length / 2), samples.slice(samples.length / 2)]
  const [half, last] = [held[Math.ceil((held.length - 1) / 2)]!, held.at(-1)!]
  const of = (some: readonly Sample[], kind: string) => some.flatMap(({ window }) => window[kind]!)
  return {
    section: 'soak',
    conditions: {
      seconds,
      'events before': events,
      'events after': events + of(samples, 'write').length,
      'objects, MiB after a collection': `${Math.round(half.objects)} after the first half, ${Math.round(last.objects)} at the end`,
      'own MiB after a collection': `${Math.round(half.own)} after the first half, ${Math.round(last.own)} at the end`,
      'resident MiB at the end, with mapped files': late.at(-1)!.resident,
      plot: 'soak.svg',
    },
    measured: kinds.map((kind): Measured => ({
      what: kind,
      unit: 'ms',
      p50: median(of(samples, kind)),
      p99: percentile(of(samples, kind), 99),
      most: percentile(of(samples, kind), 100),
      requests: of(samples, kind).length,
    })),
    ratios: {
      'own memory after a collection: at the end / after the first half': last.own / half.own,
      ...Object.fromEntries(
        kinds.map((kind) => [
          `time: second half / first half, ${kind}`,
          median(of(late, kind)) / median(of(early, kind)),
        ]),
      ),
    },
  }
}

/** What is left of its own memory, and of objects in that, once what nothing holds any more was collected; in MiB. */
type Held = { minute: number; own: number; objects: number }
type Sample = { minute: number; resident: number; own: number; window: Window }

const pictureOf = (samples: readonly Sample[], held: readonly Held[]): string => {
  const x = { label: 'minutes', scale: 'linear' } as const
  const latencies = (percent: number) =>
    kinds.map((kind) => ({
      name: kind,
      points: samples
        .filter(({ window }) => window[kind]!.length > 0)
        .map(({ minute, window }) => [minute, percentile(window[kind]!, percent)] as const),
    }))
  return plot([
    {
      title: 'Memory of the service under a mixed load',
      x,
      y: { label: 'resident MiB', scale: 'linear' },
      lines: [
        { name: 'its own', points: samples.map(({ minute, own }) => [minute, own]) },
        { name: 'its own, after a collection', points: held.map(({ minute, own }) => [minute, own]) },
        { name: 'objects, after a collection', points: held.map(({ minute, objects }) => [minute, objects]) },
        { name: 'with mapped files', points: samples.map(({ minute, resident }) => [minute, resident]) },
      ],
    },
    {
      title: 'Latency, median',
      x,
      y: { label: 'milliseconds', scale: 'log' },
      lines: latencies(50),
    },
    { title: 'Latency, p99', x, y: { label: 'milliseconds', scale: 'log' }, lines: latencies(99) },
  ])
}
