import type { Line } from './line.ts'
import type { Step } from './step.ts'

/** Where a line has come to, and from when until when it comes there. */
export type Mark = {
  line: Line
  /** The step that was looked at last, and its place. */
  last: Step
  place: number
  /** When all that it took has ended. */
  ended: string
  /** The place of the first that it left out, and when the first of those ends; null: it left out none. */
  first: number | null
  until: string | null
}

/** Marks on the way of a line that leaves out a step: the same are decided at all of them. */
export type Way = readonly Mark[]

/** The ways on from a line that leaves out a step, the one that was gone last first, and how many steps they have in all. */
type Without = { before: Line; ways: readonly Way[]; length: number }

/** Of the steps that were left out lately, how lines go on without each, and how many steps all that has. */
export type Trodden = { steps: Map<Step, Without>; length: number }

/** Ways of so many steps in all are kept of an entity: each of their steps is a link of its own. */
const most = 2 ** 18

const none: readonly Way[] = []

export const createTrodden = (): Trodden => ({ steps: new Map(), length: 0 })

/** The ways that are kept of a line that leaves out a step. */
export const waysFrom = (trodden: Trodden | undefined, step: Step, before: Line): readonly Way[] => {
  const kept = trodden?.steps.get(step)
  return kept?.before === before ? kept.ways : none
}

/** Keeps the ways without a step instead of what was kept of it, and forgets others where that is too much. */
export const keepWays = (trodden: Trodden, step: Step, without: Without): void => {
  forget(trodden, step)
  trodden.steps.set(step, without)
  trodden.length += without.length
  for (const oldest of trodden.steps.keys()) {
    if (trodden.length <= most || oldest === step) break
    forget(trodden, oldest)
  }
}

const forget = (trodden: Trodden, step: Step): void => {
  trodden.length -= trodden.steps.get(step)?.length ?? 0
  trodden.steps.delete(step)
}
