import { kindNamed } from '../../src/vocabulary/index.ts'
import { generate, type Line } from './generator.ts'

/** A command as a request: the stream it is about, its address, its key where it is named later, and its body. */
export type Post = { stream: string; path: string; key?: string; body: string }

/**
 * How the ledger of so many generated events goes on, without end: the things that are under way, and new ones. What
 * comes so late that its lifecycle does not allow it is accepted all the same.
 */
export function* postsAfter(events: number): Generator<Post> {
  let before = events
  for (const line of generate(events)) if (before-- <= 0) yield postOf(line)
}

const acceptAnomaly = 'As the desk has it'

const postOf = ({ recordedAt: _recordedAt, kind, id, command, key, ...body }: Line): Post => {
  if (kind !== undefined)
    return {
      stream: `${kind}-${id}`,
      path: `/v1/${kindNamed(kind)!.plural}/${id}/${command}`,
      ...(key !== undefined && { key }),
      body: JSON.stringify({ ...body, acceptAnomaly }),
    }
  const { eventId, ...data } = body.data
  const event = String(eventId)
  return {
    stream: event.slice(0, event.indexOf('#')),
    path: `/v1/events/${encodeURIComponent(event)}/${command}`,
    body: JSON.stringify({ ...body, data, acceptAnomaly }),
  }
}
