import type { LedgerError } from '../errors.ts'
import type { Appended, EventLog } from '../log/log.ts'
import { isLost } from '../log/lost.ts'
import type { Model } from '../readmodel/model.ts'
import type { Instant } from '../time/instant.ts'
import type { Event, NewEvent } from '../vocabulary/envelope.ts'
import { commandOf } from '../vocabulary/index.ts'
import { metaCommandOf } from '../vocabulary/meta.ts'
import { answered, requireAnswers } from './answered.ts'
import { decide, type Flag } from './decide.ts'
import type { View } from './draft.ts'
import { found, type RestoreOptions, type ToRecord } from './found.ts'
import { isLong } from './line.ts'
import { type LineResult, refusedBy, restLost, type Summary, tally } from './line-result.ts'
import type { Line } from './lines.ts'
import { flagsBy } from './receipt.ts'
import { supposing } from './supposing.ts'
import { isOutrun } from './together.ts'

/** What a restore stands on: nobody else writes to the log meanwhile. */
export type RestoreParts = {
  log: EventLog
  model: Model
  view: View
  clock: () => Instant
  newId: () => Instant
}

/**
 * Restores an export, or a history of commands with known record times, and says of each line what became of it. Each
 * line's `recordedAt` is its present. What is there already is repeated, so that a broken-off restore goes on.
 */
export async function* restoreLines(
  parts: RestoreParts,
  lines: AsyncIterable<Line>,
  options: RestoreOptions,
): AsyncGenerator<LineResult | Summary> {
  const summary: Summary = { done: true, lines: 0, recorded: 0, repeated: 0, refused: 0, position: 0 }
  const reach: Reach = { lost: null }
  for await (const result of restored(parts, lines, options, reach)) {
    tally(summary, result)
    if (isLost(parts.log, result.problem)) reach.lost ??= restLost(result.line)
    yield result
  }
  yield summary
}

/** Why what follows is not to be tried: the log is away. */
type Reach = { lost: LedgerError | null }

async function* restored(
  parts: RestoreParts,
  lines: AsyncIterable<Line>,
  options: RestoreOptions,
  reach: Reach,
): AsyncGenerator<LineResult> {
  let window = createWindow(parts, options, reach)
  for await (const line of lines) {
    if (reach.lost) {
      yield refusedBy(line.number, reach.lost)
      continue
    }
    const isTaken = window.take(line)
    if (isTaken && window.size() < width) continue
    yield* window.settle()
    window = createWindow(parts, options, reach)
    if (!isTaken)
      yield reach.lost ? refusedBy(line.number, reach.lost) : await restoreLine(parts, line, options)
  }
  yield* window.settle()
}

/** So many lines share their commits. */
const width = 512

/** A line: refused, there already, or on its way to the log. */
type Sent = { line: Line; result?: LineResult; there?: Event; flags?: Flag[]; taken?: Promise<Taken> }

/** Lines on their way, each looked at as if those before it were recorded. */
const createWindow = (parts: RestoreParts, options: RestoreOptions, reach: Reach) => {
  const { model } = parts
  const trial = supposing(parts.view)
  let newest = model.newest()
  const sent: Sent[] = []

  /** Takes a line, unless the log itself may refuse it: what comes after must not rest on that. */
  const take = (line: Line): boolean => {
    try {
      const one = found({ ...parts, view: trial.view, newest }, line, options)
      if (one.there) {
        sent.push({ line, there: one.there })
        return true
      }
      const { event, revision } = one
      requireAnswers(model)
      const entity = trial.view.entity(event.stream)
      if (!isSafe(line, event) || revision !== (entity?.events.length ?? 0)) return false
      const { after, flags } = decide(entity, event)
      trial.add(after)
      model.suppose(after)
      newest = event.recordedAt
      sent.push({ line, flags, taken: takenOf(append(parts, one)) })
    } catch (error) {
      sent.push({ line, result: refusedBy(line.number, error) })
    }
    return true
  }

  /** What became of them. Where one could not be written, those after it are looked at again. */
  const settle = async function* (): AsyncGenerator<LineResult> {
    const recorded = new Map<string, Event>()
    let hasFailed = false
    for (const { line, result, there, flags, taken } of sent) {
      const outcome = await taken
      if (outcome && 'event' in outcome) {
        const { event } = outcome
        recorded.set(event.id, event)
        yield await answered(model, event.position).then(
          () => resultOf('recorded', line, event, flags),
          (error: unknown) => refusedBy(line.number, error),
        )
        continue
      }
      const isRefused = outcome !== undefined && !isOutrun(outcome.refused)
      hasFailed ||= isRefused
      if (isRefused) yield refusedBy(line.number, outcome.refused)
      else if ((hasFailed || outcome) && reach.lost) yield refusedBy(line.number, reach.lost)
      else if (hasFailed || outcome) yield await restoreLine(parts, line, options)
      else yield result ?? resultOf('repeated', line, recorded.get(there!.id) ?? there!)
    }
  }
  return { take, settle, size: () => sent.length }
}

/** Whether a line's event is one that the log is sure to take at its revision: of a type known here, small, without NUL. */
const isSafe = (line: Line, { type }: NewEvent): boolean =>
  'text' in line &&
  !isLong(line.text) &&
  !line.text.includes('\\u0000') &&
  (commandOf(type) ?? metaCommandOf(type)) !== undefined

/** Restores one line by itself. */
const restoreLine = async (parts: RestoreParts, line: Line, options: RestoreOptions): Promise<LineResult> => {
  const { model } = parts
  try {
    const one = found({ ...parts, newest: model.newest() }, line, options)
    if (one.there) return resultOf('repeated', line, one.there)
    requireAnswers(model)
    const { events } = await append(parts, one)
    const [event] = events
    await answered(model, event!.position)
    return resultOf('recorded', line, event!, flagsBy(model.entity(event!.stream)!, event!))
  } catch (error) {
    return refusedBy(line.number, error)
  }
}

const append = ({ log }: RestoreParts, { event, revision }: ToRecord): Promise<Appended> =>
  log.append(event.stream, [event], revision === 0 ? 'no_stream' : revision - 1)

/** What the log made of an event: as it was recorded, or why it was refused. */
type Taken = { event: Event } | { refused: unknown }

const takenOf = (appended: Promise<Appended>): Promise<Taken> =>
  appended.then(
    ({ events: [event] }) => ({ event: event! }),
    (refused: unknown) => ({ refused }),
  )

const resultOf = (
  result: 'recorded' | 'repeated',
  { number }: Line,
  { id, position }: Event,
  flags: readonly Flag[] = [],
): LineResult => ({
  line: number,
  result,
  eventId: id,
  position,
  ...(flags.length > 0 && { flags: [...flags] }),
})
