import type { Projection } from '../../projections/projection.ts'
import type { Entity } from '../answer/entity.ts'
import { entityOf } from '../answer/entity.ts'
import type { Filter } from '../answer/filter.ts'
import type { Coordinate, Page } from '../answer/list.ts'
import type { Instant } from '../time/instant.ts'
import type { Event } from '../vocabulary/envelope.ts'
import { createDesk } from './desk.ts'
import { openReadModelFile, type ReadModelFile } from './file.ts'
import { fingerprint as currentFingerprint } from './fingerprint.ts'
import { type Listed, listed } from './listed.ts'
import { createNarrow, type Narrow } from './narrow.ts'
import { createProjector } from './projector.ts'
import { createSuppositions } from './suppositions.ts'
import { loadTables, type Tables } from './tables.ts'

/** Where the events of a stream are read, and when one was recorded. */
export type History = {
  stream(name: string): Event[]
  recordedAtOf(position: number): Instant | null
}

/**
 * The read model: versions of every entity with what finds them, made from the log, disposable, and never ahead of it.
 * What it answers is what the definition in `src/answer` answers.
 */
export type Model = Narrow & {
  /** Takes events in the order of their positions; those it has are passed over. */
  apply(events: readonly Event[]): void
  /**
   * What an entity will be with one event more, told by whoever folded that to decide: on what there is now, or on what
   * was supposed last. Should that event come next, nothing is folded again.
   */
  suppose(after: Entity): void
  entity(stream: string): Entity | undefined
  /** The entities of a kind that a filter finds, ordered by id, and how many there are of each status. */
  list(projection: Projection, coordinate: Coordinate, filter: Filter, page: Page, ended?: boolean): Listed
  /** The position up to which every event is in the answers; 0 before the first. */
  position(): number
  /** The newest `recordedAt`; null before the first event. */
  newest(): Instant | null
  /** Resolves when the answers have reached a position; rejects with the signal's reason. */
  reached(position: number, signal?: AbortSignal): Promise<void>
  /** Calls a handler with events once they are in the answers, until what it gives is called. A handler never throws. */
  subscribe(handler: (events: readonly Event[]) => void): () => void
  /** How many events are of types that no projection knows, by type. */
  unknownTypes(): Readonly<Record<string, number>>
  tables: Tables
  /** Brings its file up to the answers. */
  save(): void
  close(): void
}

/** How much the read model keeps waiting, or at hand. */
export type Limits = {
  /** Entities at hand have so many events together: some hundred megabytes at the most. */
  atHand: number
  /** The file follows when so many events are in the answers and not in it. */
  unsaved: number
  /** So many rectangles of a kind may wait to be sorted into the index. */
  waiting: number
}

const usual: Limits = { atHand: 100_000, unsaved: 5_000, waiting: 2048 }

export const createModel = (
  history: History,
  file: ReadModelFile = openReadModelFile(null),
  fingerprint = currentFingerprint(),
  limits: Limits = usual,
): Model => {
  const tables = loadTables(file, limits.waiting)
  const { timeline, registry, rectangles } = tables
  const desk = createDesk((stream) => {
    const registered = registry.of(stream)
    if (!registered) return undefined
    const events = history.stream(stream).slice(0, registered.events.length)
    return {
      entity: entityOf(events),
      registered,
      current: rectangles.current(registered.number),
      texts: new Map(),
      written: new Map(),
      said: null,
    }
  }, limits.atHand)
  const suppositions = createSuppositions()
  const take = createProjector(tables, desk, suppositions)
  const waiting = new Set<{ position: number; resolve: () => void }>()
  const handlers = new Set<(events: readonly Event[]) => void>()
  let position = timeline.position()
  let newest = history.recordedAtOf(position)
  let newestId = file.checkpoint()?.eventId ?? ''
  let unsaved = 0

  const save = () => {
    if (unsaved === 0) return
    const { states, vocables, unknownTypes } = tables
    file.save(
      { position, eventId: newestId, fingerprint, unknownTypes: Object.fromEntries(unknownTypes) },
      tables.kept,
      { states: states.fresh(), words: vocables.fresh() },
    )
    states.saved()
    vocables.saved()
    unsaved = 0
  }

  return {
    ...createNarrow(tables),
    tables,
    apply(events) {
      const taken = events.filter((event) => event.position > position)
      for (const event of taken) {
        take(event)
        ;({ position, recordedAt: newest, id: newestId } = event)
      }
      unsaved += taken.length
      if (unsaved >= limits.unsaved) save()
      for (const waiter of waiting)
        if (waiter.position <= position) {
          waiting.delete(waiter)
          waiter.resolve()
        }
      if (taken.length > 0) for (const handler of handlers) handler(taken)
    },
    suppose: (after) => suppositions.add(after, desk.get(after.stream)?.entity),
    entity: (stream) => desk.get(stream)?.entity,
    list: (projection, coordinate, filter, page, ended) =>
      listed(tables, projection, coordinate, filter, page, ended),
    position: () => position,
    newest: () => newest,
    reached(wanted, signal) {
      if (wanted <= position) return Promise.resolve()
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const waiter = { position: wanted, resolve }
      waiting.add(waiter)
      signal?.addEventListener('abort', () => {
        waiting.delete(waiter)
        reject(signal.reason as Error)
      })
      return promise
    },
    subscribe(handler) {
      handlers.add(handler)
      return () => void handlers.delete(handler)
    },
    unknownTypes: () => Object.fromEntries(tables.unknownTypes),
    save,
    close: () => {
      save()
      file.close()
    },
  }
}
