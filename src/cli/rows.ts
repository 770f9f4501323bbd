import type { State } from '../../projections/projection.ts'
import type { Because } from '../answer/account.ts'
import type { Counts } from '../answer/list.ts'
import type { Row } from '../answer/row.ts'
import type { At } from '../http/at.ts'
import type { Accounted } from './answers.ts'
import { giverOf, sourceText } from './giver.ts'
import { localText, momentText, sinceText } from './moments.ts'
import { type Cell, type Piece, table, wrapped } from './table.ts'
import { columns, plain, toned } from './terminal.ts'

const quiet = (text: string): Piece => ({ text, tone: 'quiet' })
const warning = (text: string): Piece => ({ text, tone: 'warning' })

const facets = ['title', 'places', 'end', 'roles', 'members'] as const

const differing = (a: State, b: State): string[] =>
  facets.filter((facet) => JSON.stringify(a[facet] ?? null) !== JSON.stringify(b[facet] ?? null))

/** What else may be the case, beside the state of a row: `or recaptured`, `or none`. */
export const otherwiseText = (state: State | null, otherwise: readonly (State | null)[]): string[] => {
  const others = otherwise.filter((other) => other !== null)
  const texts = others.map((other) =>
    state === null || other.status !== state.status
      ? `or ${other.status}`
      : `or with other ${differing(state, other).join(', ')}`,
  )
  return [...new Set([...texts, ...(others.length < otherwise.length ? ['or none'] : [])])]
}

/** A row in words: `at_large or none (possible, disputed)`; `nothing` for none. */
export const rowText = (row: Row | null): string =>
  row === null
    ? 'nothing'
    : [
        row.state?.status ?? 'none',
        ...otherwiseText(row.state, row.otherwise),
        `(${marksOf(row).join(', ')})`,
      ].join(' ')

/** How sure a row is, and what stands against it. */
export const marksOf = ({ certainty, disputed, flagged }: Row): string[] => [
  certainty,
  ...(disputed ? ['disputed'] : []),
  ...(flagged ? ['flagged'] : []),
]

/** When a row's status began: that of its entity's state is in the account, another's is that of what gives it. */
const since = ({ row, account }: Accounted, giver: Because | null, zone: string): string => {
  if (row.state?.status === account.state?.status) return sinceText(account.since, zone)
  if (giver === null) return ''
  return momentText('lapse' in giver ? giver : giver.when, zone)
}

const cellsOf = (accounted: Accounted, zone: string): Cell[] => {
  const { row, account } = accounted
  const { state } = row
  const giver = state && giverOf(row.kind, account, state.status)
  const [sure, ...marks] = marksOf(row)
  return [
    [plain(state?.title ?? row.id), quiet(row.id)],
    [state?.status ?? 'none', ...otherwiseText(state, row.otherwise).map(quiet)],
    [sure === 'certain' ? sure : warning(sure!), ...marks.map(warning)],
    [since(accounted, giver, zone)],
    giver === null ? [] : 'lapse' in giver ? ['its own term'] : [sourceText(giver.source)],
  ]
}

/** Rows as a table: what, its status and what else it may be, how sure, since when, and who says so. */
export const rowTable = (
  what: string,
  accounted: readonly Accounted[],
  zone: string,
  room: number,
  indent = '',
): string[] =>
  table(
    [what, 'status', 'sure', 'since', 'source'],
    accounted.map((one) => cellsOf(one, zone)),
    room,
    indent,
  )

/** A count in words: `2 announced (certain 1, possible 1)`. */
export const countText = (
  status: string,
  { certain, possible }: { certain: number; possible: number },
): string =>
  certain + possible === 0
    ? `0 ${status}`
    : `${certain + possible} ${status} (certain ${certain}, possible ${possible})`

export const countsText = (counts: Counts): string =>
  Object.entries(counts)
    .map(([status, count]) => countText(status, count))
    .join(', ')

/** The coordinate of an answer under its name. */
export const headingLines = (name: string, { asOf, knownAt, zone, position }: At): string[] => {
  const known = knownAt === null ? 'when nothing was recorded' : `known at ${localText(knownAt, zone)}`
  const coordinate = `as of ${localText(asOf, zone)}, ${known} (position ${position}), in ${zone}`
  return [toned(name, 'strong'), ...wrapped(coordinate, columns()).map((line) => toned(line, 'quiet'))]
}
