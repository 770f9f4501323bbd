import type { State } from '../../projections/projection.ts'
import type { Instant } from '../time/instant.ts'
import type { Known } from './known.ts'
import { stretches } from './stretches.ts'

/** A stretch of valid time, half-open and exact, in which the candidate states are constant. Null: open. */
export type Version = { from: Instant | null; to: Instant | null; candidates: readonly (State | null)[] }

const remembered = new WeakMap<Known, readonly Version[]>()

const split = (known: Known): Version[] => {
  const versions: Version[] = []
  let written: string | null = null
  for (const { from, to, candidates } of stretches(known)) {
    const states = candidates.map(({ state }) => state)
    const text = JSON.stringify(states)
    const last = versions.at(-1)
    if (last && text === written) last.to = to
    else versions.push({ from, to, candidates: states })
    written = text
  }
  return versions
}

/** The versions of an entity along valid time, from before anything on, adjacent and each unlike the one before. */
export const versionsOf = (known: Known): readonly Version[] => {
  const versions = remembered.get(known) ?? split(known)
  remembered.set(known, versions)
  return versions
}

/** The place of the version that holds at a moment. */
export const versionIndex = (versions: readonly Version[], asOf: Instant): number =>
  versions.findLastIndex(({ from }) => from === null || from <= asOf)

/** Whether the version at a moment has a beginning: one without is shown for its entity, never listed or counted. */
export const hasBeginning = (known: Known, asOf: Instant): boolean =>
  known.steps[0]?.dawn !== '' || versionIndex(versionsOf(known), asOf) > 0
