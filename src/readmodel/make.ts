import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { openEvents, type Share } from '../log/events.ts'
import type { Checkpoint } from './batch.ts'
import type { Limits } from './core.ts'
import { mostParts, removeDatabase } from './files.ts'
import { lengthsOf, lengthsOfStates, openReadModelFile } from './file.ts'
import { receive } from './handed.ts'
import { join } from './join.ts'
import type { Order, PartOrder } from './order.ts'
import type { Reach } from './pace.ts'
import { type PartReach, type PartReport, partFingerprint } from './part.ts'
import { type Events, openCore, reachOf } from './store.ts'
import { createStored, type Stored } from './stored.ts'

const mebibyte = 2 ** 20

/** Nobody asks what is being made, so nothing is sorted, and the file follows in large batches. */
export const makingLimits: Limits = {
  atHand: { events: 50_000, bytes: 32 * mebibyte },
  unsaved: { events: 20_000, bytes: 64 * mebibyte },
  waiting: Infinity,
}
/** So many events are taken together, of so many bytes. */
const page = { events: 2000, bytes: 64 * mebibyte }

/** A part of fewer events is not worth a thread. */
const leastOfPart = 25_000

const partsFor = (events: number): number =>
  Math.max(Math.min(mostParts, availableParallelism(), Math.floor(events / leastOfPart)), 1)

const sharesOf = (of: number): Share[] =>
  of < 2 ? [] : Array.from({ length: of }, (_, index) => ({ index, of }))

/** How far the read model in a file came, or all of the parts in which it is made. */
export const reachOfMade = (path: string, events: Events, fingerprint: string): number => {
  let reached = reachOf(path, events, fingerprint)
  for (let of = 2; of <= mostParts; of++) {
    const parts = sharesOf(of).map((share) =>
      reachOf(path, events, partFingerprint(fingerprint, share), share.index),
    )
    reached = Math.max(reached, Math.min(...parts))
  }
  return reached
}

/** So much of the work is making the parts; the rest is joining them. */
const shareOfParts = 0.9

/**
 * Makes a read model from a log, with every event there is when it ends, and says how far it came. What was made before it
 * was broken off is gone on with. Where there is much, several threads make a part each, of a share of the streams.
 */
export const make = async (order: Order, say: (reach: Reach) => void): Promise<void> => {
  const { log, purpose, path, fingerprint } = order
  const events = openEvents(log, purpose, 'read')
  let core = openCore(path, events, fingerprint, makingLimits)
  const head = events.head()
  const all = Math.max(events.count(), 1)
  const told = (position: number, count: number, worth = 1): void =>
    say({ position, head: Math.max(position, head), events: count, share: Math.min(count / all, 1) * worth })
  const shares = core.position() === 0 && head > 0 ? sharesOf(order.parts ?? partsFor(all)) : []
  if (shares.length > 0) {
    await core.close()
    removeDatabase(path, null)
    const whole = await makeParts(order, shares, head, (position, count) =>
      told(position, count, shareOfParts),
    )
    await keepJoined(order, shares, whole)
    if (events.head() === head) {
      events.close()
      told(head, all)
      return
    }
    core = openCore(path, events, fingerprint, makingLimits)
  }
  for (;;) {
    told(core.position(), core.tables.timeline.length())
    const next = events.stretch(core.position(), page)
    if (!next) break
    core.take(events.after(core.position(), next.events))
    // Saving must not fall behind: what waits for it is in memory.
    if (core.isBehind()) await core.save()
  }
  await core.save()
  await core.close()
  events.close()
}

const brokenOff = (): Error => new Error('A part was broken off.')

/** Makes the parts, and what they are together. Each is in its file when this resolves, and the whole in none yet. */
const makeParts = async (
  order: Order,
  shares: readonly Share[],
  upTo: number,
  told: (position: number, events: number) => void,
): Promise<Stored> => {
  const reached: PartReach[] = []
  const parts = shares.map(() => Promise.withResolvers<Stored>())
  const threads = shares.map((share) => {
    const workerData: PartOrder = { ...order, share, upTo }
    const thread = new Worker(new URL('part-thread.ts', import.meta.url), {
      workerData,
      // What is made for an entity is to be forgotten before it is taken for something that lasts.
      resourceLimits: { maxYoungGenerationSizeMb: 96 },
    })
    thread.on('message', (report: PartReport) => {
      if ('made' in report) {
        const part = createStored()
        receive(part.kept, report.made)
        parts[share.index]!.resolve(part)
        return
      }
      reached[share.index] = report.reach
      if (Object.keys(reached).length < shares.length) return
      told(
        Math.min(...reached.map(({ position }) => position)),
        reached.reduce((sum, { events }) => sum + events, 0),
      )
    })
    return thread
  })
  const ended = Promise.all(threads.map((thread) => once(thread, 'exit')))
  try {
    const whole = createStored()
    const early = ended.then(() => Promise.reject(brokenOff()))
    join(whole, await Promise.race([Promise.all(parts.map(({ promise }) => promise)), early]))
    await ended
    return whole
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()))
  }
}

/** Writes what parts are together, and removes what each had of it. */
const keepJoined = async (
  { path, fingerprint }: Order,
  shares: readonly Share[],
  { kept }: Stored,
): Promise<void> => {
  const files = shares.map(({ index }) => openReadModelFile(path, index))
  const checkpoints = files.flatMap((file) => file.checkpoint() ?? [])
  const ends = files.flatMap((file) => file.stateEnds())
  await Promise.all(files.map((file) => file.close()))
  const kepts = checkpoints.map(({ lengths }) => lengths)
  for (const [name, length] of Object.entries(lengthsOf(kept)))
    if (kepts.reduce((sum, of) => sum + (of[name] ?? 0), 0) < length) throw brokenOff()
  const file = openReadModelFile(path, null, true)
  await file.write({
    checkpoint: {
      ...newestOf(checkpoints),
      fingerprint,
      lengths: { ...lengthsOf(kept), ...lengthsOfStates(ends) },
    },
    pieces: file.grown(kept),
    states: [],
  })
  await file.close()
  for (const { index } of shares) removeDatabase(path, index)
}

/** The newest event of all parts, and of all the types that no projection knows. */
const newestOf = (
  checkpoints: readonly Checkpoint[],
): Pick<Checkpoint, 'position' | 'eventId' | 'unknownTypes'> => {
  const unknownTypes: Record<string, number> = {}
  for (const checkpoint of checkpoints)
    for (const [type, count] of Object.entries(checkpoint.unknownTypes))
      unknownTypes[type] = (unknownTypes[type] ?? 0) + count
  const { position, eventId } = checkpoints.reduce((one, other) =>
    one.position > other.position ? one : other,
  )
  return { position, eventId, unknownTypes }
}
