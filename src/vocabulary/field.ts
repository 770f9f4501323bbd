import { z } from 'zod'
import { isDuration, isUntil } from '../time/term.ts'
import { actor, role } from './party.ts'
import { quantity } from './quantity.ts'
import { printedDate, streamName, text } from './text.ts'

/** How long something lasts, and whether its first day counts (null: nobody has said). Durations: ISO 8601. */
export const term = z
  .strictObject({
    duration: z
      .string()
      .refine(isDuration, 'must be a duration in years, months, weeks and days, or in hours, such as P60D'),
    countsFirstDay: z.boolean().nullable(),
  })
  .meta({ id: 'Term', description: 'How long, and whether the first day counts' })

export const legalBasis = z
  .strictObject({
    type: z.enum(['law', 'decree', 'supreme_decree', 'resolution', 'order', 'ruling']),
    number: text.optional(),
    title: text.optional(),
    signed: printedDate.optional(),
    published: printedDate.optional(),
  })
  .meta({ id: 'LegalBasis', description: 'The act it rests on; dates as printed' })

const until = z
  .string()
  .refine((value) => isUntil(value) !== null, 'must be a date (the last day it holds) or an instant')

const found = z.boolean()
const counts = z.enum(['total', 'added', 'removed', 'unclear'])
const measure = z
  .string()
  .regex(/^[a-z][a-z0-9_]*$/, 'must be lower-case letters, digits and underscores, such as held')
const texts = z.array(text)
const actors = z.array(actor)

const field = <S extends z.ZodType>(schema: S, about: string, example: z.input<S>) => ({
  schema,
  about,
  example,
})

/** Every field an event's data may carry. A field has one type everywhere; `type` alone is each kind's own list. */
export const fields = {
  title: field(text, 'Its name, as the source words it', 'State of exception, whole country'),
  text: field(text, 'What was said', 'The border stays open'),
  content: field(text, 'What was ordered', 'Neutralize the criminal groups'),
  purpose: field(text, 'What it is for', 'Reinforce security at the border'),
  label: field(text, 'What the designated are called', 'terrorist organizations'),
  scope: field(text, 'The part a figure counts (a place, a day); without it, the whole', 'Turi prison'),
  name: field(text, 'Its name', 'José Adolfo Macías Villamar'),
  aliases: field(texts, 'Other names', ['Fito']),
  grounds: field(texts, 'The reasons given', ['grave internal commotion']),
  measures: field(texts, 'What is suspended, ordered or forbidden', ['curfew 23:00-05:00']),
  decisions: field(texts, 'What was decided', ['emergency in the northern border districts']),
  by: field(actor, 'Who did what the event tells (caught, lifted, ruled)', { name: 'Policía Nacional' }),
  issuer: field(actor, 'Who issued it', { name: 'President of Ecuador', id: 'daniel-noboa' }),
  orderedBy: field(actor, 'Who ordered it', { name: 'Víctor Torres Falcón' }),
  calledBy: field(actor, 'Who called it', { name: 'Dina Boluarte' }),
  speaker: field(actor, 'Who said it', { name: 'Alberto Otárola' }),
  unit: field(actor, 'The unit', { name: 'Diroes', id: 'diroes' }),
  body: field(actor, 'The body that meets', { name: 'Council of Ministers' }),
  person: field(actor, 'The person', { name: 'José Adolfo Macías Villamar', id: 'fito' }),
  subject: field(actor, 'Whom the finding is about', { name: 'Fito', id: 'fito' }),
  member: field(actor, 'The member', { name: 'Los Lobos', id: 'los-lobos' }),
  parent: field(actor, 'What it belongs to', { name: 'Policía Nacional del Perú' }),
  actors: field(actors, 'Who is involved', [{ name: 'Los Lobos', id: 'los-lobos' }]),
  units: field(actors, 'The units that take part', [{ name: 'Armed Forces' }]),
  addressees: field(actors, 'Whom it is addressed to', [{ name: 'Army' }]),
  attendees: field(actors, 'Who attends', [{ name: 'Alberto Otárola' }]),
  travellers: field(actors, 'Who travels', [{ name: 'Jorge Chávez Cresta' }]),
  members: field(actors, 'The members named', [{ name: 'Los Choneros', id: 'los-choneros' }]),
  partOf: field(streamName, 'What it is a part of', 'emergency-ec-conflict-2024'),
  supersededBy: field(streamName, 'What takes its place', 'emergency-ec-250-2024'),
  into: field(streamName, 'Whom it proved to be', 'actor-jose-macias'),
  about: field(z.array(streamName), 'What it is about', ['actor-fito']),
  strength: field(quantity, 'How many', { min: 50, text: 'at least 50' }),
  value: field(quantity, 'The number', { best: 139 }),
  statedCount: field(quantity, 'How many the source says there are', { best: 22 }),
  term: field(term, 'How long it lasts', { duration: 'P60D', countsFirstDay: null }),
  until: field(until, 'Its end: a date (the last day it holds) or the instant it stops', '2024-03-08'),
  legalBasis: field(legalBasis, 'The act it rests on', { type: 'decree', number: '110' }),
  role: field(role, 'An office or function', { title: 'leader', of: { name: 'Los Choneros' } }),
  roles: field(z.array(role), 'Offices and functions', [{ title: 'leader', of: { name: 'Los Choneros' } }]),
  found: field(found, 'Whether the subject was found', false),
  counts: field(counts, 'What the number counts', 'total'),
  measure: field(measure, 'What a figure counts: held, freed, killed, injured, escaped or your own', 'held'),
} as const

export type FieldName = keyof typeof fields | 'type'

/** A field of an event; `name!` is required. */
export type FieldSpec = FieldName | `${FieldName}!`

type Bare<S> = S extends `${infer Name}!` ? Name : S
type Value<Name, Types> = Name extends 'type'
  ? Types
  : Name extends keyof typeof fields
    ? z.output<(typeof fields)[Name]['schema']>
    : never

/** The data of an event that carries these fields. */
export type DataOf<Specs extends readonly FieldSpec[], Types> = {
  [S in Extract<Specs[number], `${string}!`> as Bare<S>]: Value<Bare<S>, Types>
} & { [S in Exclude<Specs[number], `${string}!`>]?: Value<S, Types> }

/** The fields a state keeps of these: unknown ones are null, lists empty. */
export type StateFields<Specs extends FieldSpec, Types> = {
  [S in Specs as Bare<S>]: Value<Bare<S>, Types> extends readonly unknown[]
    ? Value<Bare<S>, Types>
    : Value<Bare<S>, Types> | null
}

export const fieldName = (spec: FieldSpec): FieldName => spec.replace('!', '') as FieldName
export const isRequired = (spec: FieldSpec): boolean => spec.endsWith('!')
export const isList = (name: FieldName): boolean =>
  name !== 'type' && fields[name].schema instanceof z.ZodArray

/** The strict schema of an event's data. */
export const dataSchema = (specs: readonly FieldSpec[], types: readonly string[]): z.ZodObject => {
  const shape: Record<string, z.ZodType> = {}
  for (const spec of specs) {
    const name = fieldName(spec)
    const schema = name === 'type' ? z.enum(types) : fields[name].schema
    const described = name === 'type' ? schema : schema.describe(fields[name].about)
    shape[name] = isRequired(spec) ? described : described.optional()
  }
  return z.strictObject(shape)
}

/** Data that shows every field of these, for documents. */
export const exampleData = (specs: readonly FieldSpec[], types: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(
    specs.map((spec) => {
      const name = fieldName(spec)
      return [name, name === 'type' ? types[0] : fields[name].example]
    }),
  )
