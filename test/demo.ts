import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { masked, printed } from './document.ts'

const here = join(import.meta.dirname, '..')

/** The demo as a document has it, on a free port, and a folder in which its scripts run. */
export type Demo = {
  url: string
  /** What a script prints. Its `npx` is one that knows the project's command only and starts it at once, unless the real one is wanted. */
  run(script: string, npx?: 'real'): Promise<string>
  /** Text without what differs from run to run, the port among it. */
  normal(text: string): string
  close(): Promise<void>
}

/** A folder that looks like that of the project: what a script writes there stays out of it. */
const likeProject = (top: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'crisis-ledger-'))
  for (const name of ['package.json', 'node_modules', 'src', 'projections'])
    symlinkSync(join(top, name), join(folder, name))
  return folder
}

/** Makes a command of a shell script, in a folder of commands, which is made if need be. */
const makeCommand = (bin: string, name: string, script: string): void => {
  mkdirSync(bin, { recursive: true })
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`)
  chmodSync(join(bin, name), 0o755)
}

/** Folders of commands for a script: `npx` in the first, and in the second `curl` where there is none. */
const commands = (folder: string): [string, string] => {
  const [npx, others] = [join(folder, 'npx'), join(folder, 'bin')]
  const bin = join(folder, 'src/cli/bin.js')
  makeCommand(
    npx,
    'npx',
    `[ "$1" = crisis-ledger ] || exit 127\nshift\nexec '${process.execPath}' '${bin}' "$@"`,
  )
  if (spawnSync('curl', ['--version']).error)
    makeCommand(others, 'curl', `exec '${process.execPath}' '${join(here, 'test/curl.js')}' "$@"`)
  return [npx, others]
}

/** Starts the demo of the project, or of a copy of it. */
export const openDemo = async (top: string = here): Promise<Demo> => {
  const folder = likeProject(top)
  const { FORCE_COLOR: _colours, ...inherited } = process.env
  const settings = { LEDGER_HOST: '127.0.0.1', LEDGER_PORT: '0', LEDGER_ZONE: 'UTC', LEDGER_OPERATOR: 'desk' }
  // npm else tells of a newer npm now and then, among what a script prints.
  const quiet = { NO_COLOR: '1', npm_config_update_notifier: 'false' }
  const environment = { ...inherited, ...settings, ...quiet }
  const service = spawn(process.execPath, [join(top, 'src/cli/bin.js'), 'demo'], {
    cwd: folder,
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = once(service, 'close')
  let said = ''
  let url: string | undefined
  for await (const chunk of service.stdout.iterator({ destroyOnReturn: false })) {
    said += String(chunk)
    url = /listens on (http:\S+)/.exec(said)?.[1]
    if (url) break
  }
  if (!url) throw new Error(`The demo did not start: ${said}`)
  service.stdout.resume()

  const { port } = new URL(url)
  const onPort = (text: string): string => text.replaceAll('4680', port)
  const [npx, others] = commands(folder)
  const path = `${others}:${process.env['PATH']}`
  return {
    url,
    run: (script, isReal) =>
      printed(onPort(script), folder, { ...environment, PATH: isReal ? path : `${npx}:${path}` }),
    normal: (text) => masked(onPort(text)),
    async close() {
      service.kill('SIGTERM')
      await closed
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
