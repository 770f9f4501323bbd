import type { Entity } from '../answer/entity.ts'
import { isLedgerError, type LedgerError } from '../errors.ts'
import type { Appended, EventLog } from '../log/log.ts'
import type { Model } from '../readmodel/model.ts'
import type { Instant } from '../time/instant.ts'
import type { Event } from '../vocabulary/envelope.ts'
import { answered, requireAnswers } from './answered.ts'
import type { ParsedCommand } from './command.ts'
import type { Flag } from './decide.ts'
import type { Stamp, View } from './draft.ts'
import { judge, type OnAnomaly, streamOfCommand } from './judge.ts'
import { flagsBy } from './receipt.ts'
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

/** What a command is on its way to: refused, there already, or under way to the log. */
type Sent =
  | { error: unknown }
  | { recorded: Event; entity: Entity }
  | { flags: Flag[]; taken: Promise<Taken> }

/**
 * Decides commands one after the other as if those before were recorded, and hands all of them to the log at once. What
 * was decided on something that the log then refused is to be decided `again`, in the order given. Nobody else may record
 * on these streams meanwhile.
 */
export const sendTogether = async (
  { log, model, view, now, newId, lost }: Parts,
  commands: readonly ParsedCommand[],
  recordedBy: string,
  onAnomaly: OnAnomaly,
): Promise<(Outcome | 'again')[]> => {
  const trial = supposing(view)
  const present = now()
  const stampOf = (): Stamp => ({ now: present, recordedBy, id: newId() })

  const send = (command: ParsedCommand): Sent => {
    try {
      const judged = judge(command, undefined, trial.view, stampOf(), onAnomaly)
      if (judged.recorded) return { recorded: judged.recorded, entity: judged.entity }
      const { event, verdict, expected } = judged
      requireAnswers(model)
      if (lost) throw lost
      trial.add(verdict.after)
      model.suppose(verdict.after)
      const taken = takenOf(log.append(event.stream, [event], expected, present))
      return { flags: verdict.flags, taken }
    } catch (error) {
      return { error }
    }
  }

  const outcomes: (Outcome | 'again')[] = []
  const recorded = new Map<string, Event>()
  const failed = new Set<string>()
  const outcomeOf = (
    one: Sent,
    taken: Taken | null,
    stream: string,
  ): Outcome | 'again' | Promise<Outcome> => {
    if (failed.has(stream)) return 'again'
    if ('error' in one) return one
    if ('recorded' in one)
      return {
        event: recorded.get(one.recorded.id) ?? one.recorded,
        flags: flagsBy(one.entity, one.recorded),
        replayed: true,
      }
    if ('event' in taken!) {
      const { event } = taken
      recorded.set(event.id, event)
      const outcome = { event, flags: one.flags, replayed: false }
      if (event.position <= model.position()) return outcome
      return answered(model, event.position).then(
        () => outcome,
        (error: unknown) => ({ error }),
      )
    }
    failed.add(stream)
    return isOutrun(taken!.refused) ? 'again' : { error: taken!.refused }
  }

  for (const [index, one] of commands.map(send).entries()) {
    const taken = 'taken' in one ? await one.taken : null
    const outcome = outcomeOf(one, taken, streamOfCommand(commands[index]!, trial.view))
    outcomes.push(outcome instanceof Promise ? await outcome : outcome)
  }
  return outcomes
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
