import { z } from 'zod'
import { text } from './text.ts'

/** How closely a place is known. `site` is one building or compound, such as a prison. */
export const precisions = [
  'point',
  'site',
  'settlement',
  'admin2',
  'admin1',
  'border_line',
  'country',
  'unknown',
] as const

/** Country: ISO 3166-1 alpha-2. Subdivision: ISO 3166-2. Point: longitude, latitude (RFC 7946). */
export const place = z
  .strictObject({
    name: text,
    country: z
      .string()
      .regex(/^[A-Z]{2}$/, 'must be an ISO 3166-1 alpha-2 code, such as EC')
      .optional(),
    subdivision: z
      .string()
      .regex(/^[A-Z]{2}-[A-Z0-9]{1,3}$/, 'must be an ISO 3166-2 code, such as EC-G')
      .optional(),
    precision: z.enum(precisions).optional(),
    point: z.tuple([z.number().min(-180).max(180), z.number().min(-90).max(90)]).optional(),
  })
  .refine(
    ({ country, subdivision }) => !country || !subdivision || subdivision.startsWith(`${country}-`),
    'must have a subdivision of its country',
  )
  .meta({ id: 'Place', description: 'A place and how closely it is known' })

export type Place = z.output<typeof place>
