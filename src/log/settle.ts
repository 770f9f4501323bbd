import { LedgerError } from '../errors.ts'
import type { Instant } from '../time/instant.ts'
import { type Given, storedText } from './batch.ts'
import { conflict } from './conflict.ts'
import type { EventsFile } from './events.ts'
import { timesOf } from './recorded-at.ts'

/** What is to be stored of an event. */
export type Row = Pick<Given, 'text' | 'recordedAt' | 'restored'> & { id: string }

/** The events of one append: `after` is the revision they follow, -1 where there is no stream. */
export type Rows = { stream: string; after: number; rows: readonly Row[] }

/** Appends that share a commit, and the present of whoever gave them. */
export type Group = { present: Instant; appends: readonly Rows[] }

/** A `LedgerError` as a thread tells it to another. */
export type Refused = { refused: Pick<LedgerError, 'code' | 'message' | 'members' | 'cause'> }

/** Where the first event of an append stands, and when each was recorded. */
export type Recorded = { position: number; times: readonly Instant[] }

/** What became of each append: it is recorded now, it was there already, or it is refused. `after`: the newest position before. */
export type Settled = { after: number; outcomes: readonly (Recorded | 'repeated' | Refused)[] }

export const refused = ({ code, message, members, cause }: LedgerError): Refused => ({
  refused: { code, message, members, cause },
})

/** Inserts what can be inserted, each append in turn and knowing those before it. Only inside `commit`. */
export const settle = (table: EventsFile, { present, appends }: Group): Settled => {
  const newest = table.newest() ?? { position: 0, recordedAt: '' }
  const last = { ...newest }
  const outcomes = appends.map((append) => {
    const known = settled(table, append)
    if (known !== undefined) return known
    const { stream, after, rows } = append
    const times = timesOf(rows, present, last.recordedAt)
    if (times instanceof LedgerError) return refused(times)
    const position = last.position + 1
    for (const [index, row] of rows.entries()) {
      last.position = position + index
      last.recordedAt = times[index]!
      const place = { ...last, revision: after + 1 + index }
      table.insert({ id: row.id, stream, ...place, text: storedText(row, place) })
    }
    return { position, times }
  })
  return { after: newest.position, outcomes }
}

/** What is decided without inserting: the events were appended before, or something else stands where they should. */
const settled = (table: EventsFile, { stream, after, rows }: Rows): 'repeated' | Refused | undefined => {
  const revision = table.headOf(stream)?.revision ?? -1
  const found = rows.map(({ id }) => table.one(id))
  if (after === revision) {
    const taken = found.find((event) => event !== undefined)
    if (taken === undefined) return undefined
    const where = `${taken.stream}, revision ${taken.revision}`
    return refused(new LedgerError('invalid', `The id ${taken.id} is taken by an event of ${where}.`))
  }
  const isRepeated = found.every(
    (event, index) => event?.stream === stream && event.revision === after + 1 + index,
  )
  return isRepeated ? 'repeated' : refused(conflict(stream, after, revision))
}
