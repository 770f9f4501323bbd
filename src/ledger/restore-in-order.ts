import type { Event } from '../vocabulary/envelope.ts'
import { requireAnswers } from './answered.ts'
import { decide, type Flag } from './decide.ts'
import { found, type ToRecord } from './found.ts'
import type { Read } from './line.ts'
import type { LineResult } from './line-result.ts'
import type { Past } from './past.ts'
import {
  allTaken,
  pastOf,
  type Recorded,
  refused,
  type Restore,
  restoreLine,
  resultOf,
  settled,
  width,
} from './restore-line.ts'
import { supposing } from './supposing.ts'

/** Restores lines one after the other, and says of each, of some together, what became of it. */
export async function* restoreInOrder(
  restore: Restore,
  reads: readonly Read<Past>[],
): AsyncGenerator<readonly LineResult[]> {
  for (let place = 0; place < reads.length;) {
    const window = createWindow(restore)
    while (place < reads.length && window.size() < width && window.take(reads[place]!)) place++
    const results = await window.settle()
    if (place < reads.length && window.size() < width)
      results.push(await restoreLine(restore, reads[place++]!))
    yield results
  }
}

/** A line: refused, there already, or to be recorded. */
type Judged = { read: Read<Past>; error?: unknown; there?: Event; flags?: Flag[]; one?: ToRecord }

/** Lines that are recorded together, each looked at as if those before it were. */
const createWindow = (restore: Restore) => {
  const { parts, options } = restore
  const { model } = parts
  const trial = supposing(restore.view)
  let newest = model.newest()
  const judged: Judged[] = []

  /** Takes a line, unless the log itself may refuse it: what comes after must not rest on that. */
  const take = (read: Read<Past>): boolean => {
    try {
      if (restore.lost) throw restore.lost
      const one = found({ ...parts, view: trial.view, newest }, pastOf(read), options)
      if (one.there) {
        judged.push({ read, there: one.there })
        return true
      }
      const { event, revision } = one
      requireAnswers(model)
      const entity = trial.view.entity(event.stream)
      if (('isAlone' in read && read.isAlone) || revision !== (entity?.events.length ?? 0)) return false
      const { after, flags } = decide(entity, event)
      trial.add(after)
      model.suppose(after)
      newest = event.recordedAt
      judged.push({ read, flags, one })
    } catch (error) {
      judged.push({ read, error })
    }
    return true
  }

  /** What became of them. Where one could not be written, those after it are looked at again. */
  const settle = async (): Promise<LineResult[]> => {
    const results: LineResult[] = []
    const recorded = new Map<string, Recorded>()
    const outcomes = await allTaken(
      restore,
      judged.flatMap(({ one }) => one ?? []),
    )
    let hasFailed = false
    for (const { read, error, there, flags, one } of judged) {
      const outcome = one && outcomes.shift()!
      if (outcome && 'event' in outcome) recorded.set(outcome.event.id, outcome.event)
      else hasFailed ||= outcome !== undefined
      if (outcome) results.push(await settled(restore, read, outcome, flags))
      else if (hasFailed) results.push(await restoreLine(restore, read))
      else if (error !== undefined) results.push(refused(restore, read, error))
      else results.push(resultOf('repeated', read, recorded.get(there!.id) ?? there!))
    }
    return results
  }
  return { take, settle, size: () => judged.length }
}
