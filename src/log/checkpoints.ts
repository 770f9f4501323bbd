import { Worker } from 'node:worker_threads'

/** Brings what was committed from the WAL into the file, beside whoever commits: they would wait for the disk twice. */
export type Checkpoints = {
  /** So many events more are committed. */
  committed(events: number): void
  /** Resolves when nobody has the file open any more but who commits. */
  end(): Promise<void>
}

/** After so many events: some MiB. */
const often = 2000

/** It does little. */
const resourceLimits = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 }

const usualProgram = new URL('checkpointing-thread.ts', import.meta.url)

/** Where the thread fails, who commits does its work: SQLite does that by itself once the WAL is large. */
export const createCheckpoints = (path: string, program = usualProgram): Checkpoints => {
  let thread: Worker | null = null
  let isUnderWay = false
  let waiting = 0

  const start = (): Worker => {
    const started = new Worker(program, { workerData: path, resourceLimits })
    started.on('message', () => (isUnderWay = false))
    // It is not asked again, for what it was asked for stays under way.
    started.on('error', () => undefined)
    started.unref()
    return started
  }

  return {
    committed: (events) => {
      waiting += events
      if (waiting < often || isUnderWay) return
      waiting = 0
      isUnderWay = true
      thread ??= start()
      thread.postMessage('checkpoint')
    },
    end: async () => void (await thread?.terminate()),
  }
}
