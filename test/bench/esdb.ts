import { randomUUID } from 'node:crypto'
import { type Child, start } from './child.ts'
import { median, medianRatio, type Measured, type Result } from './measure.ts'
import type { Options } from './options.ts'
import type { Appends, Asked, CaughtUp } from './shared.ts'

const writers = 64

/**
 * The log on a server: events appended by many writers, each on the server's disk and in the replica before it is
 * acknowledged, and a replica filled from nothing. Beside it, in turns and on the same server, the same calls made with
 * the client alone, which keeps nothing.
 */
export const esdb = async (
  url: string,
  { rounds, seconds = 4, events = 50_000, nodeOptions }: Options,
): Promise<Result> => {
  const [ledger, client] = (['ledger', 'client'] as const).map((way) =>
    start('shared.ts', [way, url, `bench-${way}-${randomUUID()}`], way === 'ledger' ? nodeOptions : []),
  ) as [Child, Child]
  const ask = <Answer>(child: Child, asked: Asked) => child.ask<Answer>(asked)
  const filled = `bench-filled-${randomUUID()}`
  const { version } = await ask<{ version: string }>(client, { do: 'fill', name: filled, events })

  const appends = { ledger: [] as Appends[], client: [] as Appends[] }
  const caughtUp = { ledger: [] as CaughtUp[], client: [] as CaughtUp[] }
  // In the first round code is compiled.
  for (let round = 0; round <= rounds; round++) {
    const turns = [['ledger', ledger] as const, ['client', client] as const]
    for (const [way, child] of round % 2 === 0 ? turns : turns.toReversed())
      appends[way].push(await ask(child, { do: 'append', writers, seconds }))
    for (const [way, child] of round % 2 === 0 ? turns : turns.toReversed())
      caughtUp[way].push(await ask(child, { do: 'catch up', name: filled, events }))
  }
  for (const child of [ledger, client]) await child.end()

  const appended = { ledger: appends.ledger.slice(1), client: appends.client.slice(1) }
  const filling = { ledger: caughtUp.ledger.slice(1), client: caughtUp.client.slice(1) }
  const perSecond = ({ events, seconds }: { events: number; seconds: number }) => events / seconds
  const ratio = (of: readonly CaughtUp[], by: readonly CaughtUp[]) =>
    medianRatio(of.map(perSecond), by.map(perSecond))
  return {
    section: 'esdb',
    conditions: { server: version, rounds, writers, 'seconds a round': seconds, 'events caught up': events },
    measured: [
      appendLine('append, on the disk and in the replica', appended.ledger),
      appendLine('… the client alone', appended.client),
      line('catch-up, into a replica', filling.ledger),
      line('… the client alone, kept nowhere', filling.client),
    ],
    ratios: {
      'appends: ledger / client alone': ratio(appended.ledger, appended.client),
      'catch-up: ledger / client alone': ratio(filling.ledger, filling.client),
    },
  }
}

const line = (what: string, rounds: readonly CaughtUp[]): Measured => {
  const rates = rounds.map(({ events, seconds }) => events / seconds)
  return {
    what,
    unit: 'events/s',
    median: median(rates),
    least: Math.min(...rates),
    most: Math.max(...rates),
    'CPU µs': median(rounds.map(({ cpu, events }) => cpu / events)),
  }
}

const appendLine = (what: string, rounds: readonly Appends[]): Measured => ({
  ...line(what, rounds),
  'p50 ms': median(rounds.map(({ p50 }) => p50)),
  'p99 ms': median(rounds.map(({ p99 }) => p99)),
})
