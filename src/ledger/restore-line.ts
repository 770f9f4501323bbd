import type { LedgerError } from '../errors.ts'
import type { Append, EventLog } from '../log/log.ts'
import { isLost } from '../log/lost.ts'
import type { Model } from '../readmodel/model.ts'
import type { Instant } from '../time/instant.ts'
import type { Event } from '../vocabulary/envelope.ts'
import { answered, requireAnswers } from './answered.ts'
import type { Flag } from './decide.ts'
import type { View } from './draft.ts'
import { found, type RestoreOptions, type ToRecord } from './found.ts'
import type { Read } from './line.ts'
import { type LineResult, refusedBy, restLost } from './line-result.ts'
import type { Past } from './past.ts'
import { flagsBy } from './receipt.ts'
import { isOutrun } from './together.ts'

/** What a restore stands on: nobody else writes to the log meanwhile. */
export type RestoreParts = {
  log: EventLog
  model: Model
  view: View
  clock: () => Instant
  newId: () => string
  /** The greatest id that is recorded; null: none is. */
  greatestId: () => string | null
}

/** So many lines share their commits. */
export const width = 512

/** A restore that is under way. `lost`: why nothing more is tried: the log is away. */
export type Restore = {
  parts: RestoreParts
  options: RestoreOptions
  /** What is recorded. An id that is greater than all of them is not looked up: those of an export mostly ascend. */
  view: View
  /** An event is recorded; null: it is not known of one whether it is. */
  saw: (event: Event | null) => void
  lost: LedgerError | null
}

/** Greater than every id. */
const noId = 'g'

export const createRestore = (parts: RestoreParts, options: RestoreOptions): Restore => {
  const { view, greatestId } = parts
  let greatest = greatestId() ?? ''
  return {
    parts,
    options,
    view: { ...view, event: (name) => (name > greatest && isId(name) ? undefined : view.event(name)) },
    saw: (event) => {
      if (event === null) greatest = noId
      else if (event.id > greatest) greatest = event.id
    },
    lost: null,
  }
}

const isId = (name: string): boolean => !name.includes('#')

/** What a line says. Throws what is wrong with it. */
export const pastOf = (read: Read<Past>): Past => {
  if ('fault' in read) throw read.fault
  return read.item()
}

/** Restores one line by itself. */
export const restoreLine = async (restore: Restore, read: Read<Past>): Promise<LineResult> => {
  const { parts, options, view, lost } = restore
  const { model } = parts
  if (lost) return refusedBy(read.line, lost)
  try {
    const one = found({ ...parts, view, newest: model.newest() }, pastOf(read), options)
    if (one.there) return resultOf('repeated', read, one.there)
    requireAnswers(model)
    const taken = await takenOf(restore, one)
    if ('refused' in taken) throw taken.refused
    const { event } = taken
    await answered(model, event.position)
    return resultOf('recorded', read, event, flagsBy(model.entity(event.stream)!, event))
  } catch (error) {
    return refused(restore, read, error)
  }
}

/** What the log made of an event: as it was recorded, or why it was refused. */
export type Taken = { event: Event } | { refused: unknown }

export const takenOf = async (restore: Restore, one: ToRecord): Promise<Taken> =>
  (await allTaken(restore, [one]))[0]!

/** The same of many, which the log is given in their order. */
export const allTaken = async ({ parts, saw }: Restore, all: readonly ToRecord[]): Promise<Taken[]> => {
  const outcomes = await parts.log.appendAll(all.map(appendOf))
  return outcomes.map((outcome) => {
    if ('refused' in outcome) {
      saw(null)
      return outcome
    }
    const event = outcome.events[0]!
    saw(event)
    return { event }
  })
}

const appendOf = ({ event, revision }: ToRecord): Append => ({
  stream: event.stream,
  events: [event],
  expected: revision === 0 ? 'no_stream' : revision - 1,
})

/** The result of a line by what the log made of its event: where others were refused before it, it is looked at again. */
export const settled = async (
  restore: Restore,
  read: Read<Past>,
  taken: Taken,
  flags: readonly Flag[] | undefined,
): Promise<LineResult> => {
  if ('refused' in taken)
    return isOutrun(taken.refused) ? restoreLine(restore, read) : refused(restore, read, taken.refused)
  try {
    await answered(restore.parts.model, taken.event.position)
    return resultOf('recorded', read, taken.event, flags)
  } catch (error) {
    return refused(restore, read, error)
  }
}

/** The result of a line that is refused. Where that is because the log is away, nothing more is tried. */
export const refused = (restore: Restore, { line }: Read<Past>, error: unknown): LineResult => {
  const result = refusedBy(line, error)
  if (isLost(restore.parts.log, result.problem)) restore.lost ??= restLost(line)
  return result
}

export const resultOf = (
  result: 'recorded' | 'repeated',
  { line }: Read<Past>,
  { id, position }: Event,
  flags: readonly Flag[] = [],
): LineResult => ({
  line,
  result,
  eventId: id,
  position,
  ...(flags.length > 0 && { flags: [...flags] }),
})
