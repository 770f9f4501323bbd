import { z } from 'zod'
import { text } from './text.ts'

const part = z.number().min(0, 'must not be negative').nullable().default(null)

/** A number as far as it is known. All null: unknown, which is never zero. `text` is what the source wrote ("several"). */
export const quantity = z
  .strictObject({ min: part, best: part, max: part, text: text.nullable().default(null) })
  .refine(
    ({ min, best, max }) =>
      (min === null || best === null || min <= best) &&
      (best === null || max === null || best <= max) &&
      (min === null || max === null || min <= max),
    'must have min ≤ best ≤ max',
  )
  .meta({ id: 'Quantity', description: 'A number as far as it is known; a part left out is null: unknown' })

export type Quantity = z.output<typeof quantity>
