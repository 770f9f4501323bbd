import { firstPlace } from '../answer/search.ts'
import type { Again } from '../readmodel/core.ts'
import type { OnTaken } from '../readmodel/projector.ts'
import { type Flag, newFlags } from './decide.ts'
import type { ToRecord } from './found.ts'
import type { LineResult } from './line-result.ts'
import type { Past } from './past.ts'
import { allTaken, type Restore, resultOf, settled, type Taken, width } from './restore-line.ts'
import { type Plan, planOf } from './restore-plan.ts'
import type { Group } from './rounds.ts'

/**
 * Restores many lines at once: they are looked at stream by stream, appended in their order, and taken into the answers stream
 * by stream. Gives what became of them, up to one that could not be written. Null, and nothing is done, where one is not simply
 * to be recorded: what becomes of it, and of those behind it, depends on what comes before.
 */
export const restoreByStream = async (restore: Restore, group: Group<Past>): Promise<LineResult[] | null> => {
  const { model } = restore.parts
  if (model.fault()) return null
  const plan = planOf(restore, group)
  if (!plan) return null

  const flags = new Map<number, Flag[]>()
  const note: OnTaken = ({ position }, before, after) => {
    const newly = newFlags(() => before, after)
    if (newly.length > 0) flags.set(position, newly)
  }
  const taken: Taken[] = []
  const again: Again = ({ id, position }) => {
    const place = firstPlace(taken.length, (place) => positionOf(taken[place]!) >= position)
    const one = taken[place]
    return one && 'event' in one && one.event.id === id ? plan.recorded(place, position) : undefined
  }
  await model.together(() => append(restore, plan, taken), note, again)

  const results: LineResult[] = []
  for (const [place, one] of taken.entries()) {
    const read = group.reads[place]!
    const isAnswered = 'event' in one && one.event.position <= model.position()
    results.push(
      isAnswered
        ? resultOf('recorded', read, one.event, flags.get(one.event.position))
        : await settled(restore, read, one, undefined),
    )
  }
  return results
}

/** Appends events in their order, and says what the log made of them: up to some of which one was refused. */
const append = async (restore: Restore, plan: Plan, taken: Taken[]): Promise<void> => {
  while (taken.length < plan.size) {
    const next: ToRecord[] = []
    for (let place = taken.length; place < plan.size && next.length < width; place++)
      next.push(plan.toRecord(place))
    const some = await allTaken(restore, next)
    taken.push(...some)
    if (some.some((one) => 'refused' in one)) return
  }
}

const positionOf = (one: Taken): number => ('event' in one ? one.event.position : Infinity)
