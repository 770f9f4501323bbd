import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { largePages } from '../../src/cli/large-pages.js'

/** A process beside this one that answers messages, one at a time. */
export type Child = {
  ask<Answer>(message: unknown): Promise<Answer>
  /** Ends it and waits until it is gone. */
  end(): Promise<void>
}

/** Starts one of the programs of this folder. What it prints goes nowhere, its errors are shown. */
export const start = (
  program: string,
  args: readonly string[],
  nodeOptions: readonly string[] = [],
): Child => {
  const child = fork(join(import.meta.dirname, program), args, {
    execArgv: [...nodeOptions],
    // As the command line has it.
    env: { ...largePages, ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache') },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  // Before what it works on is taken away.
  const cut = () => child.kill('SIGKILL')
  process.prependOnceListener('exit', cut)
  return {
    async ask<Answer>(message: unknown) {
      child.send(message as object)
      return (await answerOf(child)) as Answer
    },
    async end() {
      const gone = once(child, 'exit')
      child.disconnect()
      await gone
      process.off('exit', cut)
    },
  }
}

const answerOf = async (child: ChildProcess): Promise<unknown> => {
  const ended = new AbortController()
  const { signal } = ended
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then(([message]) => message as unknown),
      once(child, 'exit', { signal }).then(([code]) => {
        throw new Error(`A process of the measurement ended with ${code}`)
      }),
    ])
  } finally {
    ended.abort()
  }
}

/** In a child: answers each message of its parent with what the work gives, until the parent is gone. */
export const serveParent = <Message>(work: (message: Message) => object | Promise<object>): void => {
  const answer = async (message: Message): Promise<void> => {
    process.send!(await work(message))
  }
  process.once('disconnect', () => process.exit())
  process.on('message', (message) => void answer(message as Message))
}
