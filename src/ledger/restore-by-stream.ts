import { placesByStream } from '../answer/by-stream.ts'
import { withEvent } from '../answer/entity.ts'
import { requireAnswers } from './answered.ts'
import { asRecorded, type Flag, newFlags } from './decide.ts'
import { found, type ToRecord } from './found.ts'
import type { LineResult } from './line-result.ts'
import type { Past } from './past.ts'
import { allTaken, pastOf, resultOf, type Restore, settled, type Taken, width } from './restore-line.ts'
import type { Group } from './rounds.ts'
import { supposing } from './supposing.ts'

/**
 * Restores many lines at once: they are looked at stream by stream, appended in their order, and taken into the answers stream
 * by stream. Gives what became of them, up to one that could not be written. Null, and nothing is done, where one is not simply
 * to be recorded: what becomes of it, and of those behind it, depends on what comes before.
 */
export const restoreByStream = async (
  restore: Restore,
  { reads, streams }: Group<Past>,
): Promise<LineResult[] | null> => {
  const { parts } = restore
  const { model } = parts
  const all = allToRecord(restore, { reads, streams })
  if (!all) return null

  const flags = new Map<number, Flag[]>()
  const taken = await model.together(
    () => appended(restore, all),
    ({ position }, before, after) => {
      const newly = newFlags(() => before, after)
      if (newly.length > 0) flags.set(position, newly)
    },
  )
  const results: LineResult[] = []
  for (const [place, one] of taken.entries()) {
    const read = reads[place]!
    const isAnswered = 'event' in one && one.event.position <= model.position()
    results.push(
      isAnswered
        ? resultOf('recorded', read, one.event, flags.get(one.event.position))
        : await settled(restore, read, one, undefined),
    )
  }
  return results
}

/** What the log made of events that are appended in their order: up to some of which one was refused. */
const appended = async (restore: Restore, all: readonly ToRecord[]): Promise<Taken[]> => {
  const taken: Taken[] = []
  while (taken.length < all.length) {
    const some = await allTaken(restore, all.slice(taken.length, taken.length + width))
    taken.push(...some)
    if (some.some((one) => 'refused' in one)) break
  }
  return taken
}

/** The events of all lines, in their order; null: one of them is something else. */
const allToRecord = (restore: Restore, { reads, streams }: Group<Past>): ToRecord[] | null => {
  const { parts, options } = restore
  const { model, newId } = parts
  const trial = supposing(restore.view)
  const all: ToRecord[] = []
  try {
    requireAnswers(model)
    const items = reads.map(pastOf)
    // Ids ascend in the order of the file.
    const ids = items.map((item) => ('command' in item ? newId() : ''))
    for (const place of placesByStream(streams)) {
      const present = { ...parts, view: trial.view, newest: null, newId: () => ids[place]! }
      const one = found(present, items[place]!, options)
      if (one.there) return null
      const { event, revision } = one
      const entity = trial.view.entity(event.stream)
      if (revision !== (entity?.events.length ?? 0)) return null
      trial.add(withEvent(entity, asRecorded(entity, event)))
      all[place] = one
    }
  } catch {
    return null
  }
  return isAscending(all, model.newest()) ? all : null
}

const isAscending = (all: readonly ToRecord[], newest: string | null): boolean => {
  let last = newest ?? ''
  for (const { event } of all) {
    if (event.recordedAt < last) return false
    last = event.recordedAt
  }
  return true
}
