import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { faultOf } from './fault.ts'
import { type Group, refused, type Settled } from './settle.ts'

/** A group as it is handed to the thread that writes, and how large it is. */
export type Handed = Group & { events: number; bytes: number }

/** So much is committed together at most: enough to share a sync, not so much that others wait long. */
export const most = { events: 1024, bytes: 4 * 1024 * 1024 }

/** Takes from what waits the groups that are committed together. */
export const together = (waiting: (Handed | 'close')[]): Handed[] => {
  let events = 0
  let bytes = 0
  const end = waiting.findIndex((group) => {
    if (group === 'close') return true
    events += group.events
    bytes += group.bytes
    return events > most.events || bytes > most.bytes
  })
  return waiting.splice(0, end < 0 ? waiting.length : Math.max(end, 1)) as Handed[]
}

/** Who writes a log, in a thread of its own that is begun with the first group. */
export type Writer = {
  /** Commits a group, perhaps with others. What became of it is told once it is on the disk, in the order of the groups. */
  write(group: Handed): void
  /** Waits until all is told. */
  close(): Promise<void>
}

/** `told` is called after each commit, with what became of the appends in it. */
export const createWriter = (path: string, told: (settled: Settled) => void): Writer => {
  let thread: Worker | null = null
  let underWay = 0

  const tell = (settled: Settled) => {
    underWay -= settled.outcomes.length
    if (underWay === 0) thread?.unref()
    told(settled)
  }

  const begun = (): Worker => {
    const begin = new Worker(new URL('committing-thread.ts', import.meta.url), { workerData: path })
    begin.on('message', tell)
    begin.on('error', (error) => {
      thread = null
      const outcome = refused(faultOf(error, path))
      tell({ after: 0, outcomes: Array.from({ length: underWay }, () => outcome) })
    })
    return begin
  }

  return {
    write: (group) => {
      thread ??= begun()
      thread.ref()
      underWay += group.appends.length
      thread.postMessage(group)
    },
    close: async () => {
      if (!thread) return
      const ended = once(thread, 'exit')
      thread.ref()
      thread.postMessage('close')
      await ended
    },
  }
}
