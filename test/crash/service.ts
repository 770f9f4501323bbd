import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** A service in a process of its own, that can be killed without a word. */
export type Service = { url: string; isDead(): boolean; kill(): Promise<void> }

/** Services of the ledger in a file, one after the other. */
export type Services = {
  /** Opens the ledger and serves it. Throws with what the process said when it ends before that. */
  open(): Promise<Service>
  /** Begins to open the ledger, and kills the process so many milliseconds later, wherever it is then. */
  killWhileOpening(milliseconds: number): Promise<void>
  /** Kills whoever still lives. */
  end(): Promise<void>
}

export const servicesOf = (file: string): Services => {
  const living = new Set<ChildProcess>()

  const spawned = (): ChildProcess => {
    const child = fork(join(import.meta.dirname, 'victim.ts'), [file], {
      execArgv: [],
      // Half of a start is compiling, which need not be done a hundred times.
      env: { ...process.env, NODE_COMPILE_CACHE: join(dirname(file), 'compiled') },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    living.add(child)
    return child
  }

  const kill = async (child: ChildProcess): Promise<void> => {
    living.delete(child)
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }

  // The next process loads its code while the one before it still serves.
  let standby = spawned()
  const opening = (): ChildProcess => {
    const child = standby
    standby = spawned()
    child.send('open')
    return child
  }

  return {
    async open() {
      const child = opening()
      let said = ''
      child.stderr!.setEncoding('utf8').on('data', (text: string) => (said += text))
      const ended = new AbortController()
      const { signal } = ended
      const url = await Promise.race([
        once(child, 'message', { signal }).then(([message]) => message as string),
        once(child, 'close', { signal }).then(([code]) => {
          throw new Error(`The service ended with ${code} before it served: ${said}`)
        }),
      ]).finally(() => ended.abort())
      let dead = false
      return {
        url,
        isDead: () => dead,
        kill: () => {
          dead = true
          return kill(child)
        },
      }
    },
    async killWhileOpening(milliseconds) {
      const child = opening()
      await pause(milliseconds)
      await kill(child)
    },
    async end() {
      for (const child of living) await kill(child)
    },
  }
}
