import { Worker } from 'node:worker_threads'
import type { Told } from './crossing.ts'
import type { Form } from './form.ts'
import type { Place } from './lines.ts'

/** What a thread is told first: what the lines say, and where it goes on. */
export type Begin = { form: Form<unknown>['name']; place: Place }

/** A thread that reads lines. */
export type Reader = {
  /** Whether it has started. Until then, and where it cannot, whoever started it reads on. */
  isReady: () => boolean
  begin: (first: Begin) => void
  /** What the next piece of the file says, or the rest of it: many may be asked for before the first is told. */
  read: (piece: Uint8Array | 'rest') => Promise<Told>
  end: () => Promise<void>
}

/** What it leaves behind is forgotten at once: little room keeps it in the caches. */
const resourceLimits = { maxYoungGenerationSizeMb: 24 }

const usualProgram = new URL('reading-thread.ts', import.meta.url)

export const startReader = (program = usualProgram): Reader => {
  const thread = new Worker(program, { resourceLimits })
  const asked: { resolve: (told: Told) => void; reject: (error: Error) => void }[] = []
  let isReady = false
  let broken: Error | null = null
  thread.once('message', () => {
    isReady = true
    thread.on('message', (told: Told) => asked.shift()!.resolve(told))
  })
  thread.on('error', (error: Error) => (broken = error))
  // What it told before it failed may come after that, and always before its end.
  thread.on('exit', () => {
    if (broken) for (const { reject } of asked.splice(0)) reject(broken)
  })
  return {
    isReady: () => isReady,
    begin: (first) => thread.postMessage(first),
    read: (piece) =>
      new Promise((resolve, reject) => {
        if (broken) return reject(broken)
        asked.push({ resolve, reject })
        if (piece === 'rest') return thread.postMessage(piece)
        // A piece of its own crosses without a copy, and without what lies beside it.
        const own = Uint8Array.prototype.slice.call(piece)
        thread.postMessage(own, [own.buffer])
      }),
    end: async () => void (await thread.terminate()),
  }
}
