import type { Projection, State } from '../../projections/projection.ts'
import { groupedByStream } from '../answer/by-stream.ts'
import { type Entity, entityOf } from '../answer/entity.ts'
import { knownAt } from '../answer/known.ts'
import { LedgerError } from '../errors.ts'
import type { Instant } from '../time/instant.ts'
import type { Event } from '../vocabulary/envelope.ts'
import type { Bytes } from './bytes.ts'
import { type AtHand, atHand, createDesk, type DeskLimits } from './desk.ts'
import { lengthsOf, lengthsOfStates, type ReadModelFile } from './file.ts'
import type { History } from './history.ts'
import { atOnce, inTurns } from './in-turns.ts'
import { type Asked, type Listed, listed, type Written, writeListed } from './listed.ts'
import { createNarrow, type Narrow } from './narrow.ts'
import { createProjector, type OnTaken } from './projector.ts'
import { createSuppositions } from './suppositions.ts'
import { loadTables, type Tables } from './tables.ts'

/** Where an event of the log stands, and when it was recorded. */
export type Placed = Pick<Event, 'position' | 'recordedAt' | 'id' | 'stream'>

/** An event that stands there; undefined: whoever is asked does not know it. */
export type Again = (one: Placed) => Event | undefined

/** How much the read model keeps waiting, or at hand. */
export type Limits = {
  /** What entities at hand hold together; of so many events more, each as large as it may be, it need not be known yet. */
  atHand: DeskLimits
  unweighed?: number
  /** The file follows when so many events are in the answers and not in it, or texts of states of so many bytes. */
  unsaved: DeskLimits
  /** So many rectangles of a kind may wait to be sorted into the index. */
  waiting: number
}

const mebibyte = 2 ** 20
export const usualLimits: Limits = {
  atHand: { events: 100_000, bytes: 64 * mebibyte },
  unweighed: 16,
  unsaved: { events: 2_000, bytes: 64 * mebibyte },
  waiting: 2048,
}

/**
 * Versions of every entity with what finds them, made from the log by one fingerprint, with its file. What it answers is
 * what the definition in `src/answer` answers.
 */
export type Core = Narrow & {
  /** By what it was made. */
  fingerprint(): string
  /** Has it made by another fingerprint from the next save on. */
  rename(fingerprint: string): void
  tables: Tables
  /** Takes events that follow on those it has, in the order of their positions; a part, those of each stream. */
  take(events: Iterable<Event>): void
  /**
   * As `take`, the events of each stream one after another, each read when its turn comes, from the log where `again` has it not:
   * of many that is faster, for what is made of a thing is soon forgotten. What does not go on is put away then. It lets others
   * have their turns while texts of states that fill the memory are written; nothing may be asked or taken meanwhile.
   */
  takeByStream(placed: readonly Placed[], told?: OnTaken, again?: Again): Promise<void>
  /** The events that stand there. */
  eventsAt(placed: readonly Placed[]): Event[]
  /** See `Model.suppose`. */
  suppose(after: Entity): void
  /** See `Model.putAway`. */
  putAway(streams: Iterable<string>): void
  entity(stream: string): Entity | undefined
  /** The JSON text of a state of an entity: what of it was written before is not written again. */
  textOf(stream: string, state: State): string
  /**
   * Makes ready what finds an answer, and lets others have their turns meanwhile: the first who asks after a start, or after
   * much was recorded, would have everybody wait for it.
   */
  prepared(): Promise<void>
  /** The entities of a kind that a filter finds, ordered by id, and how many there are of each status. */
  list(projection: Projection, ...asked: Asked): Listed
  /** As `list`, its rows written as UTF-8 with commas between them. */
  write(into: Bytes, projection: Projection, ...asked: Asked): Written
  /** The position up to which every event is in the answers; 0 before the first. */
  position(): number
  /** The newest `recordedAt`; null before the first event. */
  newest(): Instant | null
  /**
   * Brings its file up to the answers. Rejects with `unavailable`: the next time it is tried again; and for ever with what
   * left an event half taken, so that it is made again from the file as it was.
   */
  save(): Promise<void>
  /** Writes the texts of states that wait, which must not fill the memory, and nothing yet of what they are of. */
  flush(): Promise<void>
  /** Whether more is not in its file than ought to be. */
  isBehind(): boolean
  /** What kept the file from following, or what it has lost; null: nothing. */
  fault(): Error | null
  /** Saves what it can and lets go of the file. */
  close(): Promise<void>
}

export const createCore = (
  history: History,
  file: ReadModelFile,
  madeBy: string,
  limits: Limits = usualLimits,
  tables: Tables = atOnce(loadTables(file, history, limits.waiting)),
): Core => {
  const { timeline, registry, states, unknownTypes } = tables
  const fetched = (number: number): AtHand => {
    const positions = timeline.columns.position.values
    const events = history.at(Array.from(registry.events(number), (one) => positions[one]!))
    return atHand(entityOf(events), number)
  }
  const desk = createDesk((stream) => registry.of(stream), fetched, limits.atHand, limits.unweighed)
  const suppositions = createSuppositions()
  const project = createProjector(tables, desk, suppositions)
  let newest = history.recordedAtOf(timeline.position())
  let newestId = file.checkpoint()?.eventId ?? ''
  let fingerprint = madeBy
  let unsaved = 0
  let batch: Parameters<ReadModelFile['write']>[0] | null = null
  let saving: Promise<void> | null = null
  let fault: Error | null = null
  let preparing: Promise<void> | null = null
  /** Why an event was left half taken: nothing of that may come into the file. */
  let broken: Error | null = null
  /** Resolves when all that is taken stream by stream is: before, there are gaps in it. */
  let taking: Promise<void> | null = null

  const write = async () => {
    if (!batch) {
      batch = {
        checkpoint: {
          position: timeline.position(),
          eventId: newestId,
          fingerprint,
          unknownTypes: Object.fromEntries(unknownTypes),
          lengths: { ...lengthsOf(tables.kept), ...lengthsOfStates(states.ends()) },
        },
        pieces: file.grown(tables.kept),
        states: states.take(),
      }
      unsaved = 0
    }
    try {
      await file.write(batch)
      fault = null
    } catch (error) {
      fault = error as Error
      throw error
    }
    batch = null
    states.written()
  }

  /** Writes what is to be written by now. Only one is under way. */
  const writeOnce = async (): Promise<void> => {
    saving = write()
    try {
      await saving
    } finally {
      saving = null
    }
  }

  const save = async (): Promise<void> => {
    // What is to be saved is taken at once, unless another is under way: who goes on meanwhile adds nothing to it.
    for (let other = taking ?? saving; other; other = taking ?? saving) await other.catch(() => undefined)
    if (broken) throw broken
    if (unsaved > 0 || batch) await writeOnce()
  }

  const flush = async (): Promise<void> => {
    for (let other = saving; other; other = saving) await other.catch(() => undefined)
    if (broken) throw broken
    batch ??= { checkpoint: null, pieces: [], states: states.take() }
    await writeOnce()
  }

  const isDue = () => unsaved >= limits.unsaved.events || states.waiting() >= limits.unsaved.bytes

  const saveWhenDue = (taken: number) => {
    unsaved += taken
    // What failed is tried again with what comes next.
    if (isDue() && !saving) save().catch(() => undefined)
  }

  /** The number of an event that comes. */
  const numbered = ({ position, recordedAt, id }: Placed): number => {
    if (position > timeline.position()) {
      newest = recordedAt
      newestId = id
    }
    return timeline.add(position)
  }
  const eventsAt = (placed: readonly Placed[]): Event[] => history.at(placed.map(({ position }) => position))
  const takeByStream = async (placed: readonly Placed[], told?: OnTaken, again?: Again): Promise<void> => {
    const numbers = placed.map(numbered)
    let mayFlush = true
    for (const [stream, places] of groupedByStream(placed.map(({ stream }) => stream))) {
      for (const place of places) {
        const one = placed[place]!
        project(again?.(one) ?? eventsAt([one])[0]!, numbers[place]!, told)
        if (!mayFlush || states.waiting() < limits.unsaved.bytes) continue
        // What cannot be written now is with the next save.
        await flush().catch(() => (mayFlush = false))
      }
      // No more of it comes: what is kept of it would outlast what is made of the others.
      desk.putAway(stream, isOver)
    }
  }

  return {
    ...createNarrow(tables),
    fingerprint: () => fingerprint,
    rename: (other) => {
      fingerprint = other
      unsaved++
    },
    tables,
    take: (events) => {
      let taken = 0
      try {
        for (const event of events) {
          project(event, numbered(event))
          taken++
        }
      } catch (error) {
        broken = error as Error
        throw error
      }
      saveWhenDue(taken)
    },
    eventsAt,
    takeByStream: async (placed, told, again) => {
      taking = takeByStream(placed, told, again)
      try {
        await taking
      } catch (error) {
        broken = error as Error
        throw error
      } finally {
        taking = null
      }
      saveWhenDue(placed.length)
    },
    suppose: (after) => suppositions.add(after),
    putAway: (streams) => {
      for (const stream of streams) desk.putAway(stream, isOver)
    },
    entity: (stream) => desk.get(stream)?.entity,
    textOf: (stream, state) => desk.get(stream)?.script.textOf(state) ?? JSON.stringify(state),
    prepared: () =>
      (preparing ??= inTurns(preparation(tables)).finally(() => {
        preparing = null
      })),
    list: (projection, ...asked) => listed(tables, projection, asked),
    write: (into, projection, ...asked) => writeListed(into, tables, projection, asked),
    position: () => timeline.position(),
    newest: () => newest,
    save,
    flush,
    isBehind: isDue,
    fault: () =>
      fault ??
      (states.lost() === 0
        ? null
        : new LedgerError(
            'unavailable',
            `${states.lost()} states of the read model's file cannot be read and were made from the events again: crisis-ledger rebuild mends that.`,
          )),
    close: async () => {
      await save().catch(() => undefined)
      await save().catch(() => undefined)
      await file.close()
    },
  }
}

/** Whether it is nothing that goes on, as far as is known. */
const isOver = (entity: Entity): boolean => {
  const { projection, steps } = knownAt(entity, Number.MAX_SAFE_INTEGER)
  const status = steps.at(-1)?.line.state?.status
  return status === undefined || !projection.active.includes(status)
}

function* preparation({ lexicon, index }: Tables): Generator<void> {
  if (lexicon.prepare()) yield
  yield* index.prepare()
}
