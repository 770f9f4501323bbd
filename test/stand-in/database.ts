import type { Expected, Outcome, Proposed, Row } from './row.ts'

/**
 * The events of a stand-in, in memory, by the rules of a real server: what is written becomes visible when it is flushed,
 * a little later; an exact revision recognises what was written at that place by its ids ("strong"), `any` by a cache of
 * ids ("weak"). Positions are byte offsets: sparse, the first well above 0, after an event of the server's own.
 */
export type Database = {
  /** What can be read, in the order of positions. Only ever pushed to. */
  rows: readonly Row[]
  append(stream: string, events: readonly Proposed[], expected: Expected): Promise<Outcome>
  /** What a stream shows; undefined where there is none, or all of it was deleted. */
  stream(name: string): readonly Row[] | undefined
  isTombstoned(name: string): boolean
  remove(name: string, how: 'delete' | 'tombstone'): Promise<void>
  /** Calls back after each flush, until what it gives is called. */
  watch(flushed: () => void): () => void
  /** Loses what is not flushed and the cache of ids, as a process that is killed does. */
  crash(): void
}

type Options = {
  /** Milliseconds from a write to its flush. */
  flushAfter?: number
  /** Whether others write as well: after each append an event of the server and two of other ledgers. */
  isShared?: boolean
  /** Whether positions are 1, 2, 3, as an embedded log has them, for tests that name positions. No real server's are. */
  isDense?: boolean
}

/** The bytes that one append may have: data, metadata and twice the length of the type. */
export const mostBytes = 1024 * 1024

export const createDatabase = ({
  flushAfter = 0,
  isShared = false,
  isDense = false,
}: Options = {}): Database => {
  const rows: Row[] = []
  const streams = new Map<string, Row[]>()
  const truncated = new Map<string, number>()
  const tombstones = new Set<string>()
  const cache = new Map<string, Row>()
  const hidden = new Set<string>()
  const watchers = new Set<() => void>()
  let unflushed: { rows: Row[]; done: (outcome: Outcome) => void }[] = []
  let next = isDense ? 1 : 548

  const flush = () => {
    const group = unflushed
    unflushed = []
    for (const { rows: written } of group) rows.push(...written)
    for (const { rows: written, done } of group) done(writtenAt(written.at(-1)!))
    for (const flushed of watchers) flushed()
  }

  const write = (stream: string, events: readonly Proposed[]): Row[] => {
    const all = streams.get(stream) ?? []
    streams.set(stream, all)
    return events.map((event) => {
      const row = { ...event, stream, revision: all.length, position: next, created: Date.now() }
      next += isDense ? 1 : 100 + event.data.length + event.metadata.length + event.type.length
      all.push(row)
      if (!cache.has(event.id)) cache.set(event.id, row)
      return row
    })
  }

  const schedule = (written: Row[]): Promise<Outcome> =>
    new Promise((done) => {
      if (unflushed.push({ rows: written, done }) > 1) return
      if (flushAfter === 0) setImmediate(flush)
      else setTimeout(flush, flushAfter)
    })

  const isFlushed = ({ position }: Row) => position <= (rows.at(-1)?.position ?? 0)

  /** What is found of an append that was made before: where it was written, or that it is about to be. */
  const found = (row: Row): Outcome => (isFlushed(row) ? writtenAt(row) : { kind: 'dropped' })

  const decided = (stream: string, events: readonly Proposed[], expected: Expected): Outcome | 'write' => {
    const all = streams.get(stream) ?? []
    const current = all.length - 1
    const isDeleted = truncated.get(stream) === all.length
    const conflict: Outcome = { kind: 'conflict', actual: current }
    if (tombstones.has(stream)) return { kind: 'deleted' }
    if (typeof expected === 'number') {
      if (expected > current) return conflict
      if (expected === current) return 'write'
      const run = all.slice(expected + 1, expected + 1 + events.length)
      if (run.length === events.length && run.every(({ id }, index) => id === events[index]!.id))
        return found(run.at(-1) ?? all.at(-1)!)
      return expected === -1 && isDeleted ? 'write' : conflict
    }
    if (expected === 'stream_exists' && isDeleted) return { kind: 'deleted' }
    if (expected === 'stream_exists' && current < 0) return conflict
    const known = events.map(({ id }) => cache.get(id)).filter((row) => row?.stream === stream)
    if (events.length === 0 || known.length === 0 || cache.get(events[0]!.id)?.stream !== stream)
      return 'write'
    return known.length === events.length ? found(known.at(-1)!) : conflict
  }

  const append: Database['append'] = async (stream, events, expected) => {
    if (stream === '' || events.some(({ type }) => type === '')) return { kind: 'bad' }
    if (sizeOf(events) > mostBytes) return { kind: 'too_large' }
    const outcome = decided(stream, events, expected)
    if (outcome !== 'write') return outcome
    // An append of nothing is a check of the revision that the client reads as revision 0.
    if (events.length === 0) return { kind: 'written', revision: 0, position: next }
    const written = write(stream, events)
    if (isShared) written.push(...othersAfter(written[0]!).flatMap((event) => write(event.stream, [event])))
    const isDeleted = truncated.get(stream) === written[0]!.revision
    if (isDeleted) hidden.add(stream)
    const outcomeOfAll = await schedule(written)
    // That a deleted stream goes on is found only when the server has written that, too.
    if (isDeleted) setTimeout(() => hidden.delete(stream), 5)
    return outcomeOfAll.kind === 'written' ? writtenAt(written[events.length - 1]!) : outcomeOfAll
  }

  const database: Database = {
    rows,
    append,
    stream: (name) => {
      const shown = streams
        .get(name)
        ?.filter((row) => isFlushed(row) && row.revision >= (truncated.get(name) ?? 0))
      const isDeleted = hidden.has(name) || (shown?.length === 0 && truncated.has(name))
      return isDeleted ? undefined : shown
    },
    isTombstoned: (name) => tombstones.has(name),
    remove: async (name, how) => {
      if (how === 'tombstone') {
        await schedule(write(name, [ofServer('$streamDeleted', '')]))
        tombstones.add(name)
        return
      }
      truncated.set(name, streams.get(name)?.length ?? 0)
      await schedule(write(`$$${name}`, [ofServer('$metadata', '{"$tb":9223372036854775807}')]))
    },
    watch: (flushed) => {
      watchers.add(flushed)
      return () => void watchers.delete(flushed)
    },
    crash: () => {
      const lost = unflushed.flatMap(({ rows: written }) => written)
      unflushed = []
      next = lost[0]?.position ?? next
      for (const { stream } of lost) streams.get(stream)!.pop()
      for (const [name, all] of streams) if (all.length === 0) streams.delete(name)
      cache.clear()
    },
  }
  if (!isDense) rows.push(...write('$scavenges', [ofServer('$scavengeIndexInitialized', '{}')]))
  return database
}

const writtenAt = ({ revision, position }: Row): Outcome => ({ kind: 'written', revision, position })

const sizeOf = (events: readonly Proposed[]): number =>
  events.reduce((sum, { data, metadata, type }) => sum + data.length + metadata.length + 2 * type.length, 0)

const ofServer = (type: string, text: string): Proposed => ({
  id: crypto.randomUUID(),
  type,
  contentType: 'application/json',
  data: Buffer.from(text),
  metadata: Buffer.from(''),
})

/** What others write after a row: the server itself, a ledger whose name begins alike, and one of another name. */
const othersAfter = ({ stream }: Row): (Proposed & { stream: string })[] => [
  { ...ofServer('FugitiveSighted', '{"data":{}}'), stream: `${stream.split('.')[0]}-2.fugitive-a` },
  { ...ofServer('FugitiveSighted', '{"data":{}}'), stream: 'elsewhere.fugitive-a' },
  { ...ofServer('$statsCollected', '{}'), stream: '$stats' },
]
