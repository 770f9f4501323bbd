import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { esdb } from './esdb.ts'
import { figures } from './figures.ts'
import { growth } from './growth.ts'
import { bulkImport } from './import.ts'
import { list } from './list.ts'
import { machine, type Result, rounded, tableOf } from './measure.ts'
import type { Options } from './options.ts'
import { post } from './post.ts'
import { rebuild } from './rebuild.ts'
import { restore } from './restore.ts'
import { soak } from './soak.ts'
import { startUp } from './start.ts'

/** A server is not started here: where none is named, that section is not there. */
const server = process.env['EVENTSTORE_URL']

const sections: Readonly<Record<string, (options: Options) => Promise<Result>>> = {
  post,
  import: bulkImport,
  restore,
  figures,
  rebuild,
  list,
  growth,
  start: startUp,
  soak,
  ...(server !== undefined && { esdb: (options: Options) => esdb(server, options) }),
}

const usage = `npm run bench -- [${Object.keys(sections).join(' | ')}]… [options]

  The section esdb is there where EVENTSTORE_URL names a server.

  --rounds N     rounds of each measurement and of what it is compared with, in turns (default 5)
  --seconds N    how long a round lasts at most (default: each section's own, mostly 4)
  --events N     how large the largest ledger is (default: each section's own)
  --profile DIR  write CPU profiles of the processes measured to a folder
  --dry          leave the results and the pictures as they are; pictures go to a temporary folder`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string' },
    events: { type: 'string' },
    profile: { type: 'string' },
    dry: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const positive = (text: string): number => {
  const value = Number(text)
  if (!(value > 0)) throw new Error(`"${text}" is no number above 0`)
  return value
}

// Whatever is under way is ended when this process ends, and its folders are removed: each listens for that.
process.setMaxListeners(50)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const options: Options = {
  rounds: positive(values.rounds),
  ...(values.seconds !== undefined && { seconds: positive(values.seconds) }),
  ...(values.events !== undefined && { events: positive(values.events) }),
  nodeOptions: values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values.profile}`],
  pictures: values.dry ? mkdtempSync(join(tmpdir(), 'crisis-ledger-pictures-')) : import.meta.dirname,
}

const unknown = positionals.filter((name) => !Object.hasOwn(sections, name))
if (values.help || unknown.length > 0) {
  if (unknown.length > 0) console.error(`There is no section ${unknown.join(', ')}.\n`)
  console.log(usage)
  process.exit(unknown.length > 0 ? 1 : 0)
}

if (values.dry) console.log(`Pictures: ${options.pictures}`)
const results = join(import.meta.dirname, 'results')
mkdirSync(results, { recursive: true })
const where = machine()
console.log(
  `${where.processor}, ${where.cores} cores, ${where.memoryGiB} GiB, Node ${where.node}, ${where.platform}`,
)

for (const [name, measure] of Object.entries(sections)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue
  const result = await measure(options)
  const facts = Object.entries(result.conditions).map(([fact, value]) => `${fact} ${shown(value)}`)
  console.log(`\n${name}: ${facts.join(', ')}\n${tableOf(result.measured)}`)
  for (const [what, ratio] of Object.entries(result.ratios)) console.log(`  ${what}: ${rounded(ratio)}`)
  if (!values.dry)
    writeFileSync(
      join(results, `${name}.json`),
      `${JSON.stringify({ machine: where, ...result }, (_, value: unknown) => digits(value), 2)}\n`,
    )
}

function shown(value: number | string): string {
  return typeof value === 'number' ? rounded(value).toLocaleString('en') : value
}

function digits(value: unknown): unknown {
  return typeof value === 'number' ? rounded(value) : value
}
