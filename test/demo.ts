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
  /** What a script prints. */
  run(script: string): Promise<string>
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

const commands = (folder: string): string => {
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  if (spawnSync('curl', ['--version']).error) {
    const curl = join(bin, 'curl')
    writeFileSync(curl, `#!/bin/sh\nexec '${process.execPath}' '${join(here, 'test/curl.js')}' "$@"\n`)
    chmodSync(curl, 0o755)
  }
  return bin
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
  const path = `${commands(folder)}:${process.env['PATH']}`
  return {
    url,
    run: (script) => printed(onPort(script), folder, { ...environment, PATH: path }),
    normal: (text) => masked(onPort(text)),
    async close() {
      service.kill('SIGTERM')
      await closed
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
