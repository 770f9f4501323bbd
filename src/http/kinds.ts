import { z } from 'zod'
import { projections } from '../../projections/index.ts'
import type { Projection } from '../../projections/projection.ts'
import type { Filter } from '../answer/filter.ts'
import { invalidAt } from '../errors.ts'
import { filterOf, type FilterQuery } from './query.ts'

/** The parameter that chooses kinds. */
export const kindsQuery = z
  .string()
  .regex(/^[a-z]+(,[a-z]+)*$/, 'must be one value, or several joined by commas')
  .transform((value) => value.split(','))
  .optional()
  .describe('Kinds joined by commas. Default: all')

/** The projections of these kinds, in the order of the registry. Throws `invalid` for one that is none. */
const projectionsOf = (name: string, kinds: readonly string[] | undefined): readonly Projection[] => {
  for (const kind of kinds ?? [])
    if (!projections.some((projection) => projection.kind.name === kind))
      throw invalidAt(
        `/query/${name}`,
        `"${kind}" is no kind; write some of ${projections.map(({ kind: { name } }) => name).join(', ')}`,
      )
  return projections.filter(({ kind }) => !kinds || kinds.includes(kind.name))
}

/** What is asked of several kinds at once, under one filter. Throws `invalid`; `name` is the parameter of the kinds. */
export const askedOf = (
  name: string,
  kinds: readonly string[] | undefined,
  query: Partial<FilterQuery>,
): { projections: readonly Projection[]; filter: Filter } => {
  const asked = projectionsOf(name, kinds)
  const statuses = [...new Set(asked.flatMap((projection) => projection.statuses))]
  const types = [...new Set(asked.flatMap(({ kind }) => kind.types ?? []))]
  return { projections: asked, filter: filterOf(query, statuses, types) }
}
