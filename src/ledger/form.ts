import type { Event } from '../vocabulary/envelope.ts'
import type { Subject } from './command.ts'

/**
 * What of a line must be known before its turn comes. `isAlone`: the log may refuse it, so that nothing is to rest on it;
 * `head`: of a line that is an event as it was recorded.
 */
export type Outline = { about: Subject; names: readonly string[]; isAlone?: true; head?: EventHead }

/** By what it is seen whether an event can be recorded again as it was; of one about another, also by what that says. */
export type EventHead = Pick<Event, 'id' | 'type' | 'revision' | 'recordedAt' | 'key'>

/** What the lines of a file say, and how that crosses from one thread to another. */
export type Form<Item> = {
  name: 'commands' | 'past'
  /** What the text of a line says. Throws what is wrong with it. */
  read(text: string): Item
  outline(item: Item): Outline
  /** As JSON can tell it, without what it is about, and again. */
  named(item: Item): object
  unnamed(named: object, about: Subject): Item
}
