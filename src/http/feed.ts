import type { Projection } from '../../projections/projection.ts'
import {
  type Course,
  createCourse,
  passedChanges,
  type Passing,
  recordedChanges,
  type Recording,
} from '../answer/course.ts'
import type { Filter } from '../answer/filter.ts'
import type { Coordinate } from '../answer/list.ts'
import { type Instant, millisecondsOf } from '../time/instant.ts'
import type { Event } from '../vocabulary/envelope.ts'
import { allKinds } from '../vocabulary/index.ts'
import type { Outbox } from './outbox.ts'
import { serverSent } from './server-sent.ts'
import type { Service } from './service.ts'

/** What a listener wants to be told of. */
export type Wanted = { projections: readonly Projection[]; filter: Filter }

/** What happens, told to all who listen as it happens. It runs only while somebody does. */
export type Feed = {
  /** Keeps it running until what this gives is called. */
  hold(): () => void
  /**
   * Tells what there is to tell, and gives how far that is: now, and all that is known. Where so much is recorded that
   * it does not keep up, it tells a part, and comes as far as the next event was recorded.
   */
  present(): Coordinate
  /** How far it has told. */
  position(): number
  /** Puts into an outbox what comes from now on, until what this gives is called. */
  join(wanted: Wanted, outbox: Outbox): () => void
}

/** As one who wants this is told of it; null: nothing of it is wanted. */
export const toldOf = (step: Passing | Recording, { projections, filter }: Wanted): Uint8Array | null => {
  const kinds = projections.map(({ kind }) => kind.name)
  if ('event' in step) {
    const { event } = step
    const changes = kinds.includes(event.kind) ? recordedChanges(step, filter) : null
    return changes && serverSent('event', { ...event, changes }, event.position)
  }
  const changes = passedChanges(step, kinds, filter)
  return changes.length === 0 ? null : serverSent('lapse', { at: step.at, asOf: step.at, changes })
}

/** Those who want the same: what they are told is made once. */
type Room = { wanted: Wanted; outboxes: Set<Outbox> }

/** So many events are told in one turn, and of so many bytes, so that others have theirs in between, and those who listen take it. */
const turn = { events: 64, bytes: 256 * 1024 }

/** The longest a timer waits, in milliseconds. What a machine slept through is noticed when the next one ends. */
const longest = 60_000

export type FeedParts = Pick<Service, 'ledger' | 'model' | 'table'>

/** `failed` is told what went wrong; all who listened have been left then, and may come again. */
export const createFeed = ({ ledger, model, table }: FeedParts, failed: (error: unknown) => void): Feed => {
  const rooms = new Map<string, Room>()
  let holders = 0
  let running: { course: Course; unsubscribe: () => void } | null = null
  let timer: NodeJS.Timeout | undefined
  let isScheduled = false
  /** What was read of the table, and is still to be told. */
  let read: Event[] = []

  /** Gives how many bytes that made. */
  const tell = (course: Course, steps: Iterable<Passing | Recording>): number => {
    let made = 0
    for (const step of steps)
      for (const { wanted, outboxes } of rooms.values()) {
        const bytes = toldOf(step, wanted)
        if (bytes === null) continue
        made += bytes.byteLength
        const { position } = course.coordinate()
        for (const outbox of outboxes) outbox.put({ bytes, position })
      }
    return made
  }

  /** Whether that was all: the table may be ahead of the answers. */
  const tellEvents = (course: Course): boolean => {
    const head = model.position()
    const isRead = read.length > 0
    if (!isRead) read = table.after(course.coordinate().position, turn.events)
    const isRest = !isRead && read.length < turn.events
    for (let made = 0; made < turn.bytes;) {
      if (read.length === 0) return isRest
      if (read[0]!.position > head) return true
      made += tell(course, course.record(read.shift()!))
    }
    return false
  }

  const tellTime = (course: Course): Instant => {
    const now = ledger.now()
    tell(course, course.pass(now))
    clearTimeout(timer)
    const next = course.next()
    if (next === null) return now
    const left = millisecondsOf(next) - millisecondsOf(now)
    timer = setTimeout(run, Math.min(left, longest)).unref()
    return now
  }

  /** Time must not come further than events that are still to be told. */
  const tellUpToNext = (course: Course): Instant => {
    const { asOf, position } = course.coordinate()
    const [next] = table.after(position, 1)
    if (!next) return tellTime(course)
    const until = next.recordedAt > asOf ? next.recordedAt : asOf
    tell(course, course.pass(until))
    return until
  }

  /** What fails half-way has been told to some only: all are left, so that nobody misses anything. */
  const allOrNobody = <T>(work: () => T): T => {
    try {
      return work()
    } catch (error) {
      const left = [...rooms.values()].flatMap(({ outboxes }) => [...outboxes])
      stop()
      for (const outbox of left) outbox.end()
      throw error
    }
  }

  const run = () => {
    isScheduled = false
    if (!running) return
    const { course } = running
    try {
      allOrNobody(() => {
        if (tellEvents(course)) tellTime(course)
        else schedule()
      })
    } catch (error) {
      failed(error)
    }
  }

  const schedule = () => {
    if (isScheduled) return
    isScheduled = true
    setImmediate(run)
  }

  const start = (): { course: Course } => {
    const from = { asOf: ledger.now(), position: model.position() }
    const upcoming = allKinds.flatMap(({ name }) => [...model.upcoming(name, from)])
    const course = createCourse({ entity: (stream) => model.entity(stream) }, upcoming, from)
    running = { course, unsubscribe: model.subscribe(schedule) }
    return running
  }

  const stop = () => {
    running?.unsubscribe()
    running = null
    read = []
    rooms.clear()
    clearTimeout(timer)
  }

  return {
    hold: () => {
      holders++
      let held = true
      return () => {
        if (!held) return
        held = false
        if (--holders === 0) stop()
      }
    },
    present: () => {
      const { course } = running ?? start()
      return allOrNobody(() => {
        const asOf = tellEvents(course) ? tellTime(course) : tellUpToNext(course)
        return { asOf, position: course.coordinate().position }
      })
    },
    position: () => (running ?? start()).course.coordinate().position,
    join: (wanted, outbox) => {
      const key = JSON.stringify([wanted.projections.map(({ kind }) => kind.name), wanted.filter])
      const room = rooms.get(key) ?? { wanted, outboxes: new Set() }
      rooms.set(key, room)
      room.outboxes.add(outbox)
      return () => {
        if (room.outboxes.delete(outbox) && room.outboxes.size === 0 && rooms.get(key) === room)
          rooms.delete(key)
      }
    },
  }
}
