import type { State } from '../../projections/projection.ts'
import type { Instant } from '../time/instant.ts'
import type { Moment } from '../time/moment.ts'
import type { Source } from '../vocabulary/source.ts'
import { candidatesAt } from './candidates.ts'
import type { Entry } from './counted.ts'
import { entriesOf, type Known } from './known.ts'
import { isLapse, stepsOf } from './line.ts'
import { entityRow, type Row, speaker } from './row.ts'
import { type Version, versionIndex, versionsOf } from './versions.ts'

/** Outer and inner bounds of a change; null: no version gives it. */
export type Span = { earliest: Instant | null; latest: Instant | null }

/** Why a row is as it is, or why an event does not count. Ids are those of events about it that stand. */
export type Because =
  | {
      eventId: string
      type: string
      when: Moment
      source?: Source
      note?: string
      flagged: boolean
      correctedBy: readonly string[]
      disputedBy: readonly string[]
      corroboratedBy: readonly string[]
      why?: 'retracted' | 'undecided' | 'later'
    }
  | { lapse: string; earliest: Instant | null; latest: Instant }

/** A row with since when and until when its status holds, what makes it true, and what does not count. */
export type Account = Row & {
  since: Span | null
  until: Span | null
  basis: readonly Because[]
  aside: readonly Because[]
}

const because = ({ event, ...about }: Entry, flagged: boolean): Because & { eventId: string } => ({
  eventId: event.id,
  type: event.type,
  when: event.when,
  ...(event.source && { source: event.source }),
  ...(event.note !== undefined && { note: event.note }),
  flagged,
  correctedBy: about.correctedBy,
  disputedBy: about.disputedBy,
  corroboratedBy: about.corroboratedBy,
})

const has = (status: string) => (version: Version) =>
  version.candidates.some((candidate) => candidate?.status === status)
const hasOnly = (status: string) => (version: Version) =>
  version.candidates.every((candidate) => candidate?.status === status)

/** The bounds of the run of versions around a moment that have a status. */
const spanOf = (
  versions: readonly Version[],
  asOf: Instant,
  state: State,
): { since: Span; until: Span | null } => {
  const here = versionIndex(versions, asOf)
  const first = versions.findLastIndex((version, index) => index < here && !has(state.status)(version)) + 1
  const after = versions.findIndex((version, index) => index > here && !has(state.status)(version))
  const run = versions.slice(first, after < 0 ? undefined : after)
  const certain = run.filter(hasOnly(state.status))
  const open = run.at(-1)!.to === null
  return {
    since: { earliest: run[0]!.from, latest: certain[0]?.from ?? null },
    until:
      open && hasOnly(state.status)(run.at(-1)!)
        ? null
        : { earliest: certain.at(-1)?.to ?? null, latest: run.at(-1)!.to },
  }
}

/** The account of an entity at a moment. */
export const accountOf = (known: Known, asOf: Instant): Account => {
  const candidates = candidatesAt(known, asOf)
  const chosen = speaker(candidates)
  const steps = stepsOf(chosen)
  const counting = new Set(steps.flatMap((what) => (isLapse(what) ? [] : [what.entry.event.id])))
  const flagged = new Set(known.steps.filter((step) => step.flagged).map(({ entry }) => entry.event.id))

  const basis = steps.map((what): Because => {
    if (!isLapse(what)) return because(what.entry, what.flagged)
    return { lapse: what.status, earliest: what.earliest, latest: what.latest }
  })
  const standing = entriesOf(known)
    .filter(({ event }) => !counting.has(event.id))
    .map((entry) => ({
      ...because(entry, flagged.has(entry.event.id)),
      why: entry.earliest <= asOf ? ('undecided' as const) : ('later' as const),
      revision: entry.event.revision,
    }))
  const retracted = known.retracted.map((entry) => ({
    ...because(entry, false),
    why: 'retracted' as const,
    revision: entry.event.revision,
  }))
  const aside = [...standing, ...retracted]
    .toSorted((a, b) => a.revision - b.revision)
    .map(({ revision: _revision, ...rest }): Because => rest)

  const span = chosen.state && spanOf(versionsOf(known), asOf, chosen.state)
  return { ...entityRow(known, asOf), since: span?.since ?? null, until: span?.until ?? null, basis, aside }
}
