import { LedgerError } from '../errors.ts'
import type { Append, EventLog } from '../log/log.ts'
import type { Model } from '../readmodel/model.ts'
import type { Instant } from '../time/instant.ts'
import type { Event } from '../vocabulary/envelope.ts'
import { answered, requireAnswers } from './answered.ts'
import type { Flag } from './decide.ts'
import type { View } from './draft.ts'
import { found, type RestoreOptions, type ToRecord } from './found.ts'
import type { Read } from './line.ts'
import { type LineResult, refusedBy } from './line-result.ts'
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

/** A restore that is under way. `lost`: why nothing more is tried. */
export type Restore = {
  parts: RestoreParts
  options: RestoreOptions
  /** What is recorded. An id that is greater than all of them is not looked up: those of an export mostly ascend. */
  view: View
  /** An event is recorded, by its id; null: it is not known of one whether it is. */
  saw: (id: string | null) => void
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
    saw: (id) => {
      if (id === null) greatest = noId
      else if (id > greatest) greatest = id
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
    const { position } = taken.event
    await answered(model, position)
    const entity = model.entity(one.event.stream)!
    const event = entity.events.findLast((event) => event.position === position)!
    return resultOf('recorded', read, event, flagsBy(entity, event))
  } catch (error) {
    return refused(restore, read, error)
  }
}

/** What the log made of an event: where it was recorded, or why it was refused. */
export type Taken = { event: Recorded } | { refused: unknown }
export type Recorded = Pick<Event, 'id' | 'position'>

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
    const { id, position } = outcome.events[0]!
    saw(id)
    // No more of it is kept: of many all else would outlast what it is for.
    return { event: { id, position } }
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

/**
 * The result of a line that is refused. Where that is because it could not be written just now, nothing more is tried: what came
 * later would be recorded before it, and it could never be again.
 */
export const refused = (restore: Restore, { line }: Read<Past>, error: unknown): LineResult => {
  const result = refusedBy(line, error)
  if (result.problem?.code === 'unavailable') restore.lost ??= notTried(line)
  return result
}

const notTried = (line: number): LedgerError =>
  new LedgerError(
    'unavailable',
    `Line ${line} could not be recorded, so this one was not tried: restore the file again when that is mended. Nothing is recorded twice.`,
  )

export const resultOf = (
  result: 'recorded' | 'repeated',
  { line }: Read<Past>,
  { id, position }: Recorded,
  flags: readonly Flag[] = [],
): LineResult => ({
  line,
  result,
  eventId: id,
  position,
  ...(flags.length > 0 && { flags: [...flags] }),
})
