import { setImmediate as nextTurn } from 'node:timers/promises'
import { isLedgerError, type LedgerError } from '../errors.ts'
import { type Append, type EventLog, type Expected, limits } from '../log/log.ts'
import { isLost } from '../log/lost.ts'
import type { Model } from '../readmodel/model.ts'
import type { Instant } from '../time/instant.ts'
import type { Event, NewEvent } from '../vocabulary/envelope.ts'
import { answered, requireAnswers } from './answered.ts'
import type { ParsedCommand } from './command.ts'
import type { Flag } from './decide.ts'
import type { View } from './draft.ts'
import { judge, type OnAnomaly, streamOfCommand } from './judge.ts'
import { createFlagging } from './receipt.ts'
import { supposing } from './supposing.ts'

/** What became of a command: its event and those it newly flagged, recorded now or before; or why it was refused. */
export type Outcome = { event: Event; flags: Flag[]; replayed: boolean } | { error: unknown }

/** A command that is to be recorded with others, and more bytes than its event has. */
export type Written = { command: ParsedCommand; bytes: number }

/** `lost`: why what is not there already is not to be tried. */
type Parts = {
  log: EventLog
  model: Model
  view: View
  now: () => Instant
  newId: () => string
  lost: LedgerError | null
}

/** What a command was decided to be: refused, there already, or what the log is to be asked to take. */
type Decided = { error: unknown } | { recorded: Event; flags: Flag[] } | ToAppend
type ToAppend = { event: NewEvent; expected: Expected; flags: Flag[]; bytes: number }

/**
 * Decides commands as if those before them were recorded, and hands them to the log in their order, many at once. What
 * was decided on something that the log then refused is to be decided `again`, in the order given. Nobody else may record
 * on these streams meanwhile.
 */
export const sendTogether = async (
  { log, model, view, now, newId, lost }: Parts,
  written: readonly Written[],
  recordedBy: string,
  onAnomaly: OnAnomaly,
): Promise<(Outcome | 'again')[]> => {
  const trial = supposing(view)
  const flagging = createFlagging()
  const present = now()
  const streams = written.map(({ command }) => streamOfCommand(command, view))

  const decided = ({ command, bytes }: Written): Decided => {
    const stamp = { now: present, recordedBy, id: newId() }
    try {
      const judged = judge(command, undefined, trial.view, stamp, onAnomaly)
      if (judged.recorded)
        return { recorded: judged.recorded, flags: flagging(judged.entity, judged.recorded) }
      requireAnswers(model)
      if (lost) throw lost
      const { event, verdict, expected } = judged
      trial.add(verdict.after)
      model.suppose(verdict.after)
      return { event, expected, flags: verdict.flags, bytes }
    } catch (error) {
      return { error }
    }
  }

  const all: Decided[] = []
  let lookedAt = 0
  for (const command of written) {
    const one = decided(command)
    all.push(one)
    lookedAt += eventsBefore(one)
    if (lookedAt < atOnce) continue
    await nextTurn()
    lookedAt = 0
  }
  const runs = runsOf(all)
  const outcomes = await log.appendAll(runs.map((run) => appendOf(run, present)))
  const taken = new Map<Decided, Taken>()
  for (const [place, { run }] of runs.entries()) {
    const outcome = outcomes[place]!
    const isAlone = run.length === 1
    for (const [index, one] of run.entries())
      taken.set(one, 'refused' in outcome ? { ...outcome, isAlone } : { event: outcome.events[index]! })
  }
  const newest = all.reduce((last, one) => Math.max(last, positionOf(taken.get(one))), 0)
  const missing = await answered(model, newest).then(
    () => null,
    (error: unknown) => error,
  )

  const recorded = new Map<string, Event>()
  const failed = new Set<string>()
  return all.map((was, place) => {
    const stream = streams[place]!
    if (failed.has(stream)) return 'again'
    if ('error' in was) return was
    if ('recorded' in was)
      return { event: recorded.get(was.recorded.id) ?? was.recorded, flags: was.flags, replayed: true }
    const one = taken.get(was)!
    if ('refused' in one) {
      failed.add(stream)
      const isAgain = isOutrun(one.refused) || !(one.isAlone || isLost(log, one.refused))
      return isAgain ? 'again' : { error: one.refused }
    }
    const { event } = one
    recorded.set(event.id, event)
    if (event.position > model.position()) return { error: missing }
    return { event, flags: was.flags, replayed: false }
  })
}

/** Others have a turn after commands on streams that have so many events in all: one on a long stream may take long. */
const atOnce = 8192

const eventsBefore = (one: Decided): number => {
  if ('recorded' in one) return one.recorded.revision
  return 'expected' in one && one.expected !== 'no_stream' ? one.expected + 1 : 0
}

/** What was decided about events of one stream that follow each other: they are appended at once. */
type Run = { stream: string; expected: Expected; run: ToAppend[]; bytes: number }

const appendOf = ({ stream, expected, run }: Run, notBefore: Instant): Append => ({
  stream,
  events: run.map(({ event }) => event),
  expected,
  notBefore,
})

/** So many at most. */
const longest = 16

const runsOf = (all: readonly Decided[]): Run[] => {
  const runs: Run[] = []
  for (const one of all) {
    if (!('expected' in one)) continue
    const { expected, event } = one
    const bytes = one.bytes + limits.added
    const last = runs.at(-1)
    if (last?.stream === event.stream && last.run.length < longest && last.bytes + bytes <= limits.append) {
      last.run.push(one)
      last.bytes += bytes
    } else runs.push({ stream: event.stream, expected, run: [one], bytes })
  }
  return runs
}

/** What the log made of an event: where it is refused, perhaps for another one that was appended with it. */
type Taken = { event: Event } | { refused: unknown; isAlone: boolean }

const positionOf = (taken: Taken | undefined): number =>
  taken && 'event' in taken ? taken.event.position : 0

/** Whether another writer of the log came first. */
export const isOutrun = (error: unknown): boolean =>
  isLedgerError(error) && error.code === 'revision_conflict' && !('missed' in error.members)
