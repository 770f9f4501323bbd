import { setImmediate as nextTurn } from 'node:timers/promises'
import { isLedgerError, type LedgerError } from '../errors.ts'
import type { Appended, EventLog, Expected } from '../log/log.ts'
import { isLost } from '../log/lost.ts'
import type { Model } from '../readmodel/model.ts'
import type { Instant } from '../time/instant.ts'
import type { Event, NewEvent } from '../vocabulary/envelope.ts'
import { answered, requireAnswers } from './answered.ts'
import type { ParsedCommand } from './command.ts'
import type { Flag } from './decide.ts'
import type { Stamp, View } from './draft.ts'
import { judge, type OnAnomaly, streamOfCommand } from './judge.ts'
import { createFlagging } from './receipt.ts'
import { supposing } from './supposing.ts'

/** What became of a command: its event and those it newly flagged, recorded now or before; or why it was refused. */
export type Outcome = { event: Event; flags: Flag[]; replayed: boolean } | { error: unknown }

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
type Decided =
  | { error: unknown }
  | { recorded: Event; flags: Flag[] }
  | { event: NewEvent; expected: Expected; flags: Flag[] }

/** So many are decided before others have a turn, and so many share a commit. */
const [atOnce, committed] = [256, 512]

/**
 * Decides commands as if those before them were recorded, and hands them to the log in their order, many at once. What
 * was decided on something that the log then refused is to be decided `again`, in the order given. Nobody else may record
 * on these streams meanwhile.
 *
 * Those of one stream are decided one after another: what is known of it is far away in memory, and near once it was
 * looked at. A command knows nothing of other streams but what was recorded before all of them.
 */
export const sendTogether = async (
  { log, model, view, now, newId, lost }: Parts,
  commands: readonly ParsedCommand[],
  recordedBy: string,
  onAnomaly: OnAnomaly,
): Promise<(Outcome | 'again')[]> => {
  const trial = supposing(view)
  const flagging = createFlagging()
  const present = now()
  const streams = commands.map((command) => streamOfCommand(command, view))
  const stamps = commands.map((): Stamp => ({ now: present, recordedBy, id: newId() }))

  const decided = (command: ParsedCommand, stamp: Stamp): Decided => {
    try {
      const judged = judge(command, undefined, trial.view, stamp, onAnomaly)
      if (judged.recorded)
        return { recorded: judged.recorded, flags: flagging(judged.entity, judged.recorded) }
      requireAnswers(model)
      if (lost) throw lost
      const { event, verdict, expected } = judged
      trial.add(verdict.after)
      model.suppose(verdict.after)
      return { event, expected, flags: verdict.flags }
    } catch (error) {
      return { error }
    }
  }

  const decideAll = async (): Promise<Decided[]> => {
    const all: Decided[] = []
    let count = 0
    for (const place of streamByStream(streams)) {
      all[place] = decided(commands[place]!, stamps[place]!)
      if (++count % atOnce === 0) await nextTurn()
    }
    return all
  }

  const recorded = new Map<string, Event>()
  const failed = new Set<string>()
  let gone = lost
  const sent = (one: Decided, stream: string): Promise<Taken> | null =>
    'expected' in one && !gone && !failed.has(stream)
      ? takenOf(log.append(stream, [one.event], one.expected, present))
      : null

  const outcomeOf = async (one: Decided, taking: Promise<Taken> | null, stream: string) => {
    const taken = taking && (await taking)
    if (failed.has(stream)) return 'again'
    if ('error' in one) return one
    if ('recorded' in one)
      return {
        event: recorded.get(one.recorded.id) ?? one.recorded,
        flags: one.flags,
        replayed: true,
      }
    if (taken === null) return { error: gone }
    if ('refused' in taken) {
      failed.add(stream)
      if (isLost(log, taken.refused)) gone ??= taken.refused
      return isOutrun(taken.refused) ? 'again' : { error: taken.refused }
    }
    const { event } = taken
    recorded.set(event.id, event)
    const outcome = { event, flags: one.flags, replayed: false }
    if (event.position <= model.position()) return outcome
    return answered(model, event.position).then(
      () => outcome,
      (error: unknown) => ({ error }),
    )
  }

  const all = await decideAll()
  const outcomes: (Outcome | 'again')[] = []
  for (let start = 0; start < all.length; start += committed) {
    const some = all.slice(start, start + committed)
    const taking = some.map((one, index) => sent(one, streams[start + index]!))
    for (const [index, one] of some.entries())
      outcomes.push(await outcomeOf(one, taking[index]!, streams[start + index]!))
  }
  return outcomes
}

/** The places of all, those of one stream one after another. */
const streamByStream = (streams: readonly string[]): number[] => {
  const places = new Map<string, number[]>()
  for (const [place, stream] of streams.entries()) {
    const there = places.get(stream)
    if (there) there.push(place)
    else places.set(stream, [place])
  }
  return [...places.values()].flat()
}

/** What the log made of an event: as it was recorded, or why it was refused. */
export type Taken = { event: Event } | { refused: unknown }

export const takenOf = (appended: Promise<Appended>): Promise<Taken> =>
  appended.then(
    ({ events: [event] }) => ({ event: event! }),
    (refused: unknown) => ({ refused }),
  )

/** Whether another writer of the log came first. */
export const isOutrun = (error: unknown): boolean =>
  isLedgerError(error) && error.code === 'revision_conflict' && !('missed' in error.members)
