import { z } from 'zod'
import { parseInstant } from '../time/instant.ts'
import { isUntil } from '../time/term.ts'
import { actor, type Actor } from './party.ts'
import { clean, text } from './text.ts'

export const media = [
  'official_gazette',
  'official_statement',
  'social_post',
  'press',
  'broadcast',
  'document',
  'witness',
  'dataset',
] as const

/** Admiralty code (NATO AJP-2.1): reliability of the source, A (reliable) to F (cannot be judged). */
export const reliability = z.enum(['A', 'B', 'C', 'D', 'E', 'F'])
/** Admiralty code (NATO AJP-2.1): credibility of the information, 1 (confirmed) to 6 (cannot be judged). */
export const credibility = z.enum(['1', '2', '3', '4', '5', '6'])

const url = clean(z.url({ protocol: /^https?$/, error: 'must be an http or https address' }).max(4000))

const month = /^(?!0000)\d{4}-(0[1-9]|1[0-2])$/
const published = z
  .string()
  .refine((value) => month.test(value) || isUntil(value) !== null, 'must be an instant, a date or a month')

const instant = z
  .string()
  .refine((value) => parseInstant(value) !== null, 'must be an instant with its offset')

/** Who says so, where, and by which chain it reached us. Evidence stays outside; `capture` is its fingerprint. */
export const source = z
  .strictObject({
    publisher: text,
    medium: z.enum(media),
    speaker: actor.optional(),
    url: url.optional(),
    archivedUrl: url.optional(),
    publishedAt: published.optional(),
    language: z
      .string()
      .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'must be a language tag (BCP 47), such as es')
      .optional(),
    quote: text.max(1000, 'must have at most 1,000 characters').optional(),
    capture: z
      .strictObject({
        sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hexadecimal digits'),
        at: instant,
      })
      .optional(),
    via: z.array(z.strictObject({ publisher: text, url: url.optional() })).optional(),
    reliability: reliability.optional(),
    credibility: credibility.optional(),
  })
  .meta({ id: 'Source', description: 'Who asserts it, where, and by which chain it reached the ledger' })

export type Source = z.output<typeof source>

/** Who asserts what the source tells: its speaker, else its publisher. */
export const asserterOf = (of: Source): Actor => of.speaker ?? { name: of.publisher }
