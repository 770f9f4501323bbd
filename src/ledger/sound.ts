import { invalidAt } from '../errors.ts'
import type { Event } from '../vocabulary/envelope.ts'
import { commandOf } from '../vocabulary/index.ts'
import { metaCommandOf } from '../vocabulary/meta.ts'
import { type Exported, recorded } from '../vocabulary/recorded.ts'
import { correctedData } from './draft.ts'
import { parsed } from './faults.ts'

/** Throws `invalid` for an event about another that is not there, is of another stream, or cannot be corrected so. */
export const requireTarget = (
  view: { event: (name: string) => Pick<Event, 'stream' | 'type'> | undefined },
  event: Exported,
  mayBeNewer: (type: string) => boolean = () => false,
): void => {
  const command = metaCommandOf(event.type)
  if (command === undefined) return
  const { eventId, data } = event.data as { eventId: string; data?: Record<string, unknown> }
  const target = view.event(eventId)
  if (target?.stream !== event.stream)
    throw invalidAt('/data/eventId', `names ${eventId}, which is no earlier event of ${event.stream}`)
  if (command !== 'retract' && metaCommandOf(target.type))
    throw invalidAt('/data/eventId', 'names an event about an event, which only a retraction may')
  if (command === 'correct' && data && !mayBeNewer(target.type)) correctedData(target.type, data)
}

/**
 * Why something that a log has is no event; null: it is one, as far as this version knows. What is of a type that it does
 * not know is held to what every event has.
 */
export const faultOf = (
  event: Omit<Event, 'position'>,
  find: (id: string) => Event | undefined,
): string | null => {
  try {
    const whole = parsed(recorded, event) as Exported
    requireTarget({ event: find }, whole, (type) => commandOf(type) === undefined)
    return null
  } catch (error) {
    // It may quote what a stranger wrote, at any length.
    return (error as Error).message.slice(0, 300)
  }
}
