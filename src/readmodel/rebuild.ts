import { randomInt } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { projections } from '../../projections/index.ts'
import { LedgerError } from '../errors.ts'
import type { Purpose } from '../log/file.ts'
import { instantOf } from '../time/instant.ts'
import type { Core } from './core.ts'
import { removeDatabase } from './database.ts'
import type { Model } from './model.ts'
import type { Order, Report } from './rebuilding-thread.ts'
import { type Events, openCore } from './store.ts'

/** How far a read model that is made anew has come. */
export type Progress = {
  position: number
  head: number
  eventsPerSecond: number | null
  secondsLeft: number | null
}

/** Makes the read model anew beside the one that answers. */
export type Rebuild = {
  /** Begins, or goes on where it was broken off; what runs already goes on. Resolves when the new one answers. */
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
  events: Events
  /** The file of the log or of its replica, and the two in which a read model may be; the model answers from the first. */
  log: string
  purpose?: Purpose
  files: readonly [string, string]
  fingerprint: string
  /** A clock that only measures how long something takes, in milliseconds. */
  ticks: () => number
}

/** At so many coordinates both must answer alike before the new one takes over. */
const samples = 40
const page = 500

export const createRebuild = (parts: RebuildParts): Rebuild => {
  const { model, events, log, purpose = 'log', fingerprint, ticks } = parts
  let [live, beside] = parts.files
  let running: Promise<void> | null = null
  let thread: Worker | null = null
  let progress: Progress | null = null
  let fault: string | null = null
  let isStopped = false

  /** The thread's work: ends when the file beside has every event there was. */
  const made = async (): Promise<void> => {
    const order: Order = { log, purpose, path: beside, fingerprint }
    const worker = new Worker(new URL('rebuilding-thread.ts', import.meta.url), { workerData: order })
    thread = worker
    let first: { position: number; at: number } | null = null
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    worker.on('message', ({ position, head, done }: Report) => {
      first ??= { position, at: ticks() }
      const seconds = (ticks() - first.at) / 1000
      const rate = seconds > 0 && position > first.position ? (position - first.position) / seconds : null
      progress = {
        position,
        head,
        eventsPerSecond: rate && Math.round(rate),
        secondsLeft: rate && Math.ceil((head - position) / rate),
      }
      if (done) resolve()
    })
    worker.on('error', reject)
    worker.on('exit', () => reject(new Error('It was broken off; the next one goes on from there.')))
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

  const takeOver = async (): Promise<void> => {
    const next = openCore(beside, events, fingerprint)
    try {
      await caughtUp(next)
      for (let sample = 0; sample < samples; sample++) {
        const difference = differenceAt(randomCoordinate(next), next, model.core())
        if (difference) throw new LedgerError('internal', difference)
        await nextTurn()
      }
      await caughtUp(next)
      if (isStopped) throw new Error('It was broken off; the next one goes on from there.')
      // Nothing can come between the last event and this: both are one step.
      next.take(events.after(next.position(), page).filter(({ position }) => position <= model.position()))
    } catch (error) {
      await next.close()
      throw error
    }
    const before = model.exchange(next)
    await before.close()
    removeDatabase(live)
    ;[live, beside] = [beside, live]
  }

  const run = async (): Promise<void> => {
    fault = null
    progress = { position: 0, head: model.position(), eventsPerSecond: null, secondsLeft: null }
    try {
      await made()
      await takeOver()
    } catch (error) {
      fault = (error as Error).message
      throw error
    } finally {
      progress = null
      running = null
    }
  }

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

type Coordinate = Parameters<Core['list']>[1]

/** Somewhere in what is recorded: the beginning of a version, as known after some event. */
const randomCoordinate = ({ tables: { timeline, rectangles } }: Core): Coordinate => {
  const { from } = rectangles.columns
  const at = from.length === 0 ? 0 : from.values[randomInt(from.length)]!
  const { position } = timeline.columns
  return {
    asOf: instantOf(at),
    position: position.length === 0 ? 0 : position.values[randomInt(position.length)]!,
  }
}

/** How two answer differently at a coordinate; null: they do not. */
const differenceAt = (coordinate: Coordinate, next: Core, live: Core): string | null => {
  for (const projection of projections) {
    const asked = [
      projection,
      coordinate,
      { status: 'any', reality: 'actual' },
      { after: null, limit: 100 },
    ] as const
    const [one, other] = [next, live].map((core) => JSON.stringify(core.list(...asked)))
    if (one !== other)
      return (
        `What was made anew answers otherwise about ${projection.kind.plural} at ${coordinate.asOf}, position ` +
        `${coordinate.position}: crisis-ledger verify-read-model says which is wrong.`
      )
  }
  return null
}
