import type { Coordinate } from '../answer/list.ts'
import { invalidAt, LedgerError } from '../errors.ts'
import { type Instant } from '../time/instant.ts'
import { askedInstant } from '../time/moment.ts'
import { TimeError } from '../time/time-error.ts'
import { isZone } from '../time/zone.ts'
import type { Service } from './service.ts'

/** The coordinate an answer is for, as it repeats it: `knownAt` is null where nothing is recorded. */
export type At = { asOf: Instant; knownAt: Instant | null; zone: string; position: number }

/** Of whatever has a coordinate, only that. */
export const atOf = ({ asOf, knownAt, zone, position }: At): At => ({ asOf, knownAt, zone, position })

export type Asked = {
  asOf?: string | undefined
  knownAt?: string | undefined
  zone?: string | undefined
  minPosition?: number | undefined
}

/** How long a read waits for a position, in milliseconds. */
const patience = 5_000

/** A moment asked for in a parameter. Throws `invalid` with its pointer, and with `besides`: what else may be written there. */
export const moment = (name: string, read: () => Instant, besides = ''): Instant => {
  try {
    return read()
  } catch (error) {
    if (error instanceof TimeError) throw invalidAt(`/query/${name}`, error.message + besides)
    throw error
  }
}

/** The same of a parameter that takes a position as well. */
export const momentOfKnowledge = (name: string, read: () => Instant): Instant =>
  moment(name, read, ' Or write a position.')

/** Waits until the answers have reached a position. Throws `unavailable` when patience runs out. */
export const waitFor = async ({ model }: Service, position: number): Promise<void> => {
  if (position <= model.position()) return
  try {
    await model.reached(position, patience)
  } catch {
    throw new LedgerError(
      'unavailable',
      `Position ${position} is not reached yet; the answers are at ${model.position()}. Try again.`,
    )
  }
}

/** The zone dates are read in. Throws `invalid` for one that is none. */
export const zoneOf = ({ zone: fallback }: Service, zone: string | undefined): string => {
  if (zone !== undefined && !isZone(zone))
    throw invalidAt('/query/zone', `"${zone}" is no IANA time zone; write one such as America/Guayaquil`)
  return zone ?? fallback
}

const isPosition = (text: string): boolean => /^\d+$/.test(text)

/** A position written in digits. Throws `invalid` beyond what a position can be. */
export const positionFrom = (name: string, text: string): number => {
  const position = Number(text)
  if (!Number.isSafeInteger(position)) throw invalidAt(`/query/${name}`, 'must be a position below 2^53')
  return position
}

/** The position that something known at a time or position means. Null: not a position, but a time. */
export const knowledgeOf = (
  service: Service,
  name: string,
  text: string,
  zone: string,
): { position: number; instant: Instant | null } => {
  if (isPosition(text)) return { position: positionFrom(name, text), instant: null }
  const instant = momentOfKnowledge(name, () => askedInstant(text, zone))
  return { position: service.table.positionAt(instant), instant }
}

/**
 * The coordinate that a question asks for. `asOf` defaults to now and `knownAt` to all that is known; a date means
 * its last millisecond in the zone. Waits for `minPosition`, and for a position beyond the newest. `names`: what the
 * two are called where they are asked for.
 */
export const coordinateOf = async (
  service: Service,
  asked: Asked,
  names = { asOf: 'asOf', knownAt: 'knownAt' },
): Promise<At & Coordinate> => {
  const zone = zoneOf(service, asked.zone)
  if (asked.minPosition !== undefined) await waitFor(service, asked.minPosition)
  const { asOf: text } = asked
  const asOf = text === undefined ? service.ledger.now() : moment(names.asOf, () => askedInstant(text, zone))
  if (asked.knownAt === undefined) return atPosition(service, asOf, zone, service.model.position())
  const { position, instant } = knowledgeOf(service, names.knownAt, asked.knownAt, zone)
  // The table may be a moment ahead of the answers.
  await waitFor(service, position)
  return atPosition(service, asOf, zone, position, instant)
}

/** The coordinate of a moment as known at a position, or at an instant that means that position. */
export const atPosition = (
  { table }: Service,
  asOf: Instant,
  zone: string,
  position: number,
  instant: Instant | null = null,
): At => ({ asOf, knownAt: instant ?? table.recordedAtOf(position), zone, position })
