import { Command } from 'commander'
import project from '../../package.json' with { type: 'json' }
import { settingsHelp } from '../config.ts'
import { isLedgerError } from '../errors.ts'
import { addAsk } from './ask.ts'
import { addCopy } from './copy.ts'
import { addDemo } from './demo.ts'
import { addExport } from './export.ts'
import { addImport } from './import.ts'
import { addKey } from './key.ts'
import { addRebuild } from './rebuild.ts'
import { addRecord } from './record.ts'
import { addReplay } from './replay.ts'
import { addRestore } from './restore.ts'
import { problemLines } from './results.ts'
import { addServe } from './serve.ts'
import { addShow } from './show.ts'
import { addVerify } from './verify.ts'
import { addVerifyReadModel } from './verify-read-model.ts'
import { addVocabulary } from './vocabulary.ts'

/** Whoever read has left, as `head` does: what a shell answers for a process that a broken pipe ended. */
const brokenPipe = 141

const stop = (error: unknown): never => {
  if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(brokenPipe)
  const [first = '', ...more] = isLedgerError(error)
    ? problemLines({ detail: error.message, ...error.members })
    : [error instanceof Error ? error.message : String(error)]
  process.stderr.write([`crisis-ledger: ${first}`, ...more, ''].join('\n'))
  process.exit(1)
}

for (const stream of [process.stdout, process.stderr]) stream.on('error', stop)
process.on('uncaughtException', (error) => {
  const isKnown = isLedgerError(error) || 'code' in error
  const advice = 'if it comes again, crisis-ledger verify lists what is wrong with it.'
  stop(isKnown ? error : new Error(`The ledger could not be worked with (${error.message}): ${advice}`))
})

const settingLines = (): string[] =>
  settingsHelp().map((line) => line.replace(/^(\S+)\s+/, (_, name: string) => `  ${name.padEnd(18)}`))

const program = new Command('crisis-ledger')
  .version(project.version, '-V, --version', 'print the version')
  .description(
    'An event-sourced ledger of a crisis: what happened, when it happened, and when it became known.',
  )
  .option(
    '--url <address>',
    'ask the service there, such as http://127.0.0.1:4680, instead of opening the ledger here',
  )
  .configureHelp({ showGlobalOptions: true, helpWidth: Math.min(110, process.stdout.columns ?? 100) })
  .showHelpAfterError('(crisis-ledger --help lists commands and settings)')
  .addHelpText('after', () => ['\nSettings, from the environment:', ...settingLines()].join('\n'))

for (const add of [
  addServe,
  addDemo,
  addAsk,
  addShow,
  addReplay,
  addRecord,
  addImport,
  addExport,
  addRestore,
  addCopy,
  addVerify,
  addVerifyReadModel,
  addRebuild,
  addKey,
  addVocabulary,
])
  add(program)

await program.parseAsync().catch(stop)
