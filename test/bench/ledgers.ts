import { pino } from 'pino'
import { projectionOf, projections } from '../../projections/index.ts'
import { diff } from '../../src/answer/diff.ts'
import type { Filter } from '../../src/answer/filter.ts'
import { knownAt } from '../../src/answer/known.ts'
import type { Coordinate, Page } from '../../src/answer/list.ts'
import { entityRow, type Row } from '../../src/answer/row.ts'
import { inSequence } from '../../src/answer/sequence.ts'
import { versionsOf } from '../../src/answer/versions.ts'
import { wordsOf } from '../../src/answer/words.ts'
import { readSettings } from '../../src/config.ts'
import { pictureText } from '../../src/http/picture.ts'
import type { Request } from '../../src/ledger/command.ts'
import { concerned } from '../../src/http/diff.ts'
import { writeAnswer } from '../../src/http/texts.ts'
import { createBytes } from '../../src/readmodel/bytes.ts'
import { streamOf } from '../../src/vocabulary/envelope.ts'
import { openEvents } from '../../src/log/events.ts'
import { open } from '../../src/main.ts'
import { fingerprint } from '../../src/readmodel/fingerprint.ts'
import { atOnce } from '../../src/readmodel/in-turns.ts'
import { removeReadModel } from '../../src/readmodel/files.ts'
import { make } from '../../src/readmodel/make.ts'
import { filesBeside } from '../../src/readmodel/store.ts'

// Everything that the measurements know of the read model is in this file.

/** A ledger opened in this process, and what is asked of it, without HTTP. */
export type Ledger = {
  head(): number
  recordedAt(position: number): string
  /** The event at a position: of what thing it tells. */
  about(position: number): { kind: string; stream: string }
  /** What is active of a kind, each row as JSON. */
  active(kind: string, at: Coordinate): readonly string[]
  /** The same as the bytes of an answer, and how many rows they are. */
  activeBytes(kind: string, at: Coordinate): { rows: number; bytes: number }
  /** All of a kind whatever its status, as the bytes of an answer. */
  everything(kind: string, at: Coordinate): { rows: number; bytes: number }
  /** What is found by words among all of a kind. */
  found(kind: string, at: Coordinate, words: string): readonly string[]
  /** The same as a page of a hundred. */
  page(kind: string, at: Coordinate, words: string): readonly string[]
  entity(stream: string, at: Coordinate): Row
  /** How many there are of each status of each kind. */
  counts(at: Coordinate): string
  history(stream: string, at: Coordinate): readonly object[]
  /** The first hundred things that differ. */
  diff(from: Coordinate, to: Coordinate): object
  record(request: Request): Promise<unknown>
  close(): Promise<void>
}

const active: Filter = { status: 'active', reality: 'actual' }
const any: Filter = { status: 'any', reality: 'actual' }
const whole = { after: null, limit: Number.MAX_SAFE_INTEGER }

export const openLedger = async (path: string): Promise<Ledger> => {
  const settings = readSettings({ LEDGER_LOG: `sqlite:${path}`, LEDGER_PORT: '0' })
  const { service, close } = await open(settings, pino({ level: 'silent' }))
  const { ledger, model, table } = service
  await model.reached(table.head())
  const rows = (kind: string, at: Coordinate, filter: Filter, page: Page = whole): readonly string[] =>
    model.list(projectionOf(kind), at, filter, page).rows
  const answered = (kind: string, at: Coordinate, filter: Filter) => {
    const answer = createBytes()
    let rows = 0
    writeAnswer(answer, {}, () => {
      const { rows: written, ...after } = model.write(answer, projectionOf(kind), at, filter, whole)
      rows = written
      return after
    })
    const bytes = answer.pieces().reduce((sum, piece) => sum + piece.length, 0)
    answer.release()
    return { rows, bytes }
  }
  const known = (stream: string, { position }: Coordinate) => knownAt(model.entity(stream)!, position)
  return {
    head: () => model.position(),
    recordedAt: (position) => table.recordedAtOf(position)!,
    about: (position) => table.after(position - 1, 1)[0]!,
    active: (kind, at) => rows(kind, at, active),
    activeBytes: (kind, at) => answered(kind, at, active),
    everything: (kind, at) => answered(kind, at, any),
    found: (kind, at, words) => rows(kind, at, { ...any, words: wordsOf(words) }),
    page: (kind, at, words) => rows(kind, at, { ...any, words: wordsOf(words) }, { after: null, limit: 100 }),
    entity: (stream, at) => entityRow(known(stream, at), at.asOf),
    counts: ({ asOf, position }) => {
      const at = { asOf, position, knownAt: null, zone: 'UTC' }
      return pictureText(service, { projections, at, filter: active, limit: 1, ended: false, asked: {} })
    },
    history: (stream, at) => versionsOf(known(stream, at)),
    diff: (from, to) => {
      const kinds = projections.map(({ kind }) => kind.name)
      const names = inSequence(kinds, concerned(service, from, to), null)
      const entities = names.map(({ kind, id }) => model.entity(streamOf(kind, id))!)
      return atOnce(diff(entities, from, to, any, 100))
    },
    record: (request) => ledger.execute(request, 'record'),
    close,
  }
}

/** Removes the read model of a log. */
export const forget = (log: string): void => removeReadModel(filesBeside(log)[0])

/**
 * Makes the read model of a log that has none, in the file where a service looks for it, and says how many events it has: what
 * a rebuild does in its thread.
 */
export const rebuild = async (log: string): Promise<number> => {
  const [path] = filesBeside(log)
  let reached = 0
  await make(
    { log, purpose: 'log', path, fingerprint: fingerprint() },
    ({ position }) => (reached = position),
  )
  return reached
}

/** Reads every event of a log, and its JSON, once. */
export const readOnce = (path: string): number => {
  const table = openEvents(path, 'log')
  const head = table.head()
  for (let position = 0; position < head;) position = table.after(position, 1000).at(-1)!.position
  table.close()
  return head
}
