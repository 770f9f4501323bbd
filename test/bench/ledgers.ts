import { pino } from 'pino'
import { projectionOf, projections } from '../../projections/index.ts'
import { diff } from '../../src/answer/diff.ts'
import type { Filter } from '../../src/answer/filter.ts'
import { knownAt } from '../../src/answer/known.ts'
import { type Coordinate, list } from '../../src/answer/list.ts'
import { entityRow, type Row } from '../../src/answer/row.ts'
import { inSequence } from '../../src/answer/sequence.ts'
import { versionsOf } from '../../src/answer/versions.ts'
import { wordsOf } from '../../src/answer/words.ts'
import { readSettings } from '../../src/config.ts'
import { pictureOf } from '../../src/http/picture.ts'
import type { Request } from '../../src/ledger/command.ts'
import { openEvents } from '../../src/log/events.ts'
import { open } from '../../src/main.ts'
import { createModel } from '../../src/readmodel/model.ts'

// Everything that the measurements know of the read model is in this file.

/** A ledger opened in this process, and what is asked of it, without HTTP. */
export type Ledger = {
  head(): number
  recordedAt(position: number): string
  /** The event at a position: of what thing it tells. */
  about(position: number): { kind: string; stream: string }
  /** What is active of a kind. */
  active(kind: string, at: Coordinate): readonly Row[]
  /** All of a kind whatever its status, as the bytes of an answer. */
  everything(kind: string, at: Coordinate): { rows: number; bytes: number }
  /** What is found by words among all of a kind. */
  found(kind: string, at: Coordinate, words: string): readonly Row[]
  entity(stream: string, at: Coordinate): Row
  /** How many there are of each status of each kind. */
  counts(at: Coordinate): object
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
  const rows = (kind: string, at: Coordinate, filter: Filter): readonly Row[] =>
    list(projectionOf(kind), model.ofKind(kind), at, filter, whole).rows
  const known = (stream: string, { position }: Coordinate) => knownAt(model.entity(stream)!, position)
  return {
    head: () => model.position(),
    recordedAt: (position) => table.recordedAtOf(position)!,
    about: (position) => table.after(position - 1, 1)[0]!,
    active: (kind, at) => rows(kind, at, active),
    everything: (kind, at) => {
      const answer = list(projectionOf(kind), model.ofKind(kind), at, any, whole)
      return { rows: answer.rows.length, bytes: Buffer.from(JSON.stringify(answer)).length }
    },
    found: (kind, at, words) => rows(kind, at, { ...any, words: wordsOf(words) }),
    entity: (stream, at) => entityRow(known(stream, at), at.asOf),
    counts: ({ asOf, position }) => {
      const at = { asOf, position, knownAt: null, zone: 'UTC' }
      return pictureOf(service, { projections, at, filter: active, limit: 1, ended: false, asked: {} })
    },
    history: (stream, at) => versionsOf(known(stream, at)),
    diff: (from, to) => {
      const kinds = projections.map(({ kind }) => kind.name)
      return diff(
        inSequence(kinds, (kind) => model.ofKind(kind), null),
        from,
        to,
        any,
        100,
      )
    },
    record: (request) => ledger.execute(request, 'record'),
    close,
  }
}

/** Makes every version of every entity anew from a log, and says how many events it has. */
export const rebuild = async (path: string): Promise<number> => {
  const table = openEvents(path, 'log')
  const model = createModel()
  for (let position = 0; position < table.head(); position = model.position())
    model.apply(table.after(position, 1000))
  for (const { kind } of projections)
    for (const entity of model.ofKind(kind.name)) versionsOf(knownAt(entity, model.position()))
  table.close()
  return model.position()
}

/** Reads every event of a log, and its JSON, once. */
export const readOnce = (path: string): number => {
  const table = openEvents(path, 'log')
  const head = table.head()
  for (let position = 0; position < head;) position = table.after(position, 1000).at(-1)!.position
  table.close()
  return head
}
