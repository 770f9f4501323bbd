import type { Projection } from '../../projections/projection.ts'
import type { Filter } from '../answer/filter.ts'
import { type Bytes, createBytes, joined } from '../readmodel/bytes.ts'
import { type At, atOf } from './at.ts'
import { cursorText } from './query.ts'
import { writeAnswer } from './texts.ts'
import type { Service } from './service.ts'

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

/** Writes all kinds together at one coordinate, as JSON: of each the counts, and the first rows. */
export const writePicture = (
  into: Bytes,
  { model }: Service,
  { projections, at, filter, limit, ended, asked }: Asked,
): void => {
  into.text(`${JSON.stringify(atOf(at)).slice(0, -1)},"kinds":{`)
  for (const [index, projection] of projections.entries()) {
    const { plural } = projection.kind
    into.text(`${index > 0 ? ',' : ''}"${plural}":`)
    const rows = createBytes()
    const { counts, next: after } = model.write(rows, projection, at, filter, { after: null, limit }, ended)
    const query = queryFor(projection, asked)
    const next = after === null ? null : cursorText({ path: `/v1/${plural}`, query, at: atOf(at), after })
    writeAnswer(into, { counts }, () => {
      for (const piece of rows.pieces()) into.copy(piece)
      rows.release()
      return { next }
    })
  }
  into.text('}}')
}

/** As `writePicture`, as a text. */
export const pictureText = (service: Service, asked: Asked): string => {
  const picture = createBytes()
  writePicture(picture, service, asked)
  return joined(picture).toString()
}
