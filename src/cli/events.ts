import { LedgerError } from '../errors.ts'
import type { Event } from '../vocabulary/envelope.ts'
import { address, type Client, json, linesOf, ndjson } from './client.ts'

/** The position of the newest event. */
export const headOf = async (client: Client): Promise<number> =>
  (await json<{ head: number }>(client, address('/v1/events', { limit: 1 }))).head

/**
 * The events after a position and up to another, in their order. Throws `unavailable` when the last of them does not
 * come: an answer that was cut off must not look like a whole one.
 */
export async function* eventsOf(client: Client, after: number, upTo: number): AsyncGenerator<Event> {
  const response = await client.fetch(address('/v1/events', { after }), { headers: { accept: ndjson } })
  let last = after
  for await (const line of linesOf(response)) {
    const event = JSON.parse(line) as Event
    if (event.position > upTo) break
    last = event.position
    yield event
  }
  if (last < upTo)
    throw new LedgerError(
      'unavailable',
      `The events end at position ${last}, and the newest is at ${upTo}: the answer was cut off. Try again.`,
    )
}
