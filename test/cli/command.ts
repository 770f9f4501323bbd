import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, onTestFinished } from 'vitest'

const top = join(import.meta.dirname, '../..')
const bin = join(top, 'src/cli/bin.js')

/** The example ledger, as commands with their record times. */
export const example = join(top, 'src/example/ecuador-peru-2024.ndjson')

/** What a command printed, and its exit code. */
export type Ended = { code: number | null; stdout: string; stderr: string }

/** A place of its own: a folder, and the command that works on the ledger in it. */
export type Place = {
  folder: string
  /** A path in the folder. */
  path(name: string): string
  /** Writes a file of lines, each as JSON unless it is text, and gives its path. */
  file(name: string, lines: readonly unknown[]): string
  run(
    args: readonly string[],
    options?: { input?: string | Uint8Array; env?: Record<string, string>; limit?: string },
  ): Promise<Ended>
  /** `limit`: what a shell does first, and then `"$@"`. */
  start(args: readonly string[], env?: Record<string, string>, limit?: string): ChildProcessWithoutNullStreams
}

/** A place that is removed when the test has finished, and whose processes end then. */
export const place = (): Place => {
  const folder = mkdtempSync(join(tmpdir(), 'crisis-ledger-cli-'))
  const living = new Set<ChildProcessWithoutNullStreams>()
  onTestFinished(async () => {
    for (const child of living) {
      child.kill('SIGKILL')
      await once(child, 'close')
    }
    rmSync(folder, { recursive: true, force: true })
  })

  const path = (name: string) => join(folder, name)
  const start: Place['start'] = (args, env = {}, limit) => {
    const shell = limit === undefined ? [] : ['-c', limit, 'sh', process.execPath]
    const child = spawn(limit === undefined ? process.execPath : '/bin/sh', [...shell, bin, ...args], {
      cwd: folder,
      env: {
        ...clean(process.env),
        LEDGER_LOG: `sqlite:${path('ledger.db')}`,
        LEDGER_PORT: '0',
        // Half of a start is compiling, which need not be done a hundred times.
        NODE_COMPILE_CACHE: join(top, 'node_modules/.cache/crisis-ledger'),
        ...env,
      },
    })
    living.add(child)
    child.once('close', () => living.delete(child))
    return child
  }
  return {
    folder,
    path,
    file(name, lines) {
      const texts = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)))
      writeFileSync(path(name), `${texts.join('\n')}\n`)
      return path(name)
    },
    start,
    async run(args, { input = '', env = {}, limit } = {}) {
      const child = start(args, env, limit)
      const result: Ended = { code: null, stdout: '', stderr: '' }
      child.stdout.setEncoding('utf8').on('data', (text: string) => (result.stdout += text))
      child.stderr.setEncoding('utf8').on('data', (text: string) => (result.stderr += text))
      // A command that refuses at once does not read its input.
      child.stdin.on('error', () => undefined).end(input)
      const [code] = (await once(child, 'close')) as [number | null]
      return { ...result, code }
    },
  }
}

/** The files of a ledger nobody has open. */
const files = (folder: string): string[] =>
  readdirSync(folder).filter((name) => /^ledger\.(db|readmodel-\d\.(db|states(-\d)?))$/.test(name))

/** Places for a file of tests, which calls this itself: their ledger is made for the first and copied for the others. */
export const template = (make: (at: Place) => Promise<unknown>): (() => Promise<Place>) => {
  let folder: string | undefined
  afterAll(() => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  })
  return async () => {
    const at = place()
    if (folder === undefined) {
      await make(at)
      folder = mkdtempSync(join(tmpdir(), 'crisis-ledger-cli-'))
      for (const name of files(at.folder)) copyFileSync(at.path(name), join(folder, name))
    } else for (const name of files(folder)) copyFileSync(join(folder, name), at.path(name))
    return at
  }
}

/** Makes the ledger of a place the example. */
export const restoreExample = async (at: Place): Promise<void> => {
  const { code, stderr } = await at.run(['restore', example])
  if (code !== 0) throw new Error(`The example was not restored: ${stderr}`)
}

/** Whoever runs the tests may have settings of their own. */
const clean = (environment: NodeJS.ProcessEnv): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(environment).filter(([name]) => !/^(LEDGER_|NO_COLOR|FORCE_COLOR)/.test(name)),
  )

/** A service that was started in a place: its address, and how to stop it as an operator does. */
export type Served = {
  url: string
  stderr: () => string
  stop: (signal?: NodeJS.Signals) => Promise<number | null>
}

/** Starts `serve` and waits until it says its address. */
export const serve = async (at: Place, env: Record<string, string> = {}): Promise<Served> => {
  const child = at.start(['serve'], env)
  let said = ''
  child.stdout.resume()
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
      const address = /http:\/\/\S+/.exec(said)?.[0]
      if (address) resolve(address)
    })
    child.once('close', (code) => reject(new Error(`serve ended with ${code}: ${said}`)))
  })
  return {
    url,
    stderr: () => said,
    stop: async (signal = 'SIGTERM') => {
      const closed = once(child, 'close')
      child.kill(signal)
      const [code] = (await closed) as [number | null]
      return code
    },
  }
}

/** The lines of a text, each as JSON. */
export const jsonLines = <T>(text: string): T[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T)

const source = { publisher: 'Ministry', medium: 'official_statement' }

/** A command as a line of an import. */
export const line = (
  kind: string,
  id: string,
  command: string,
  data: object = {},
  body: object = {},
): object => ({
  kind,
  id,
  command,
  source,
  data,
  ...body,
})
