import { groupedByStream, placesByStream } from '../answer/by-stream.ts'
import { withEvent } from '../answer/entity.ts'
import type { Instant } from '../time/instant.ts'
import type { Event } from '../vocabulary/envelope.ts'
import { metaCommandOf } from '../vocabulary/meta.ts'
import type { Exported } from '../vocabulary/recorded.ts'
import { asRecorded } from './decide.ts'
import type { EventHead } from './form.ts'
import { asRestored, found, type ToRecord } from './found.ts'
import type { Past } from './past.ts'
import { pastOf, type Restore } from './restore-line.ts'
import type { Group } from './rounds.ts'
import { requireTarget } from './sound.ts'
import { supposing } from './supposing.ts'

/**
 * What is to be recorded of many lines, each by its place, in their order. What a line says is made anew whenever it is asked for;
 * `recorded`: as the log has it, once it has it at a position.
 */
export type Plan = {
  size: number
  toRecord: (place: number) => ToRecord
  recorded: (place: number, position: number) => Event
}

/** The plan of many lines, each stream by itself. Null: one of them is something else, or is not to be recorded. */
export const planOf = (restore: Restore, group: Group<Past>): Plan | null => {
  const heads = headsOf(group)
  if (heads) return isInOrder(restore, heads) ? exportPlan(restore, group, heads) : null
  const all = allToRecord(restore, group)
  return all && isInOrder(restore, eventsOf(all)) ? commandPlan(all) : null
}

const eventsOf = (all: readonly ToRecord[]) => all.map(({ event }) => event)

/** The heads of lines all of which are events as they were recorded; null: one is not. */
const headsOf = ({ reads }: Group<Past>): EventHead[] | null => {
  const heads = reads.flatMap((read) => ('about' in read && read.head) || [])
  return heads.length === reads.length ? heads : null
}

/** Whether they were recorded one after the other, and none before the newest that is there. */
const isInOrder = ({ parts }: Restore, all: readonly { recordedAt: Instant }[]): boolean => {
  let last = parts.model.newest() ?? ''
  for (const { recordedAt } of all) {
    if (recordedAt < last) return false
    last = recordedAt
  }
  return true
}

/** Of an export. What the lines say is read when they are appended, and soon forgotten: their heads are enough to judge them. */
const exportPlan = (
  { parts, options, view }: Restore,
  { reads, streams }: Group<Past>,
  heads: readonly EventHead[],
): Plan | null => {
  const present = parts.clock()
  const exported = (place: number): Exported => (pastOf(reads[place]!) as { exported: Exported }).exported
  const ids = new Set<string>()
  for (const [stream, places] of groupedByStream(streams)) {
    const known = view.entity(stream!)?.events ?? []
    const types = new Map(known.map(({ id, type }) => [id, type]))
    const keys = new Set(known.map(({ key }) => key))
    const event = (id: string) => {
      const type = types.get(id)
      return type === undefined ? undefined : { stream: stream!, type }
    }
    let next = known.length
    for (const place of places) {
      const { id, type, key, revision, recordedAt } = heads[place]!
      const isThere = ids.has(id) || view.event(id) !== undefined || (key !== undefined && keys.has(key))
      if (isThere || revision !== next++ || recordedAt > present) return null
      try {
        if (metaCommandOf(type)) requireTarget({ event }, exported(place))
      } catch {
        return null
      }
      ids.add(id)
      types.set(id, type)
      keys.add(key)
    }
  }
  const { from } = options
  return {
    size: reads.length,
    toRecord: (place) => asRestored(exported(place), from, present),
    recorded: (place, position) =>
      Object.assign(exported(place), { restored: { at: present, from }, position }),
  }
}

/** Where some are commands: all that they say is at hand already. */
const commandPlan = (all: readonly ToRecord[]): Plan => ({
  size: all.length,
  toRecord: (place) => all[place]!,
  recorded: (place, position) => {
    const { event, revision } = all[place]!
    return { ...event, revision, position }
  },
})

/** The events of lines some of which are commands, which are judged by what those before them say. */
const allToRecord = (restore: Restore, { reads, streams }: Group<Past>): ToRecord[] | null => {
  const { parts, options } = restore
  const trial = supposing(restore.view)
  const all: ToRecord[] = []
  try {
    const items = reads.map(pastOf)
    // Ids ascend in the order of the file.
    const ids = items.map((item) => ('command' in item ? parts.newId() : ''))
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
  return all
}
