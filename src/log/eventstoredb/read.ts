import type {
  AllStreamResolvedEvent,
  EventStoreDBClient,
  ReadAllOptions,
  ReadPosition,
} from '@eventstore/db-client'
import { attempt, type Line, persist } from './attempt.ts'
import { placeOf, positionOf } from './position.ts'
import { readRefusal } from './refusal.ts'
import { Silence } from './silence.ts'

/** The id of the event at a position; undefined where the log has none there. Throws where it cannot be asked. */
export const idAt = async (line: Line, position: number): Promise<string | undefined> => {
  try {
    const [found] = await attempt(line, page(line, { fromPosition: placeOf(position), maxCount: 1 }))
    return found?.event?.position.commit === BigInt(position) ? found.event.id : undefined
  } catch (error) {
    // No event begins there.
    if ((error as Error).message.includes('InvalidPosition')) return undefined
    throw readRefusal(error)
  }
}

/**
 * The position of the newest event whose stream has the prefix; `known` if there is none after that one. The newest of
 * the server are often others': it is read backwards, page by page, and no further than it was read before.
 */
export const newestOf = async (line: Line, prefix: string, known: number): Promise<number> => {
  const before = walked.get(line) ?? { to: 0, newest: 0 }
  let end: number | undefined
  const found = (newest: number): number => {
    walked.set(line, { to: end ?? 0, newest })
    return newest
  }
  let from: ReadPosition = 'end'
  for (let maxCount = smallPage; ; maxCount = largePage) {
    const options: ReadAllOptions = { fromPosition: from, direction: 'backwards', maxCount }
    const events = await persist(line, page(line, options), 'Try again.').catch((error: unknown) => {
      throw readRefusal(error)
    })
    for (const { event } of events) {
      const position = positionOf(event!.position.commit)
      end ??= position
      if (position <= known) return found(known)
      // Where the log ends before that, it is another one.
      if (position <= before.to && end >= before.to) return found(Math.max(known, before.newest))
      if (event!.streamId.startsWith(prefix)) return found(position)
    }
    const last = events.at(-1)?.event?.position
    if (last === undefined || events.length < maxCount) return found(known)
    from = last
  }
}

/** The names before the streams of what look like ledgers, in a page from each end of the log. */
export const namesOf = async (line: Line): Promise<string[]> => {
  const ends: ReadAllOptions[] = [
    { fromPosition: 'start', maxCount: largePage },
    { fromPosition: 'end', direction: 'backwards', maxCount: largePage },
  ]
  const pages = await Promise.all(ends.map((options) => attempt(line, page(line, options))))
  const names = pages.flat().flatMap(({ event }) => ofLedger.exec(event?.streamId ?? '')?.[1] ?? [])
  return [...new Set(names)].toSorted()
}

const ofLedger = /^([A-Za-z0-9-]+)\.[a-z]+-[a-z0-9-]+$/

/** Up to where a log was read by `newestOf`, and what it found; a line is that of one ledger. */
const walked = new WeakMap<Line, { to: number; newest: number }>()

const smallPage = 16
const largePage = 1000

/** So many events, fewer only where the log has no more. */
const page =
  ({ connection }: Line, options: ReadAllOptions) =>
  async (client: EventStoreDBClient, signal: AbortSignal): Promise<AllStreamResolvedEvent[]> => {
    // What other nodes have is behind what the leader acknowledged.
    const reading = client.readAll({
      ...options,
      credentials: connection.credentials,
      requiresLeader: true,
    })
    // The loop is told of an error; one that comes after it would find no listener, and end the process.
    reading.on('error', () => undefined)
    const stop = () => void reading.cancel().catch(() => undefined)
    signal.addEventListener('abort', stop)
    try {
      const events: AllStreamResolvedEvent[] = []
      for await (const event of reading) events.push(event)
      // A read that is cancelled, also with its whole client, ends like one that is complete.
      if (signal.aborted || !connection.isLive(client)) throw new Silence()
      return events
    } finally {
      signal.removeEventListener('abort', stop)
      stop()
    }
  }
