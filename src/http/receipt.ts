import type { State } from '../../projections/projection.ts'
import type { Row } from '../answer/row.ts'
import type { Executed } from '../ledger/ledger.ts'

/** Writes a state as JSON. */
type Write = (state: State) => string

const rowText = ({ state, otherwise, disputed, flagged, ...head }: Row, write: Write): string => {
  const written = (one: State | null) => (one === null ? 'null' : write(one))
  return (
    `${JSON.stringify(head).slice(0, -1)},"state":${written(state)},` +
    `"otherwise":[${otherwise.map(written).join(',')}],"disputed":${disputed},"flagged":${flagged}}`
  )
}

/** A receipt as JSON, put together from what is written already: what was recorded, and the states. */
export const receiptText = (
  { event, text, state, position, revision, flags }: Executed,
  write: Write,
): string =>
  `{"event":${text ?? JSON.stringify(event)},"state":${rowText(state, write)},` +
  `"position":${position},"revision":${revision},"flags":${JSON.stringify(flags)}}`
