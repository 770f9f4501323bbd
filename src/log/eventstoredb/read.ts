import { setTimeout as wait } from 'node:timers/promises'
import type {
  BaseOptions,
  EventStoreDBClient,
  ReadAllOptions,
  ReadPosition,
  RecordedEvent,
  StreamingRead,
} from '@eventstore/db-client'
import { attempt, type Line, persist, type Waiting } from './attempt.ts'
import { meaningOf } from './meaning.ts'
import { placeOf, positionOf } from './position.ts'
import { readRefusal } from './refusal.ts'
import { Silence } from './silence.ts'
import { pauseAfter } from './timing.ts'

/**
 * The id of the event at a position; undefined where the log has none there. One that ends before is asked again for a
 * while. Throws where it cannot be asked, and the signal's reason.
 */
export const idAt = async (
  line: Line,
  position: number,
  signal: AbortSignal,
): Promise<string | undefined> => {
  const patience = AbortSignal.timeout(line.timing.behind)
  for (let asked = 0; ; asked++) {
    const found = await eventAt(line, position)
    if (found !== 'behind') return found?.id
    if (patience.aborted) return undefined
    await wait(pauseAfter(line.timing, asked), undefined, { signal })
  }
}

const eventAt = async (line: Line, position: number): Promise<RecordedEvent | 'behind' | undefined> => {
  try {
    const [found] = await attempt(line, page(line, { fromPosition: placeOf(position), maxCount: 1 }))
    if (found === undefined) return 'behind'
    return found.event?.position.commit === BigInt(position) ? found.event : undefined
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

/**
 * Whether what stands in a stream up to a revision can be read, in the stream and in the log. A conflict is told before what
 * it is with: a cluster shows an event only when a majority of its nodes has it.
 */
export const shows = async (line: Line, stream: string, revision: number): Promise<boolean> => {
  const newest = await newestIn(line, stream)
  if (newest !== undefined) return Number(newest.revision) >= revision
  // A stream that was deleted shows nothing, and keeps its numbers.
  const { $tb: truncated } = ((await newestIn(line, `$$${stream}`))?.data ?? {}) as { $tb?: number }
  return truncated !== undefined
}

const newestIn = async (line: Line, stream: string): Promise<RecordedEvent | undefined> => {
  try {
    const [found] = await persist(
      line,
      collect(line, (client, how) => client.readStream(stream, { ...how, ...newestFirst, maxCount: 1 })),
      'Try again.',
    )
    return found?.event
  } catch (error) {
    if (meaningOf(error).kind === 'missing') return undefined
    throw readRefusal(error)
  }
}

const newestFirst = { fromRevision: 'end', direction: 'backwards' } as const

/** So many events, fewer only where the log has no more. */
const page = (line: Line, options: ReadAllOptions) =>
  collect(line, (client, how) => client.readAll({ ...options, ...how }))

const collect =
  <E>({ connection }: Line, begin: (client: EventStoreDBClient, how: BaseOptions) => StreamingRead<E>) =>
  async (client: EventStoreDBClient, waiting: Waiting): Promise<E[]> => {
    // What other nodes have is behind what the leader acknowledged.
    const reading = begin(client, { credentials: connection.credentials, requiresLeader: true })
    // The loop is told of an error; one that comes after it would find no listener, and end the process.
    reading.on('error', () => undefined)
    const stop = () => void reading.cancel().catch(() => undefined)
    waiting.stop = stop
    try {
      const events: E[] = []
      for await (const event of reading) events.push(event)
      // A read that is cancelled, also with its whole client, ends like one that is complete.
      if (waiting.isOver || !connection.isLive(client)) throw new Silence()
      return events
    } finally {
      stop()
    }
  }
