import { actorKey } from '../src/vocabulary/party.ts'
import type { Quantity } from '../src/vocabulary/quantity.ts'
import { type Telling, telling, type Told } from './told.ts'

/** A number of a measure as its asserter last told it. Without a scope it counts the whole; a part never does. */
export type Figure = Telling & { measure: string; scope: string | null; value: Quantity; eventId: string }

/** The figures, newest first, with one more: it takes the place of its asserter's last of that measure and scope. */
export const withFigure = (
  figures: readonly Figure[],
  { measure, scope, value }: Pick<Figure, 'measure' | 'scope' | 'value'>,
  event: Told<unknown>,
): readonly Figure[] => {
  const { by, when } = telling(event)
  const told = (other: Figure) =>
    other.measure === measure && other.scope === scope && actorKey(other.by) === actorKey(by)
  return [{ measure, scope, value, by, when, eventId: event.id }, ...figures.filter((other) => !told(other))]
}
