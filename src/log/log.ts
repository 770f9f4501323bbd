import type { Instant } from '../time/instant.ts'
import type { Event, NewEvent } from '../vocabulary/envelope.ts'

/** What the writer expects of a stream: that there is none, or the revision of its newest event. */
export type Expected = 'no_stream' | number

/**
 * Where the last event of an append stands, and all of them as stored: frozen, and equal to what a read gives; `texts` are
 * their JSON.
 */
export type Appended = {
  revision: number
  position: number
  events: readonly Event[]
  texts: readonly string[]
}

/** What is asked of the log: to append events to one stream, as `EventLog.append` says. */
export type Append = {
  stream: string
  events: readonly NewEvent[]
  expected: Expected
  notBefore?: Instant | undefined
}

/** What became of an append: `refused` is what `EventLog.append` throws. */
export type Outcome = Appended | { refused: Error }

/** Takes the events after a position in batches, positions ascending. The next batch waits until it is done. */
export type Handler = (events: readonly Event[]) => void | Promise<void>

/**
 * The log: events in the order they were taken, appended and never changed. Positions are safe integers above 0 that
 * grow from event to event, not always by one. `recordedAt` never goes back as positions grow.
 */
export interface EventLog {
  /**
   * Appends all of the events to one stream or none, and is durable when it resolves. Said again with the same ids at
   * the same place it gives what was stored then, whatever the events say now: only ids are compared.
   *
   * Several appends of one stream may be under way at once. They are taken in the order in which they were called, so that
   * each may expect what the one before it leaves; one that expects what a refused one would have left conflicts.
   *
   * The log reads its clock once for all that is committed together, never earlier than `notBefore`, and stamps each
   * event with it; an event that brings its `recordedAt` (restored or copied) keeps it.
   *
   * Throws `revision_conflict` (`revision`: the stream's newest, null where there is no stream), `invalid` (what JSON
   * cannot hold; an id that is taken; a `recordedAt` before the newest), `too_large` (over `limits`), `unavailable`:
   * the outcome is unknown, and to append the same once more is safe.
   */
  append(
    stream: string,
    events: readonly NewEvent[],
    expected: Expected,
    notBefore?: Instant,
  ): Promise<Appended>
  /**
   * The same as `append` of each, called one after the other: what became of them, in their order. Of many it costs less.
   * Throws nothing.
   */
  appendAll(appends: readonly Append[]): Promise<readonly Outcome[]>
  /**
   * Gives every event after a position once and in order, those stored first and then new ones as they are committed,
   * until what it resolves to is called: after that, also inside the handler, no other batch begins.
   *
   * A handler that fails ends the subscription. `ended` is told why; without it the error is thrown where nothing
   * catches it, because who is no longer told must not go on as if. Subscribe anew from the last position that was done.
   *
   * Throws `invalid` with `checkpoint_ahead_of_log` when the position is beyond the head: this is another log.
   */
  subscribe(after: number, handler: Handler, ended?: (error: Error) => void): Promise<() => Promise<void>>
  /**
   * The position of the newest event; 0 while there is none. Whatever was appended before, by anybody, is in the local
   * table when it resolves. Throws `unavailable` where a log that is elsewhere cannot be asked, or comes in too slowly.
   */
  head(): Promise<number>
  /** Whether a log that is elsewhere was out of reach when it was last asked: what waits in line for it need not be tried. */
  isAway?(): boolean
  /** Commits what was accepted, ends every subscription and lets go of the file. Later appends are `unavailable`. */
  close(): Promise<void>
}

/**
 * Sizes in UTF-8 bytes of events as they are given. An append counts 512 more for each event, for what the log adds:
 * a mebibyte is what an EventStoreDB server takes at once.
 */
export const limits = { event: 256 * 1024, append: 1024 * 1024, added: 512 } as const
