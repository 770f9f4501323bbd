import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { isLedgerError, LedgerError } from '../errors.ts'
import type { Extent } from '../readmodel/examination.ts'
import type { Difference } from '../readmodel/verification.ts'
import { requireLedger } from './client.ts'
import { optionsOf, requireLocal, whole } from './options.ts'
import { plain, put, say, tell } from './terminal.ts'

type Options = { json?: true; sample: number; all?: true }

/** What was compared, and how much of it is not as it should be. `position`: up to where; null: there is no read model. */
type Summary = { position: number | null; head: number; entities: number; lists: number; findings: number }

type Found = (finding: Difference) => Promise<void>

/** Reads what is stored as it is: nothing is made anew by looking at it. */
const verifyHere = async (extent: Extent, found: Found): Promise<Summary> => {
  const [{ fileOf, settings }, { openEvents }, { lock }, { fingerprint }, store, { examination }] =
    await Promise.all([
      import('../main.ts'),
      import('../log/events.ts'),
      import('../log/lock.ts'),
      import('../readmodel/fingerprint.ts'),
      import('../readmodel/store.ts'),
      import('../readmodel/examination.ts'),
    ])
  const given = settings()
  requireLedger(given)
  const { path, purpose } = fileOf(given)
  if (purpose === 'replica' && !existsSync(path)) throw notFilled(path)
  const owned = lock(path)
  try {
    const events = openEvents(path, purpose)
    if (purpose === 'replica' && events.head() === 0) {
      events.close()
      throw notFilled(path)
    }
    const made = fingerprint()
    const summary: Summary = { position: null, head: events.head(), entities: 0, lists: 0, findings: 0 }
    const tell: Found = (finding) => {
      summary.findings++
      return found(finding)
    }
    const file = store.newest(store.filesBeside(path), events, made).find((one) => existsSync(one))
    try {
      if (file === undefined) return summary
      const core = store.readCore(file, events, made)
      summary.position = core.position()
      for (const { what, found: differences } of examination(core, events, extent, Math.random)) {
        if (what === 'entity') summary.entities++
        if (what === 'list') summary.lists++
        for (const difference of differences) await tell(difference)
      }
      await core.close()
    } catch (error) {
      if (!isLedgerError(error)) throw error
      await tell({ about: 'the file', position: summary.position ?? 0, finding: error.message })
    } finally {
      events.close()
    }
    return summary
  } finally {
    owned.release()
  }
}

const notFilled = (path: string): LedgerError =>
  new LedgerError(
    'not_found',
    `There is nothing to verify: the replica ${path} is not filled yet, which the next start does.`,
  )

const summaryText = ({ position, head, entities, lists, findings }: Summary): string => {
  if (position === null && findings === 0)
    return 'there is no read model: the next start makes it from the log'
  if (position === 0 && head > 0 && findings === 0)
    return `nothing was compared: the read model's file has none of ${head} events yet. A service brings it up to them when it is stopped`
  const reach = position === head ? '' : ` up to position ${position ?? 0} of ${head}`
  const what = `${entities} entities and ${lists} lists compared${reach}`
  return findings === 0
    ? `${what}: no findings`
    : `${what}: ${findings} findings; crisis-ledger rebuild makes the read model anew`
}

const verify = async ({ json, sample, all }: Options): Promise<void> => {
  const { settings } = await import('../main.ts')
  const isReplica = !settings().LEDGER_LOG.startsWith('sqlite:')
  const summary = await verifyHere(all ? 'all' : { sample }, ({ about, position, finding }) =>
    json
      ? put(`${JSON.stringify({ about, position, finding })}\n`)
      : say(`${plain(about)}, known at position ${position}: ${plain(finding)}`),
  )
  if (json) await put(`${JSON.stringify({ done: true, ...summary })}\n`)
  else await say(summaryText(summary))
  if (isReplica)
    await tell(`This is about the replica, up to position ${summary.head}: the server was not asked.`)
  if (summary.findings > 0) process.exitCode = 1
}

/** `verify-read-model`: compares what is stored for the answers with the definition of an answer. */
export const addVerifyReadModel = (program: Command): void => {
  program
    .command('verify-read-model')
    .description(
      'compare the stored answers with what the events make by the definition; exits 1 for findings',
    )
    .option('--sample <entities>', 'so many entities, drawn at random', whole, 1000)
    .option('--all', 'every entity, at each position at which it changed')
    .option('--json', 'the findings as lines of JSON')
    .action((_own: unknown, self: Command) => {
      const options = optionsOf<Options>(self)
      requireLocal(options, 'verify-read-model')
      return verify(options)
    })
}
