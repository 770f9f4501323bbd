import type { Instant } from '../time/instant.ts'
import type { Entity } from '../answer/entity.ts'
import type { Event } from '../vocabulary/envelope.ts'
import type { Again, Core, Placed } from './core.ts'
import type { Narrow } from './narrow.ts'
import type { OnTaken } from './projector.ts'

/**
 * The read model as questions and decisions use it: made from the log, disposable, and never ahead of it. What it is made
 * of can be exchanged while it is used.
 */
export type Model = Pick<
  Core,
  'prepared' | 'list' | 'write' | 'textOf' | 'entity' | 'position' | 'newest' | keyof Narrow
> & {
  /** Takes events in the order of their positions; those it has are passed over. */
  apply(events: readonly Event[]): void
  /**
   * Events that come while work runs are taken in the end, those of a stream one after another; the answers wait for them.
   * `told`: see `OnTaken`; `again`: what they say is not kept meanwhile. Should they not be taken, the answers stop. Rejects with
   * what the work rejects with.
   */
  together<T>(work: () => Promise<T>, told?: OnTaken, again?: Again): Promise<T>
  /**
   * What an entity will be with one event more, told by whoever folded that to decide: on what there is now, or on what
   * was supposed last. Should that event come next, nothing is folded again.
   */
  suppose(after: Entity): void
  /** Of these nothing more is expected now: those that do not go on make room. */
  putAway(streams: Iterable<string>): void
  /**
   * Resolves when the answers have reached a position; rejects where that takes longer than so many milliseconds, and when they
   * are stopped short. The process does not end before.
   */
  reached(position: number, milliseconds?: number): Promise<void>
  /** Says that nothing more will come: who waits for it is told why. */
  stop(error: Error): void
  /** Why nothing more comes; null: it does. */
  fault(): Error | null
  /** Is aborted when nothing more comes. */
  stopped(): AbortSignal
  /** Calls a handler with events once they are in the answers, until what it gives is called. A handler never throws. */
  subscribe(handler: (events: readonly Event[]) => void): () => void
  core(): Core
  /**
   * Answers from another core from now on, which has the same events; from one that has more only where nobody was told of
   * any yet. Gives the one before.
   */
  exchange(next: Core): Core
}

export const createModel = (first: Core): Model => {
  const waiting = new Set<{ position: number; resolve: () => void; reject: (error: Error) => void }>()
  const handlers = new Set<(events: readonly Event[]) => void>()
  let core = first
  /** Where the events stand that came while it is held up; null: it is not. */
  let held: Placed[] | null = null
  /** Where the answers are while not all of what came then is taken: they have some of what is behind it. */
  let standing: number | null = null
  const stopping = new AbortController()
  let fault: Error | null = null

  const position = () => standing ?? core.position()

  const reach = () => {
    for (const waiter of waiting)
      if (waiter.position <= position()) {
        waiting.delete(waiter)
        waiter.resolve()
      }
  }

  const tell = (taken: readonly Event[]) => {
    reach()
    for (const handler of handlers) handler(taken)
  }
  const stop = (error: Error) => {
    fault = error
    for (const { reject } of waiting) reject(error)
    waiting.clear()
    stopping.abort(error)
  }
  /** Takes what was held up, and what still comes meanwhile. */
  const takeHeld = async (told?: OnTaken, again?: Again) => {
    try {
      while (held!.length > 0) {
        const placed = held!
        held = []
        standing = core.position()
        await core.takeByStream(placed, told, again)
        standing = null
        reach()
        if (handlers.size > 0) tell(core.eventsAt(placed))
      }
    } catch (error) {
      stop(error as Error)
    } finally {
      held = null
    }
  }

  return {
    prepared: () => core.prepared(),
    list: (...asked) => core.list(...asked),
    write: (...asked) => core.write(...asked),
    textOf: (...asked) => core.textOf(...asked),
    entity: (stream) => core.entity(stream),
    position,
    newest: (): Instant | null => core.newest(),
    recorded: (...asked) => core.recorded(...asked),
    found: (...asked) => core.found(...asked),
    turning: (...asked) => core.turning(...asked),
    upcoming: (...asked) => core.upcoming(...asked),
    positionAfter: (...asked) => core.positionAfter(...asked),
    extent: () => core.extent(),
    apply(events) {
      const known = held?.at(-1)?.position ?? core.position()
      const taken = events.filter(({ position }) => position > known)
      if (taken.length === 0) return
      if (held) {
        for (const { position, recordedAt, id, stream } of taken)
          held.push({ position, recordedAt, id, stream })
        return
      }
      core.take(taken)
      tell(taken)
    },
    async together(work, told, again) {
      held = []
      try {
        return await work()
      } finally {
        await takeHeld(told, again)
      }
    },
    suppose: (after) => core.suppose(after),
    putAway: (streams) => core.putAway(streams),
    reached(wanted, milliseconds) {
      if (wanted <= position()) return Promise.resolve()
      if (fault) return Promise.reject(fault)
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const waiter = { position: wanted, resolve, reject }
      waiting.add(waiter)
      if (milliseconds === undefined) return promise
      const giveUp = () => {
        waiting.delete(waiter)
        reject(new Error(`Position ${wanted} was not reached within ${milliseconds} ms.`))
      }
      const timer = setTimeout(giveUp, milliseconds)
      return promise.finally(() => clearTimeout(timer))
    },
    stop,
    fault: () => fault,
    stopped: () => stopping.signal,
    subscribe(handler) {
      handlers.add(handler)
      return () => void handlers.delete(handler)
    },
    core: () => core,
    exchange(next) {
      const isFirst = core.position() === 0 && handlers.size === 0
      if (next.position() !== core.position() && !isFirst)
        throw new Error('Only what has the same events can answer.')
      const before = core
      core = next
      reach()
      return before
    },
  }
}
