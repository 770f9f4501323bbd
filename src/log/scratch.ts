import { DatabaseSync } from 'node:sqlite'
import type { Event } from '../vocabulary/envelope.ts'
import { faultOf } from './fault.ts'

/**
 * Events that are only supposed, any number of them: what does not fit into a little memory is in a file that has no name, and
 * is gone with whoever made it. Where that finds no space it throws `unavailable`, and nothing more is to be asked of it.
 */
export type Scratch = {
  /** Adds events, each behind those of its stream. */
  add(events: readonly Event[]): void
  /** The events of a stream, in their order. */
  stream(name: string): Event[]
  close(): void
}

/** Where SQLite puts it. */
const place = 'the temporary file of a dry run (in the folder of TMPDIR, or else in /var/tmp)'

const orFault = <T>(work: () => T): T => {
  try {
    return work()
  } catch (error) {
    throw faultOf(error, place)
  }
}

export const openScratch = (): Scratch => {
  const database = new DatabaseSync('')
  database.exec(`
    PRAGMA journal_mode = OFF;
    CREATE TABLE events (number INTEGER PRIMARY KEY, stream TEXT NOT NULL, text TEXT NOT NULL) STRICT;
    CREATE INDEX by_stream ON events (stream);
  `)
  const insert = database.prepare('INSERT INTO events (stream, text) VALUES (?, ?)')
  const ofStream = database.prepare('SELECT text FROM events WHERE stream = ? ORDER BY number')
  return {
    add: (events) =>
      orFault(() => {
        database.exec('BEGIN')
        for (const event of events) insert.run(event.stream, JSON.stringify(event))
        database.exec('COMMIT')
      }),
    stream: (name) =>
      orFault(() => ofStream.all(name)).map(({ text }) => JSON.parse(text as string) as Event),
    close: () => database.close(),
  }
}
