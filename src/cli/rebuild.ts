import { setTimeout as pause } from 'node:timers/promises'
import type { Command } from 'commander'
import type { Projections } from '../http/projections.ts'
import { type Client, json as jsonOf, withClient } from './client.ts'
import { optionsOf } from './options.ts'
import { bar, clear } from './progress.ts'
import { signalled } from './serve.ts'
import { plain, put, say, tell } from './terminal.ts'

type Options = { json?: true }

/** So often is asked how far it is, in milliseconds. */
const interval = 250

/** How far it is, in words. */
const progressText = ({
  position,
  head,
  share,
  eventsPerSecond,
  secondsLeft,
}: NonNullable<Projections['progress']>) =>
  [
    `${bar(share)}position ${position} of ${head}`,
    ...(eventsPerSecond === null ? [] : [`${eventsPerSecond.toLocaleString('en')} events/s`]),
    ...(secondsLeft === null ? [] : [`${secondsLeft} s left`]),
  ].join('  ')

const show = async ({ progress }: Projections, json: boolean): Promise<void> => {
  const { stderr } = process
  if (!progress) return
  if (json) await put(`${JSON.stringify(progress)}\n`)
  else if (stderr.isTTY)
    stderr.write(clear + progressText(progress).slice(0, Math.max(20, stderr.columns - 1)))
}

/** Asks again and again, until no answers are being made; null: that was broken off. */
const live = async (client: Client, signal: AbortSignal, json: boolean): Promise<Projections | null> => {
  for (;;) {
    if (signal.aborted) return null
    const now = await jsonOf<Projections>(client, '/v1/projections')
    if (now.status !== 'rebuilding') return now
    await show(now, json)
    await pause(interval, undefined, { signal }).catch(() => undefined)
  }
}

const rebuild = async (client: Client, signal: AbortSignal, json: boolean): Promise<Projections | null> => {
  // One that starts without its read model makes that first, and takes no order meanwhile.
  const before = await live(client, signal, json)
  if (!before) return null
  await show(await jsonOf<Projections>(client, '/v1/projections/rebuild', { method: 'POST' }), json)
  return live(client, signal, json)
}

const told = async (ended: Projections | null, isServed: boolean, json: boolean): Promise<void> => {
  if (!json && process.stderr.isTTY) process.stderr.write(clear)
  if (!ended) {
    process.exitCode = 130
    return tell(
      isServed
        ? 'The service goes on with it.'
        : 'Broken off: the next one goes on from what is on the disk.',
    )
  }
  const { position, lastError } = ended
  if (lastError !== null) process.exitCode = 1
  if (json) return put(`${JSON.stringify({ done: true, position, lastError })}\n`)
  if (lastError !== null) return tell(`crisis-ledger: ${plain(lastError)}`)
  await say(`The read model was made anew, up to position ${position}.`)
}

/** `rebuild`: makes the read model anew from the log, beside the one that answers. */
export const addRebuild = (program: Command): void => {
  program
    .command('rebuild')
    .description('make the answers anew from the log, beside those that are given; exits 1 if that fails')
    .option('--json', 'how far it is as lines of JSON')
    .action(async (_own: unknown, self: Command) => {
      const { json = false, url } = optionsOf<Options>(self)
      const stop = new AbortController()
      void signalled().then(() => stop.abort())
      await withClient(url, async (client) => {
        await told(await rebuild(client, stop.signal, json), url !== undefined, json)
      })
    })
}
