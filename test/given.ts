import { expect, test } from 'vitest'
import type { State } from '../projections/projection.ts'
import { type Candidate, candidatesAt } from '../src/answer/candidates.ts'
import { entityOf } from '../src/answer/entity.ts'
import { type Known, knownAt } from '../src/answer/known.ts'
import { type Instant, instantOf, millisecondsOf } from '../src/time/instant.ts'
import { askedInstant, type Moment, resolveMoment } from '../src/time/moment.ts'
import type { Event } from '../src/vocabulary/envelope.ts'
import { commandOf, kindNamed } from '../src/vocabulary/index.ts'
import { isMetaCommand, metaCommands } from '../src/vocabulary/meta.ts'
import type { Place } from '../src/vocabulary/place.ts'
import type { Source } from '../src/vocabulary/source.ts'

/**
 * A command: its name, its `when`, and its fields, those of the envelope (`zone`, `source`, `places`, `note`) among
 * them. One about an earlier event gives that one's place in the list instead of a `when`. The first event is `e0`.
 */
export type Line = readonly [command: string, whenOrTarget: string | number, fields?: Fields]

/** What is expected of a state: its status, some of its fields, or that there is none. */
type Expected = string | Readonly<Record<string, unknown>> | null

/** Reads as the sentence it tests: given events, what holds at a moment (a date is its end): the one state, or the candidates. */
export type Scenario = {
  given: readonly Line[]
  holds: Readonly<Record<string, Expected | readonly Expected[]>>
  /** The events that are not allowed where they stand, and the status each met. Not given: none. */
  flagged?: Readonly<Record<string, string | null>>
}

/** Tests, all of one kind, each with its sentence. */
export const specify = (kind: string, scenarios: Readonly<Record<string, Scenario>>): void => {
  test.each(Object.entries(scenarios))('%s', (_, { given, holds, flagged = {} }) => {
    const known = knownOf(recorded(kind, given))
    for (const [asOf, expected] of Object.entries(holds)) {
      const wanted = Array.isArray(expected) ? (expected as readonly Expected[]) : [expected as Expected]
      const states = answersAt(known, asOf).map(({ state }, index) => shown(state, wanted[index]))
      expect(states, `at ${asOf}`).toStrictEqual(wanted)
    }
    expect(flaggedIn(known)).toStrictEqual(flagged)
  })
}

/** What is known once all of these are recorded, or the first so many. */
export const knownOf = (events: readonly Event[], count = events.length): Known =>
  knownAt(entityOf(events), events[count - 1]!.position)

/** The candidates at an instant, or at the end of a date. */
export const answersAt = (known: Known, asOf: string): Candidate[] =>
  candidatesAt(known, askedInstant(asOf, zone))

/** Of each event out of place, the status it met. */
export const flaggedIn = ({ steps }: Known): Record<string, string | null> =>
  Object.fromEntries(
    steps
      .filter(({ flagged }) => flagged)
      .map(({ entry, met }) => [entry.event.id, met?.state?.status ?? null]),
  )

/** Only as much of a state as is asked about. */
const shown = (state: State | null, expected: Expected | undefined): unknown => {
  if (state === null || expected === undefined) return state
  if (expected === null || typeof expected === 'string') return state.status
  return Object.fromEntries(Object.keys(expected).map((name) => [name, state[name]]))
}

const zone = 'America/Guayaquil'
const recordedFrom = '2024-06-01T00:00:00.000Z'

/** The moment of a text written in Ecuador and recorded later. */
export const moment = (text: string): Moment => resolveMoment(text, zone, recordedFrom)

/** The source of every event that names no other, and who asserts what it tells. */
export const source: Source = { publisher: 'Ministry', medium: 'official_statement' }
export const asserter = { name: 'Ministry' }

/** The events of these commands, one a minute in the order given, each body read as the ledger reads it. */
export const recorded = (kind: string, lines: readonly Line[]): Event[] => {
  const events: Event[] = []
  for (const [index, [command, whenOrTarget, fields = {}]] of lines.entries()) {
    const recordedAt = instantOf(millisecondsOf(recordedFrom) + index * 60_000)
    const read =
      typeof whenOrTarget === 'number' ? metaRead(events[whenOrTarget]!) : domainRead(kind, whenOrTarget)
    events.push({
      id: `e${index}`,
      schemaVersion: 1,
      kind,
      stream: `${kind}-a-1`,
      revision: index,
      position: index + 1,
      recordedAt,
      recordedBy: 'desk',
      reality: 'actual',
      source,
      ...read(command, fields, recordedAt),
    })
  }
  return events
}

type Read = (command: string, fields: Fields, now: Instant) => Pick<Event, 'type' | 'data'> & Partial<Event>
type Fields = Readonly<Record<string, unknown>> & {
  source?: object
  places?: readonly object[]
  note?: string
  zone?: string
}

const domainRead =
  (kind: string, when: string): Read =>
  (command, { zone: named = zone, source, places, note, ...data }, now) => {
    const { event, schema } = kindNamed(kind)!.commands.get(command)!
    return {
      type: event,
      when: resolveMoment(when, named, now),
      ...(source && { source: source as Source }),
      ...(places && { places: places as Place[] }),
      ...(note !== undefined && { note }),
      data: schema.parse(data),
    }
  }

/** What one event says of another keeps the other's zone, so a date in it needs its own. */
const metaRead =
  (target: Event): Read =>
  (command, { source, ...fields }, now) => {
    if (!isMetaCommand(command)) throw new Error(`${command} is about no other event.`)
    const { event, schema } = metaCommands[command]
    const reason = schema.shape['reason'] && { reason: 'Told' }
    const {
      when,
      zone: named,
      data,
      ...said
    } = schema.parse({ eventId: target.id, ...reason, ...fields }) as Said
    const moved: { zone?: string; when?: Moment } | false =
      when === undefined
        ? named !== undefined && { zone: named }
        : { when: resolveMoment(when, named ?? null, now) }
    const replaced = data !== undefined && { data: commandOf(target.type)!.command.schema.parse(data) }
    return {
      type: event,
      ...(source && { source: source as Source }),
      data: { ...said, ...moved, ...replaced },
    }
  }

type Said = { when?: string; zone?: string; data?: unknown }
