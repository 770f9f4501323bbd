import { statSync } from 'node:fs'
import { Worker } from 'node:worker_threads'

/** Brings what was committed from the WAL into the file, beside whoever commits: they would wait for the disk twice. */
export type Checkpoints = {
  /** So many events more are committed. Throws nothing. */
  committed(events: number): void
  /** Resolves when nobody has the file open any more but who commits. */
  end(): Promise<void>
}

/** A file, by its path, and which one that was when it was opened. */
export type OpenedFile = { path: string; device: bigint; number: bigint }

/** The file that is at a path now; null: none is. */
export const fileAt = (path: string): OpenedFile | null => {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false })
  return found ? { path, device: found.dev, number: found.ino } : null
}

/** What is in memory needs none. */
const none: Checkpoints = { committed: () => undefined, end: async () => undefined }

/** After so many events: some MiB. */
const often = 2000

/** It does little. */
const resourceLimits = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 }

const usualProgram = new URL('checkpointing-thread.ts', import.meta.url)

/**
 * Of the file at a path, which whoever commits has open. Where the thread fails, or another file is at the path by then, who
 * commits does its work: SQLite does that by itself once the WAL is large.
 */
export const createCheckpoints = (path: string, program = usualProgram): Checkpoints => {
  const workerData = fileAt(path)
  if (!workerData) return none
  let thread: Worker | null = null
  let isUnderWay = false
  let waiting = 0

  const start = (): Worker => {
    const started = new Worker(program, { workerData, resourceLimits })
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
      try {
        thread ??= start()
        thread.postMessage('checkpoint')
      } catch {
        // A system may let nobody start another thread. It stays under way here as well.
      }
    },
    end: async () => void (await thread?.terminate()),
  }
}
