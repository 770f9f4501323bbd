import type { Instant } from '../time/instant.ts'
import type { Event } from '../vocabulary/envelope.ts'
import { faultOf } from './fault.ts'
import { LedgerError } from '../errors.ts'
import { type Access, openFile, type Purpose } from './file.ts'
import { openSorter } from './sorter.ts'

/** The events as every answer reads them. Each read gives new objects. */
export type EventsTable = {
  one(id: string): Event | undefined
  /** The events of one stream; none where there is no stream. Throws `invalid` unless the limit is at least 1. */
  stream(name: string, range?: Range): Event[]
  /** The events at positions, in their order; where there is none, none. */
  at(positions: readonly number[]): Event[]
  /** The first events after a position. Throws `invalid` unless the limit is at least 1. */
  after(position: number, limit: number): Event[]
  /** All events after a position up to another (the head when the walk began), a page in memory at a time. */
  from(after: number, upTo?: number): Generator<Event>
  /** The position of the newest event; 0 while there is none. */
  head(): number
  /** The last position recorded at an instant or before it; 0: none was. */
  positionAt(instant: Instant): number
  /** When the last event at a position or before it was recorded; null: there is none. */
  recordedAtOf(position: number): Instant | null
}

/** One of so many shares of the streams, from 0. */
export type Share = { index: number; of: number }

/** Which events of one stream: from a revision on, both ends included; backwards from the end if no revision is given. */
export type Range = { from?: number; backwards?: boolean; limit?: number }

/** So many events, up to a position. */
export type Stretch = { events: number; position: number }

/** Where the last event of a stream stands. */
export type Head = { stream: number; position: number; revision: number }

/** An event as it is stored: the text is its JSON without `position`. */
export type Stored = {
  id: string
  stream: string
  revision: number
  position: number
  recordedAt: Instant
  text: string
}

/** What of the log a replica did not take: why not, and by which judge. Null: whoever judges, it is none. */
export type LeftOut = { position: number; why: string; judge: string | null }

/** The events table and how it is filled. */
export type EventsFile = EventsTable & {
  /** The stored texts after a position up to the head when the walk began: an export, line by line. */
  texts(after: number): Generator<string>
  /** The rows themselves, in the order of their positions: what the columns say beside the text. */
  rows(): Generator<Stored>
  /**
   * The first so many events of one share of the streams after a position, and up to another: those of a stream one after
   * another. Their texts wait for that in memory, up to so many bytes in all; what is longer than its part of that does not.
   */
  shared(share: Share, after: number, upTo: number, most: { events: number; bytes: number }): Generator<Event>
  /** How many there are. */
  count(): number
  /** The greatest id; null while there is none. */
  greatestId(): string | null
  /** The position of the event that comes so many after a position; undefined: there are not so many. */
  positionAfter(position: number, events: number): number | undefined
  /**
   * The events after a position that are no more, and hold no more bytes, than these, but one at least: how many, and the
   * position of the last; undefined: there are none.
   */
  stretch(position: number, most: { events: number; bytes: number }): Stretch | undefined
  headOf(stream: string): Head | undefined
  newest(): { position: number; recordedAt: Instant } | undefined
  /**
   * Runs work that inserts, and commits it whole; what throws leaves nothing behind. On a log it is on the disk when this
   * returns. Throws what the work throws, and `unavailable` where the file cannot be written.
   */
  commit<T>(work: () => T): T
  /** Adds an event, only inside `commit`. */
  insert(stored: Stored): void
  /** What was left out, positions ascending. Only a replica leaves anything out. */
  leftOut(): LeftOut[]
  /** Notes what is left out, once for each position, only inside `commit`. */
  leaveOut(one: LeftOut): void
  /** Whether a replica has had, at some time, all that its log had then. A log has always. */
  isFilled(): boolean
  /** Notes for good that a replica has all that its log has, only inside `commit`. */
  fill(): void
  close(): void
}

/** Opens or creates the events table in a file. Throws `unavailable` when that cannot be, with a sentence that says why. */
export const openEvents = (path: string, purpose: Purpose, access: Access = 'write'): EventsFile => {
  const database = openFile(path, purpose, access)
  const reader = (sql: string) => {
    const statement = database.prepare(sql)
    statement.setReturnArrays(true)
    return {
      one: (...values: (string | number)[]) => statement.get(...values) as unknown as Row | undefined,
      all: (...values: (string | number)[]) => statement.all(...values) as unknown as Row[],
    }
  }
  const byId = reader('SELECT position, text FROM events WHERE id = ?')
  // One statement for all: to begin and end one costs as much as to find an event. CROSS: in the order of the list.
  const atPositions = reader(
    'SELECT e.position, e.text FROM json_each(?) CROSS JOIN events AS e ON e.position = value',
  )
  const greatest = reader('SELECT max(id) FROM events')
  const page = reader('SELECT position, text FROM events WHERE position > ? ORDER BY position LIMIT ?')
  const atPosition = reader('SELECT text FROM events WHERE position = ?')
  const further = reader('SELECT position FROM events WHERE position > ? ORDER BY position LIMIT 1 OFFSET ?')
  const extent = reader(
    `SELECT count(*), max(position), sum(size) FROM
      (SELECT position, octet_length(text) AS size FROM events WHERE position > ? ORDER BY position LIMIT ?)`,
  )
  const counted = reader('SELECT count(*) FROM events')
  const whole = reader(
    `SELECT position, id, (SELECT name FROM streams WHERE number = stream), revision, recordedAt, text
       FROM events WHERE position > ? ORDER BY position LIMIT ?`,
  )
  const upTo = reader(
    'SELECT position, recordedAt FROM events WHERE position <= ? ORDER BY position DESC LIMIT 1',
  )
  const head = reader(
    'SELECT number, position, revision FROM streams LEFT JOIN heads ON stream = number WHERE name = ?',
  )
  const onwards = reader(`${chain} WHERE e.revision >= ? ORDER BY e.position LIMIT ?`)
  const backwards = reader(`${chain} WHERE e.revision <= ? LIMIT ?`)
  const dataVersion = reader('PRAGMA data_version')
  const addStream = database.prepare('INSERT INTO streams (name) VALUES (?)')
  const addEvent = database.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)')

  /** What the file says of a stream, kept because an append asks for it again and again. */
  const heads = new Map<string, Head>()
  let seen = dataVersion.one()![0]
  const forget = () => heads.clear()

  const headOf = (name: string): Head | undefined => {
    const kept = heads.get(name)
    if (kept !== undefined) return kept
    const row = head.one(name)
    if (row === undefined || row[1] === null) return undefined
    const found = { stream: row[0], position: row[1], revision: row[2] } as Head
    keep(name, found)
    return found
  }
  const keep = (name: string, found: Head) => {
    if (heads.size >= keptHeads) forget()
    heads.set(name, found)
  }

  const pages = function* (after: number, last: number): Generator<Row> {
    for (let position = after; ;) {
      const rows = page.all(position, pageSize)
      for (const row of rows) {
        if ((row[0] as number) > last) return
        yield row
      }
      if (rows.length < pageSize) return
      position = rows.at(-1)![0] as number
    }
  }

  const table: EventsFile = {
    one: (id) => {
      const row = byId.one(id)
      return row && eventOf(row)
    },
    greatestId: () => greatest.one()![0] as string | null,
    at: (positions) => atPositions.all(JSON.stringify(positions)).map(eventOf),
    after: (position, limit) => page.all(position, requireLimit(limit)).map(eventOf),
    *shared({ index, of }, after, last, most) {
      const limit = requireLimit(most.events)
      const longest = Math.floor(most.bytes / limit)
      const sorter = openSorter(path, limit * (longest + besideText))
      try {
        const sorted = sorter.prepare(byStream)
        sorted.setReturnArrays(true)
        for (const row of sorted.iterate(longest, after, last, of, index, limit)) {
          const [position, text] = row as unknown as Row
          yield storedAt(position as number, (text ?? atPosition.one(position as number)![0]) as string)
        }
      } finally {
        sorter.close()
      }
    },
    positionAfter: (position, events) =>
      further.one(position, requireLimit(events) - 1)?.[0] as number | undefined,
    count: () => counted.one()![0] as number,
    stretch: (position, most) => {
      for (let limit = requireLimit(most.events); ;) {
        const [events, last, bytes] = extent.one(position, limit) as [number, number, number]
        if (events === 0) return undefined
        if (events === 1 || bytes <= most.bytes) return { events, position: last }
        limit = Math.floor(events / 2)
      }
    },
    *from(after, last = table.head()) {
      for (const row of pages(after, last)) yield eventOf(row)
    },
    *texts(after) {
      for (const row of pages(after, table.head())) yield row[1] as string
    },
    *rows() {
      for (let position = 0; ;) {
        const page = whole.all(position, pageSize)
        for (const [at, id, stream, revision, recordedAt, text] of page)
          yield { position: at, id, stream, revision, recordedAt, text } as Stored
        if (page.length < pageSize) return
        position = page.at(-1)![0] as number
      }
    },
    stream: (name, { from, backwards: isBackwards = false, limit = Number.MAX_SAFE_INTEGER } = {}) => {
      const rows = isBackwards
        ? backwards.all(name, 0, from ?? Number.MAX_SAFE_INTEGER, requireLimit(limit))
        : onwards.all(name, from ?? 0, from ?? 0, requireLimit(limit))
      return rows.map(eventOf)
    },
    head: () => table.newest()?.position ?? 0,
    newest: () => {
      const row = upTo.one(Number.MAX_SAFE_INTEGER)
      return row && { position: row[0] as number, recordedAt: row[1] as Instant }
    },
    recordedAtOf: (position) => (upTo.one(position)?.[1] as Instant | undefined) ?? null,
    positionAt: (instant) => {
      // recordedAt never goes back as positions grow, so the primary key serves to search by time as well.
      let found = 0
      for (let low = 1, high = table.head(); low <= high;) {
        const middle = low + Math.floor((high - low) / 2)
        const row = upTo.one(middle)
        if (row === undefined || (row[1] as Instant) <= instant) {
          found = (row?.[0] as number | undefined) ?? found
          low = middle + 1
        } else high = (row[0] as number) - 1
      }
      return found
    },
    headOf,
    commit: (work) => {
      try {
        database.exec('BEGIN IMMEDIATE')
        // Another program may have appended: what is kept in memory is then no longer true.
        const now = dataVersion.one()![0]
        if (now !== seen) forget()
        seen = now
        const result = work()
        database.exec('COMMIT')
        return result
      } catch (error) {
        forget()
        // A full disk ends the transaction by itself.
        if (database.isTransaction) database.exec('ROLLBACK')
        throw faultOf(error, path, purpose === 'replica')
      }
    },
    insert: ({ id, stream, revision, position, recordedAt, text }) => {
      const last = headOf(stream)
      const number = last?.stream ?? head.one(stream)?.[0] ?? Number(addStream.run(stream).lastInsertRowid)
      addEvent.run(position, id, number as number, revision, last?.position ?? null, recordedAt, text)
      keep(stream, { stream: number as number, position, revision })
    },
    leftOut: () =>
      purpose === 'log'
        ? []
        : (database
            .prepare('SELECT position, why, judge FROM left_out ORDER BY position')
            .all() as LeftOut[]),
    leaveOut: ({ position, why, judge }) =>
      void database.prepare('INSERT OR IGNORE INTO left_out VALUES (?, ?, ?)').run(position, why, judge),
    isFilled: () => purpose === 'log' || database.prepare('SELECT once FROM filled').get() !== undefined,
    fill: () => void database.prepare('INSERT OR IGNORE INTO filled VALUES (1)').run(),
    close: () => database.close(),
  }
  return table
}

type Row = readonly (string | number | null)[]

const pageSize = 1000
const keptHeads = 100_000

const eventOf = ([position, text]: Row): Event => storedAt(position as number, text as string)

/** The event of a stored text. */
export const storedAt = (position: number, text: string): Event => {
  const event = JSON.parse(text) as Event
  event.position = position
  return event
}

const requireLimit = (limit: number): number => {
  if (Number.isSafeInteger(limit) && limit >= 1) return limit
  throw new LedgerError('invalid', `A limit is a whole number from 1, not ${limit}.`)
}

/** The first events of a share of the streams, stream by stream; a text that is too long is to be read when its turn comes. */
const byStream = `
  SELECT position, text FROM
    (SELECT position, stream, CASE WHEN octet_length(text) <= ? THEN text END AS text
       FROM log.events WHERE position > ? AND position <= ? AND stream % ? = ? ORDER BY position LIMIT ?)
   ORDER BY stream, position`
/** At most so many bytes beside its text has a row that is sorted. */
const besideText = 64

// From the last event of a stream back to a revision, each by the place of the one before it. CROSS: to have them in
// order SQLite would otherwise walk through all events and look for each in the chain.
const chain = `
  WITH RECURSIVE chain (position, previous, revision) AS (
    SELECT e.position, e.previous, e.revision
      FROM streams JOIN heads ON heads.stream = streams.number JOIN events AS e ON e.position = heads.position
     WHERE streams.name = ?
    UNION ALL
    SELECT e.position, e.previous, e.revision
      FROM chain JOIN events AS e ON e.position = chain.previous WHERE chain.revision > ?
  )
  SELECT e.position, e.text FROM chain CROSS JOIN events AS e ON e.position = chain.position`
