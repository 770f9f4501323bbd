import { randomInt } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { isLedgerError, LedgerError } from '../errors.ts'
import type { EventsTable } from '../log/events.ts'
import type { Purpose } from '../log/file.ts'
import { giveBackAll } from './allocator.ts'
import { comparison, stepsOfComparison } from './comparison.ts'
import type { Core } from './core.ts'
import { removeInTurns, removeReadModel } from './files.ts'
import { reachOfMade } from './make.ts'
import type { Order } from './order.ts'
import type { Model } from './model.ts'
import { createPace, type Progress } from './pace.ts'
import type { Report } from './rebuilding-thread.ts'
import { type Events, openCoreInTurns } from './store.ts'

/** Makes the read model anew beside the one that answers, or the first where that has no event yet. */
export type Rebuild = {
  /**
   * Begins, or goes on from what one that was broken off had on the disk; what runs already goes on. Resolves when the new one answers: with all that
   * the one before had, and where that had nothing, with all that the log had when it was made.
   */
  start(): Promise<void>
  /** Null: nothing is made anew. */
  progress(): Progress | null
  /** Why the last one did not come to its end. */
  lastError(): string | null
  /** Breaks off. */
  stop(): Promise<void>
}

export type RebuildParts = {
  model: Model
  events: Events & Pick<EventsTable, 'head'>
  /** The file of the log or of its replica, and the two in which a read model may be; the model answers from the first. */
  log: string
  purpose?: Purpose
  files: readonly [string, string]
  fingerprint: string
  /** A clock that only measures how long something takes, in milliseconds. */
  ticks: () => number
}

/** What was not compared yet answers nothing, also not after a start. */
export const uncompared = (fingerprint: string): string => `${fingerprint}, not compared`

/** So much of the work is to make it, beside one that answers or alone; the rest is to compare it. */
const [shareBeside, shareAlone] = [0.6, 0.8]

const page = 500
const brokenOff = 'It was broken off; the next one goes on from what is on the disk.'

export const createRebuild = (parts: RebuildParts): Rebuild => {
  const { model, events, log, purpose = 'log', fingerprint, ticks } = parts
  let [live, beside] = parts.files
  let running: Promise<void> | null = null
  let thread: Worker | null = null
  let progress: Progress | null = null
  let pace = createPace(ticks)
  let fault: string | null = null
  let isStopped = false

  const shareOfMaking = (): number => (model.position() === 0 ? shareAlone : shareBeside)

  /** The thread's work: ends when the file beside has every event there was. */
  const made = async (): Promise<void> => {
    const order: Order = { log, purpose, path: beside, fingerprint: uncompared(fingerprint) }
    const worker = new Worker(new URL('rebuilding-thread.ts', import.meta.url), { workerData: order })
    thread = worker
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    worker.on('message', ({ done, ...reach }: Report) => {
      progress = pace({ ...reach, share: reach.share * shareOfMaking() })
      if (done) resolve()
    })
    worker.on('error', reject)
    worker.on('exit', () => reject(new Error(brokenOff)))
    try {
      await promise
    } finally {
      thread = null
    }
  }

  const caughtUp = async (next: Core): Promise<void> => {
    while (next.position() < model.position()) {
      next.take(events.after(next.position(), page).filter(({ position }) => position <= model.position()))
      await nextTurn()
    }
  }

  const requireRight = async (next: Core): Promise<void> => {
    await Promise.all([next.prepared(), model.prepared()])
    const { eventsPerSecond } = progress!
    const made = next.tables.timeline.length()
    const all = stepsOfComparison(model.position() === 0)
    let steps = 0
    for (const [difference] of comparison(next, model.core(), events, randomInt)) {
      if (isStopped) throw new Error(brokenOff)
      if (difference) {
        const { about, position, finding } = difference
        throw new LedgerError(
          'internal',
          `What was made anew is wrong about ${about}, known at position ${position}: ${finding}. The next one begins at the beginning.`,
        )
      }
      steps++
      const share = 1 - (1 - shareOfMaking()) * (1 - Math.min(steps / all, 1))
      const position = next.position()
      progress = { ...pace({ position, head: position, events: made, share }), eventsPerSecond }
      await nextTurn()
    }
  }

  const takeOver = async (): Promise<void> => {
    const next = await openCoreInTurns(beside, events, uncompared(fingerprint))
    try {
      await caughtUp(next)
      await requireRight(next)
      await caughtUp(next)
      if (isStopped) throw new Error(brokenOff)
      // Nothing can come between the last event and this: both are one step.
      next.take(events.after(next.position(), page).filter(({ position }) => position <= model.position()))
    } catch (error) {
      await next.close()
      // Whoever begins again must not go on from what is wrong.
      if (isLedgerError(error) && error.code === 'internal') removeReadModel(beside)
      throw error
    }
    next.rename(fingerprint)
    const before = model.exchange(next)
    ;[live, beside] = [beside, live]
    // Whether its file follows is told by what answers, and tried again with what comes. Until then a start needs the other.
    const isSaved = await next.save().then(
      () => true,
      () => false,
    )
    await before.close()
    if (isSaved) await removeInTurns(beside)
  }

  const run = async (): Promise<void> => {
    fault = null
    const [position, head] = [reachOfMade(beside, events, uncompared(fingerprint)), events.head()]
    progress = {
      position,
      head,
      share: 0,
      eventsPerSecond: null,
      secondsLeft: null,
    }
    pace = createPace(ticks)
    try {
      await made()
      await takeOver()
    } catch (error) {
      fault = toldOf(error as Error)
      throw error
    } finally {
      progress = null
      running = null
      giveBackAll()
    }
  }

  /** Why it did not come to its end, and what to do. The first is asked for again by whoever needs it. */
  const toldOf = (error: Error): string =>
    isLedgerError(error) && error.code === 'unavailable' && model.position() > 0
      ? `${error.message} Ask for it again then: it goes on from what is on the disk.`
      : error.message

  return {
    start: () => (running ??= run()),
    progress: () => progress,
    lastError: () => fault,
    stop: async () => {
      isStopped = true
      const worker = thread
      if (worker) await worker.terminate()
      await running?.catch(() => undefined)
    },
  }
}
