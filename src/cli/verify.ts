import type { Command } from 'commander'
import { LedgerError } from '../errors.ts'
import { linesOf as linesOfFile } from '../ledger/lines.ts'
import { type Audit, createAudit, type Finding } from './audit.ts'
import { type Client, requireLedger, withClient } from './client.ts'
import { eventsOf, headOf } from './events.ts'
import { type Source, sourceOf } from './file.ts'
import { optionsOf } from './options.ts'
import { plain, put, say } from './terminal.ts'

type Options = { json?: true }

/** What an audit found, each finding at a position or a line. */
type Found = ReturnType<Audit['end']>

const auditServed = async (client: Client): Promise<Found> => {
  const audit = createAudit({ positions: true })
  for await (const event of eventsOf(client, 0, await headOf(client))) audit.take(event.position, event)
  return audit.end()
}

/** Reads the stored texts themselves: a ledger with a fault in it may be one that cannot be opened to be asked. */
const auditHere = async (): Promise<Found> => {
  const [{ settings }, { openEvents }, { lock }] = await Promise.all([
    import('../main.ts'),
    import('../log/events.ts'),
    import('../log/lock.ts'),
  ])
  const given = settings()
  requireLedger(given)
  if (!given.LEDGER_LOG.startsWith('sqlite:'))
    throw new LedgerError(
      'invalid',
      'A ledger on a server is verified through a service of it: give its --url.',
    )
  const path = given.LEDGER_LOG.slice('sqlite:'.length)
  const owned = lock(path)
  try {
    const table = openEvents(path, 'log')
    const audit = createAudit({ positions: false })
    let last = 0
    try {
      for (const row of table.rows()) {
        last = row.position
        takeLine(audit, last, row.text)
        audit.column(last, row)
      }
    } catch (error) {
      audit.fault(last + 1, `cannot be read, nor what follows: ${(error as Error).message}`)
    }
    table.close()
    return audit.end()
  } finally {
    owned.release()
  }
}

const takeLine = (audit: Audit, number: number, text: string): void => {
  let event: unknown
  try {
    event = JSON.parse(text)
  } catch {
    return audit.fault(number, 'is no JSON')
  }
  audit.take(number, event)
}

const auditFile = async ({ chunks }: Source): Promise<Found> => {
  const audit = createAudit({ positions: false })
  for await (const line of linesOfFile(chunks))
    if ('fault' in line) audit.fault(line.number, line.fault.message)
    else takeLine(audit, line.number, line.text)
  return audit.end()
}

const show = ({ place, stream, eventId, finding }: Finding, what: string): Promise<void> =>
  say(
    [`${what} ${place}`, ...(stream === null ? [] : [plain(stream)]), plain(finding)].join(': ') +
      (eventId === null ? '' : ` (event ${plain(eventId)})`),
  )

const tellOf = async (found: Found, what: 'position' | 'line', { json }: Options): Promise<void> => {
  const { events, streams, findings } = found
  for (const { place, ...finding } of findings)
    if (json) await put(`${JSON.stringify({ [what]: place, ...finding })}\n`)
    else await show({ place, ...finding }, what)
  const summary = { done: true, events, streams, findings: findings.length }
  if (json) await put(`${JSON.stringify(summary)}\n`)
  else
    await say(
      `${events} events in ${streams} streams: ${findings.length === 0 ? 'no' : findings.length} findings`,
    )
  if (findings.length > 0) process.exitCode = 1
}

/** `verify`: checks the whole log, or an export of it, and lists everything that is wrong. */
export const addVerify = (program: Command): void => {
  program
    .command('verify')
    .argument('[file]', 'an export of the whole ledger to check instead; - reads standard input')
    .description(
      'check every event: its form, order, revisions, ids, keys and what it names; exits 1 for findings',
    )
    .option('--json', 'the findings as lines of JSON')
    .action(async (file: string | undefined, _own: unknown, self: Command) => {
      const options = optionsOf<Options>(self)
      if (file !== undefined) return tellOf(await auditFile(await sourceOf(file)), 'line', options)
      const { url } = options
      const found = url === undefined ? await auditHere() : await withClient(url, auditServed)
      await tellOf(found, 'position', options)
    })
}
