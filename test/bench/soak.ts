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

/**
 * A service under a mixed load of writes and questions for ten minutes: a rate that it can bear, so that what grows is
 * its own fault. The memory and the latencies are drawn as they go. What it keeps is looked at before and after that, once
 * what nothing holds is collected; what nothing holds is left to itself in between, as it is where somebody uses it.
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
  const holding = async (): Promise<Held> => {
    const { position, own, objects } = await usage('collected')
    return { position, own: inMiB(own), objects: inMiB(objects) }
  }

  // As many entities are kept at hand as hold so many events, and one of which something was recorded takes more memory
  // than one that was asked for. The memory is looked at when all of them are such.
  await load.ask<Window>({ url, all: true } satisfies Mixed)
  await load.ask<Window>({ url, writes: events } satisfies Mixed)
  const before = await holding()
  // What a collection leaves free is taken again before the next: that is no growth either.
  await load.ask<Window>({ url, writes: Math.ceil(events / 4) } satisfies Mixed)
  await load.ask<Window>({ url, seconds: Math.min(5, seconds) } satisfies Mixed)
  const { position } = await usage()

  const samples: Sample[] = []
  const begin = performance.now()
  while (performance.now() - begin < seconds * 1000) {
    const window = await load.ask<Window>({ url, seconds: windowOf(seconds) } satisfies Mixed)
    const { resident, own, objects } = await usage()
    const minute = (performance.now() - begin) / 60_000
    samples.push({ minute, resident: inMiB(resident), own: inMiB(own), objects: inMiB(objects), window })
  }
  const after = await holding()
  await Promise.all([load.end(), server.end()])

  writeFileSync(join(pictures, 'soak.svg'), pictureOf(samples))
  const [early, late] = [samples.slice(0, samples.length / 2), samples.slice(samples.length / 2)]
  const of = (some: readonly Sample[], kind: string) => some.flatMap(({ window }) => window[kind]!)
  return {
    section: 'soak',
    conditions: {
      seconds,
      'events before': position,
      'events after': after.position,
      'own MiB, what nothing holds collected': `${Math.round(before.own)} at ${before.position} events, ${Math.round(after.own)} at the end`,
      'of them objects': `${Math.round(before.objects)}, ${Math.round(after.objects)} at the end`,
      'bytes kept of an event more':
        ((after.own - before.own) * 2 ** 20) / (after.position - before.position),
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
      'own memory: second half / first half':
        median(late.map(({ own }) => own)) / median(early.map(({ own }) => own)),
      ...Object.fromEntries(
        kinds.map((kind) => [
          `time: second half / first half, ${kind}`,
          median(of(late, kind)) / median(of(early, kind)),
        ]),
      ),
    },
  }
}

const inMiB = (bytes: number): number => bytes / 2 ** 20

/** Its own memory, and objects in that, once what nothing holds any more was collected; in MiB. */
type Held = { position: number; own: number; objects: number }
type Sample = { minute: number; resident: number; own: number; objects: number; window: Window }

const pictureOf = (samples: readonly Sample[]): string => {
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
        { name: 'objects', points: samples.map(({ minute, objects }) => [minute, objects]) },
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
