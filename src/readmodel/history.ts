import type { Instant } from '../time/instant.ts'
import type { Event } from '../vocabulary/envelope.ts'

/** Where events are read: those of a stream, and those at positions; and when one was recorded. */
export type History = {
  stream(name: string): Event[]
  at(positions: readonly number[]): Event[]
  recordedAtOf(position: number): Instant | null
}
