import { LedgerError } from '../errors.ts'
import { allKinds, kindNamed, kindOfPlural } from '../vocabulary/index.ts'
import type { Kind } from '../vocabulary/kind.ts'

/** The kind that its name or its plural names. Throws `not_found` with all there are. */
export const requireKind = (name: string): Kind => {
  const kind = kindNamed(name) ?? kindOfPlural(name)
  if (kind) return kind
  const known = allKinds.map((one) => one.name)
  throw new LedgerError('not_found', `There is no kind "${name}". There are: ${known.join(', ')}.`)
}
