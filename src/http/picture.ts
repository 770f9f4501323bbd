import type { Projection } from '../../projections/projection.ts'
import type { Filter } from '../answer/filter.ts'
import { type Counts, list } from '../answer/list.ts'
import type { Row } from '../answer/row.ts'
import { type At, atOf } from './at.ts'
import { cursorText } from './query.ts'
import type { Service } from './service.ts'

/** All kinds together at one coordinate: of each the counts, and the first rows. */
export type Picture = At & {
  kinds: Record<string, { counts: Counts; rows: readonly Row[]; next: string | null }>
}

type Asked = {
  projections: readonly Projection[]
  at: At
  filter: Filter
  limit: number
  /** Count the statuses that ended too. */
  ended: boolean
  /** The query that the pages after the first go on with. */
  asked: Readonly<Record<string, string>>
}

/** The query with which a list goes on where a picture ends: without what is of other kinds. */
const queryFor = ({ kind, statuses }: Projection, asked: Asked['asked']): Record<string, string> => {
  const known: Readonly<Record<string, readonly string[]>> = {
    status: ['active', 'any', ...statuses],
    type: kind.types ?? [],
  }
  return Object.fromEntries(
    Object.entries(asked).map(([name, value]) => [
      name,
      known[name]
        ? value
            .split(',')
            .filter((one) => known[name]!.includes(one))
            .join(',')
        : value,
    ]),
  )
}

export const pictureOf = (
  { model }: Service,
  { projections, at, filter, limit, ended, asked }: Asked,
): Picture => {
  const kinds = projections.map((projection) => {
    const { name, plural } = projection.kind
    const {
      rows,
      counts,
      next: after,
    } = list(projection, model.ofKind(name), at, filter, { after: null, limit }, ended)
    const query = queryFor(projection, asked)
    const next = after === null ? null : cursorText({ path: `/v1/${plural}`, query, at: atOf(at), after })
    return [plural, { counts, rows, next }] as const
  })
  return { ...atOf(at), kinds: Object.fromEntries(kinds) }
}
