import * as fc from 'fast-check'
import { z } from 'zod'
import { type Instant, instantOf, millisecondsOf } from '../../src/time/instant.ts'
import { type Moment, momentAt, resolveMoment } from '../../src/time/moment.ts'
import { isUntil } from '../../src/time/term.ts'
import type { Event } from '../../src/vocabulary/envelope.ts'
import {
  fieldName,
  fields,
  isRequired,
  legalBasis,
  term,
  type FieldName,
} from '../../src/vocabulary/field.ts'
import { allKinds } from '../../src/vocabulary/index.ts'
import type { Kind } from '../../src/vocabulary/kind.ts'
import { metaCommands, type MetaCommandName } from '../../src/vocabulary/meta.ts'
import { actor, role } from '../../src/vocabulary/party.ts'
import type { Place } from '../../src/vocabulary/place.ts'
import { quantity } from '../../src/vocabulary/quantity.ts'
import type { Source } from '../../src/vocabulary/source.ts'
import { streamName, text } from '../../src/vocabulary/text.ts'

/**
 * Random logs of one stream, in any order of arrival: late, future, uncertain, corrected, retracted, disputed,
 * corroborated, rated and not allowed. Everything is drawn from a few values, so that it collides, and made from plain
 * numbers, so that what fails shrinks to something short.
 */
export const history = (size: { minLength?: number; maxLength: number }): fc.Arbitrary<readonly Event[]> =>
  fc
    .record({
      // Only emergencies lapse.
      kind: fc.oneof(
        { arbitrary: fc.constant(0), weight: 2 },
        { arbitrary: fc.nat(allKinds.length - 1), weight: 3 },
      ),
      start: fc.nat(50),
      steps: fc.array(step, { minLength: 1, ...size }),
    })
    .map(({ kind, start, steps }) => record(allKinds[kind]!, start, steps))
    .filter((events) => events.length > 0)

/** Their clocks are set in these days: in Madrid forward on 31 March, in Santiago back on 6 April at midnight. */
const zones = ['America/Guayaquil', 'America/Santiago', 'Europe/Madrid'] as const

const picks = fc.array(fc.nat(4), { maxLength: 9, size: 'max' })

const ends = [8, 20] as const

const when = fc.record({
  form: fc.constantFrom('now', 'instant', 'day', 'between', 'by', 'days', 'month', 'year'),
  // Two moments come often, and are ends as well: what is equal to the millisecond must be met.
  at: fc.oneof({ arbitrary: fc.nat(40), weight: 2 }, { arbitrary: fc.constantFrom(...ends), weight: 1 }),
  length: fc.nat(12),
})

const pause = { pause: fc.nat(4), gap: fc.nat(2), source: fc.nat(3) }

const told = fc.record({
  // What begins a life is drawn more often, so that the rest is not always out of place.
  command: fc.oneof(fc.nat(3), fc.nat(10)),
  when,
  zone: fc.nat(zones.length),
  places: fc.nat(4),
  note: fc.boolean(),
  picks,
  ...pause,
})

const saidOf = fc.record({
  meta: fc.constantFrom<MetaCommandName>('retract', 'correct', 'dispute', 'corroborate', 'rate'),
  target: fc.nat(11),
  when: fc.option(when),
  zone: fc.nat(zones.length),
  places: fc.nat(4),
  note: fc.boolean(),
  data: fc.option(picks),
  ...pause,
})

const step = fc.oneof({ arbitrary: told, weight: 3 }, { arbitrary: saidOf, weight: 2 })
type Of<A> = A extends fc.Arbitrary<infer Drawn> ? Drawn : never
type Told = Of<typeof told>
type SaidOf = Of<typeof saidOf>
type When = Told['when']

/** Six hours: close enough to meet the bounds of days, and few enough to meet each other. */
const instantAt = (quarter: number): Instant =>
  instantOf(millisecondsOf('2024-03-28T05:00:00.000Z') + quarter * 21_600_000)
const dayAt = (quarter: number): string => instantAt(quarter).slice(0, 10)

const textOf: Record<When['form'], (at: number, length: number) => string> = {
  now: () => '',
  instant: instantAt,
  day: dayAt,
  between: (at, length) => `${instantAt(at)}/${instantAt(at + length)}`,
  by: (at, length) => (length % 2 === 0 ? `../${dayAt(at)}` : `../${instantAt(at)}`),
  days: (at, length) => `${dayAt(at)}/${dayAt(at + length)}`,
  month: (at) => dayAt(at).slice(0, 7),
  year: (at) => dayAt(at).slice(0, 4),
}

/** Without a zone where none is needed; else it is drawn. */
const momentOf = ({ form, at, length }: When, zone: number, now: Instant, zoned: boolean): Moment => {
  const needed = zoned || !['now', 'instant', 'between'].includes(form)
  const named = zones[needed ? zone % zones.length : zone - 1] ?? null
  return form === 'now' ? momentAt(now, named) : resolveMoment(textOf[form](at, length), named, now)
}

const places: readonly Place[][] = [
  [],
  [{ name: 'Tumbes', country: 'PE', subdivision: 'PE-TUM', precision: 'admin1' }],
  [{ name: 'Ecuador', country: 'EC', precision: 'country' }],
  [{ name: 'Tumbes', country: 'PE', subdivision: 'PE-TUM' }, { name: 'Piura' }],
]
const placesOf = (drawn: number): { places?: readonly Place[] } =>
  drawn === 0 ? {} : { places: places[drawn - 1]! }

const sources: readonly Source[] = [
  { publisher: 'Ministry', medium: 'official_statement' },
  { publisher: 'MINISTRY', medium: 'social_post', speaker: { name: 'Ana', id: 'ana' } },
  { publisher: 'Agency', medium: 'press', speaker: { name: 'The minister', id: 'ana' } },
  { publisher: 'ministry', medium: 'press' },
]

const actors = ['Fito', { name: 'FITO' }, { name: 'José', id: 'fito' }]
const roles = [
  { title: 'leader' },
  { title: 'leader', of: 'Fito' },
  { title: 'leader', of: { name: 'J', id: 'fito' } },
]
const words = [
  'one',
  'two',
  'a-1',
  `Straße nach Łódź, ${Array.from({ length: 41 }, (_, place) => `w${place}`).join(' ')}`,
]

/** Values a field of each type can have. A field of another type must be given some here. */
const values = new Map<z.ZodType, readonly unknown[]>([
  [text, words],
  [actor, actors],
  [streamName, ['actor-fito', 'emergency-a-2']],
  [quantity, [{}, { min: 1, text: 'some' }, { best: 3 }]],
  [role, roles],
  [legalBasis, [{ type: 'decree', number: '110' }, { type: 'ruling' }]],
  [
    term,
    [
      { duration: 'P3D', countsFirstDay: null },
      { duration: 'P1M', countsFirstDay: true },
      { duration: 'PT36H', countsFirstDay: false },
      { duration: 'P1D', countsFirstDay: false },
    ],
  ],
  [fields.until.schema, ['2024-03-31', ...ends.map(instantAt), '2024-03-01']],
  [fields.found.schema, [true, false]],
  [fields.counts.schema, ['total', 'added']],
  [fields.measure.schema, ['held', 'killed']],
])

const valuesOf = (name: FieldName, kind: Kind): readonly unknown[] => {
  if (name === 'type') return kind.types!.slice(0, 2)
  const { schema } = fields[name]
  const one = values.get(schema)
  if (one) return one
  const of = schema instanceof z.ZodArray ? values.get(schema.element as z.ZodType) : undefined
  if (!of) throw new Error(`Give the field ${name} some values to draw from.`)
  return [of.slice(0, 1), of.slice(1), of.toReversed(), []]
}

/** Each pick is of one field: none, if it need not be there, or one of its values. */
const dataOf = (kind: Kind, command: string, drawn: readonly number[]): Record<string, unknown> => {
  const { data, exactlyOne } = kind.definition.commands[command]!
  const left = exactlyOne?.toSpliced((drawn[0] ?? 0) % exactlyOne.length, 1)
  const given = data
    .filter((spec) => !left?.includes(spec))
    .flatMap((spec, index) => {
      const pick = drawn[index] ?? 0
      const needed = isRequired(spec) || exactlyOne?.includes(spec)
      if (pick === 0 && !needed) return []
      const all = valuesOf(fieldName(spec), kind)
      return [[fieldName(spec), all[Math.max(0, pick - 1) % all.length]] as const]
    })
  return kind.commands.get(command)!.schema.parse(Object.fromEntries(given))
}

const needsZone = ({ term: lasting, until }: Record<string, unknown>): boolean =>
  lasting !== undefined || (typeof until === 'string' && isUntil(until) === 'date')

/** Records one step after another, as a ledger would: its own clock, every window resolved at its time. */
const record = (kind: Kind, start: number, steps: readonly (Told | SaidOf)[]): readonly Event[] => {
  const events: Event[] = []
  let now = start
  let position = 0
  for (const [index, taken] of steps.entries()) {
    now += taken.pause
    position += 1 + taken.gap
    const envelope = {
      id: `018f0000-0000-7000-8000-${String(index).padStart(12, '0')}`,
      schemaVersion: 1,
      kind: kind.name,
      stream: `${kind.name}-a-1`,
      revision: events.length,
      position,
      recordedAt: instantAt(now),
      recordedBy: 'desk',
      reality: 'actual' as const,
      source: sources[taken.source]!,
    }
    const event = 'meta' in taken ? metaOf(kind, taken, events, envelope) : toldOf(kind, taken, envelope)
    if (event) events.push(event)
  }
  return events
}

type Envelope = Omit<Event, 'type' | 'data'>

const toldOf = (
  kind: Kind,
  { command, when, zone, places, note, picks }: Told,
  envelope: Envelope,
): Event => {
  const names = [...kind.commands.keys()]
  const name = names[command % names.length]!
  const data = dataOf(kind, name, picks)
  return {
    ...envelope,
    type: kind.commands.get(name)!.event,
    when: momentOf(when, zone, envelope.recordedAt, needsZone(data)),
    ...placesOf(places),
    ...(note && { note: 'As recorded' }),
    data,
  }
}

const metaOf = (kind: Kind, taken: SaidOf, earlier: readonly Event[], envelope: Envelope): Event | null => {
  const named = taken.meta === 'retract' ? earlier : earlier.filter((event) => event.when)
  const target = named.toReversed()[taken.target % Math.max(1, named.length)]
  if (!target) return null
  const said = says[taken.meta](taken, target, kind, envelope.recordedAt)
  return { ...envelope, type: metaCommands[taken.meta].event, data: { eventId: target.id, ...said } }
}

type Says = (taken: SaidOf, target: Event, kind: Kind, now: Instant) => Event['data']

const says: Record<MetaCommandName, Says> = {
  retract: () => ({ reason: 'Taken back' }),
  corroborate: () => ({}),
  rate: () => ({ reliability: 'B', credibility: '2' }),
  dispute: ({ when, zone }, _, __, now) => ({
    reason: 'Not so',
    ...(when && { when: momentOf(when, zone, now, false) }),
  }),
  correct(taken, target, kind, now) {
    const [command] = [...kind.commands].find(([, { event }]) => event === target.type)!
    const data = taken.data && dataOf(kind, command, taken.data)
    const zoned = data !== null && needsZone(data)
    const when = taken.when && momentOf(taken.when, taken.zone, now, zoned)
    const zone = zones[zoned ? taken.zone % zones.length : taken.zone - 1]
    return {
      reason: 'Recorded wrongly',
      ...(when && { when }),
      ...(!when && zone && { zone }),
      ...placesOf(taken.places),
      ...(taken.note && { note: 'As corrected' }),
      ...(data && { data }),
    }
  },
}
