import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** A process that runs a piece of code with everything of `src/log` at hand, and says a line at a time. */
export type Child = {
  process: ChildProcessWithoutNullStreams
  /** The next line it says; rejects with what it complained when it has ended. */
  line(): Promise<string>
  /** How it ended: its code, or the signal. */
  end: Promise<number | NodeJS.Signals>
}

const log = (file: string) => JSON.stringify(`file://${join(import.meta.dirname, '../../src/log', file)}`)
const prelude = `
  import { once } from 'node:events'
  import { setTimeout as wait } from 'node:timers/promises'
  const { lock } = await import(${log('lock.ts')})
  const { sqliteLog } = await import(${log('sqlite.ts')})
  const { draft } = await import(${JSON.stringify(`file://${join(import.meta.dirname, '../contract/draft.ts')}`)})
  const say = (line) => console.log(String(line).replaceAll('\\n', ' '))
  const clock = () => '2024-01-10T12:00:00.000Z'
  const [path] = process.argv.slice(1)
  const forever = () => setInterval(() => {}, 1000)
`

/** Runs code in a process of its own, `path` being what is given; `shell` is what a shell does before it. */
export const run = (code: string, path: string, shell = '', user?: number): Child => {
  const program = [process.execPath, '--no-warnings', '--input-type=module', '-e', prelude + code, path]
  const identity = user === undefined ? {} : { uid: user, gid: user }
  const child = spawn('/bin/sh', ['-c', `${shell}\nexec "$@"`, 'sh', ...program], identity)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  let complaint = ''
  child.stderr.on('data', (chunk) => (complaint += String(chunk)))
  const end = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals)
  return {
    process: child,
    end,
    line: async () => {
      const { done, value } = await lines.next()
      if (done) throw new Error(`The process has ended with ${await end}: ${complaint}`)
      return value
    },
  }
}
