import type { Command } from 'commander'
import { LedgerError } from '../errors.ts'
import { type Copied, copyLedger, type Step } from '../ledger/copy.ts'
import { millisecondsOf } from '../time/instant.ts'
import { openEnd, placeOf, requireTwo } from './end.ts'
import { optionsOf, requireLocal } from './options.ts'
import { createPace, type Paced } from './pace.ts'
import { signalled } from './serve.ts'
import { put, say, tell } from './terminal.ts'

type Options = { from?: string; to?: string; fromName?: string; toName?: string; json?: true }

const doing: Record<Step['phase'], string> = {
  reading: 'reading',
  comparing: 'comparing what is there',
  copying: 'copying',
  checking: 'comparing both ends',
}

const number = (value: number): string => value.toLocaleString('en')

const timeText = (seconds: number): string => {
  const [minutes, rest] = [Math.floor(seconds / 60), Math.round(seconds % 60)]
  return minutes === 0 ? `${rest} s` : `${minutes} min ${rest} s`
}

const stepText = ({ phase, position, head, events, eventsPerSecond, secondsLeft }: Paced): string => {
  const at = `${doing[phase]}: position ${number(position)} of ${number(head)}`
  const pace = events === 0 ? '' : `, ${number(events)} events, ${number(eventsPerSecond)}/s`
  return `${at}${pace}${secondsLeft === null ? '' : `, ${timeText(secondsLeft)} left`}`
}

const show = async (steps: AsyncIterable<Step | Copied>, isJson: boolean): Promise<void> => {
  const { clock } = await import('../main.ts')
  const pacedOf = createPace(() => millisecondsOf(clock()))
  const { stderr } = process
  const clear = stderr.isTTY ? '\r\u001B[2K' : ''
  for await (const step of steps) {
    if ('done' in step) {
      if (clear) stderr.write(clear)
      if (step.leftOut.length > 0) await tell(leftOutText(step))
      await (isJson ? put(`${JSON.stringify({ ...step, compared: true })}\n`) : say(summaryText(step)))
      continue
    }
    const paced = pacedOf(step)
    if (paced === null) continue
    if (isJson) await put(`${JSON.stringify(paced)}\n`)
    else if (clear) stderr.write(clear + stepText(paced).slice(0, Math.max(20, (stderr.columns || 80) - 1)))
  }
}

const summaryText = ({ events, there, copied, position }: Copied): string =>
  `${events} events: ${there} were there, ${copied} copied; newest position ${position}.\n` +
  'Both ends were compared: every event is equal but for its position.'

const leftOutText = ({ leftOut: [first, ...more] }: Copied): string =>
  `Left out, as it is no event of a ledger: what is at position ${number(first!.position)} of the source` +
  `${more.length === 0 ? '' : `, and at ${number(more.length)} others`}. ${first!.why}`

const copy = async ({ from, to, fromName, toName, json }: Options): Promise<void> => {
  if (from === undefined && to === undefined)
    throw new LedgerError(
      'invalid',
      'Name the other end: --from or --to, or both; what is left out is LEDGER_LOG.',
    )
  const { clock, settings } = await import('../main.ts')
  const given = settings()
  const source = placeOf('--from', { log: from ?? given.LEDGER_LOG, name: fromName ?? given.LEDGER_NAME })
  const target = placeOf('--to', { log: to ?? given.LEDGER_LOG, name: toName ?? given.LEDGER_NAME })
  requireTwo(source, target)
  const breaking = new AbortController()
  void signalled().then(() => breaking.abort())
  const first = await openEnd(source, given, { clock, isSource: true })
  try {
    const isTwin = source.name === target.name && [source, target].every(({ log }) => log.startsWith('esdb'))
    const second = await openEnd(target, given, { clock, isSource: false, isTwin })
    try {
      await tell(
        `${first.end.name} is copied to ${second.end.name}. Nothing else may write to either until this ends.`,
      )
      await show(copyLedger(first.end, second.end, breaking.signal), json ?? false)
    } finally {
      await second.close()
    }
  } finally {
    await first.close()
  }
}

/** `copy`: moves a ledger to another log, a file or a server. */
export const addCopy = (program: Command): void => {
  program
    .command('copy')
    .description(
      'copy the whole ledger to another log, a file or a server, and compare both; said again it goes on where it was broken off',
    )
    .option('--from <log>', 'where it is: sqlite:<path> or esdb://… (default: LEDGER_LOG)')
    .option('--to <log>', 'where it goes: a log that is empty, or that this copy began (default: LEDGER_LOG)')
    .option('--from-name <name>', 'the name of the ledger on the server it is on (default: LEDGER_NAME)')
    .option('--to-name <name>', 'the name of the ledger on the server it goes to (default: LEDGER_NAME)')
    .option('--json', 'how far it is, and the end, as lines of JSON')
    .action((_own: unknown, self: Command) => {
      const options = optionsOf<Options>(self)
      requireLocal(options, 'copy', 'the logs that --from and --to name')
      return copy(options)
    })
}
