import type { Step } from '../ledger/copy.ts'

/** How fast a step goes: events a second in its phase, and how long that still takes; null: nobody knows yet. */
export type Paced = Step & { eventsPerSecond: number; secondsLeft: number | null }

/** Follows steps by a clock in milliseconds, and gives one every half second to be told, and the first of a phase. */
export const createPace = (milliseconds: () => number) => {
  let told = Number.NEGATIVE_INFINITY
  let start = { phase: '', end: '', at: 0, position: 0, events: 0 }
  return (step: Step): Paced | null => {
    const now = milliseconds()
    const isNew = start.phase !== step.phase || start.end !== step.end
    if (isNew)
      start = { phase: step.phase, end: step.end, at: now, position: step.position, events: step.events }
    if (!isNew && now - told < 500) return null
    told = now
    const seconds = Math.max(0.001, (now - start.at) / 1000)
    const share = (step.position - start.position) / seconds
    return {
      ...step,
      eventsPerSecond: isNew ? 0 : Math.round((step.events - start.events) / seconds),
      secondsLeft: share > 0 ? Math.round((step.head - step.position) / share) : null,
    }
  }
}
