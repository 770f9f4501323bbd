import { isLedgerError } from '../errors.ts'
import { commandOf } from '../vocabulary/index.ts'
import { metaCommandOf } from '../vocabulary/meta.ts'
import type { Event } from '../vocabulary/envelope.ts'
import { recorded } from '../vocabulary/recorded.ts'
import { parsed, pointerTo } from '../ledger/faults.ts'

/** What is wrong with an event: where it is, on which stream, and what it breaks. */
export type Finding = { place: number; stream: string | null; eventId: string | null; finding: string }

type Columns = { id: string; stream: string; revision: number; recordedAt: string; text: string }

/** Checks a log, event by event in its order; what needs the whole of it is found at the end. */
export type Audit = {
  /** `place` is the event's position, or the line of its file. */
  take: (place: number, event: unknown) => void
  /** What the columns of a row say, which must be what its text says: answers look events up by them. */
  column: (place: number, row: Columns) => void
  /** Something that is no event. */
  fault: (place: number, finding: string) => void
  end: () => { events: number; streams: number; findings: Finding[] }
}

type Stream = { revision: number; kind: string; reality: unknown; keys: Set<string> }
type Seen = { stream: string; place: number; type: string }

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)
const shown = (value: unknown): string => JSON.stringify(value) ?? 'nothing'

/** What the form of an event breaks. */
const faultsOf = (event: object): string[] => faults(() => parsed(recorded, event))

const faults = (read: () => unknown): string[] => {
  try {
    read()
    return []
  } catch (error) {
    if (!isLedgerError(error)) throw error
    return (error.members.errors ?? []).map(({ pointer, detail }) => `${pointer || 'the event'}: ${detail}`)
  }
}

/** What the fields that a correction gives break of the event they are for. */
const faultsOfCorrection = (type: string, event: Partial<Event>): string[] => {
  const { data } = event.data as { data?: unknown }
  const known = commandOf(type)
  return data === undefined || !known ? [] : faults(() => parsed(known.command.schema, data, '/data/data'))
}

/** An audit of a whole log. Of what the log itself gives, only an export lacks the positions. */
export const createAudit = ({ positions }: { positions: boolean }): Audit => {
  const findings: Finding[] = []
  const streams = new Map<string, Stream>()
  const ids = new Map<string, Seen>()
  const refs: {
    place: number
    stream: string | null
    eventId: string | null
    pointer: string
    id: string
  }[] = []
  let events = 0
  let lastPosition = 0
  let lastRecordedAt = ''

  const checkOrder = (event: Partial<Event>, say: (finding: string) => void) => {
    if (positions) {
      const { position } = event
      if (!Number.isSafeInteger(position) || position! <= 0) say(`position ${shown(position)} is none`)
      else if (position! <= lastPosition) say(`position ${position} does not come after ${lastPosition}`)
      lastPosition = Math.max(lastPosition, Number(position) || 0)
    }
    const recordedAt = text(event.recordedAt)
    if (recordedAt === null) return
    if (recordedAt < lastRecordedAt) say(`recordedAt ${recordedAt} goes back: ${lastRecordedAt} was before`)
    else lastRecordedAt = recordedAt
  }

  const checkStream = (name: string, event: Partial<Event>, say: (finding: string) => void) => {
    const { revision, kind, reality, key } = event
    const stream = streams.get(name)
    const expected = (stream?.revision ?? -1) + 1
    if (revision !== expected) say(`revision ${shown(revision)} where ${expected} comes next`)
    if (stream && stream.kind !== kind) say(`kind ${shown(kind)} on a stream of ${stream.kind}`)
    if (stream && stream.reality !== reality)
      say(`reality ${shown(reality)} on a stream that is ${shown(stream.reality)}`)
    const keys = stream?.keys ?? new Set<string>()
    if (typeof key === 'string') {
      if (keys.has(key)) say(`key ${shown(key)} is taken on this stream`)
      keys.add(key)
    }
    const next = Number.isSafeInteger(revision) ? revision! : expected
    if (stream) stream.revision = next
    else streams.set(name, { revision: next, kind: String(kind), reality, keys })
  }

  const checkTarget = (stream: string | null, event: Partial<Event>, say: (finding: string) => void) => {
    const command = metaCommandOf(String(event.type))
    const id = text((event.data as { eventId?: unknown } | undefined)?.eventId)
    if (command === undefined || id === null) return
    const target = ids.get(id)
    if (!target) say(`/data/eventId names ${id}, which is not before it`)
    else if (target.stream !== stream) say(`/data/eventId names an event of ${target.stream}`)
    else if (metaCommandOf(target.type) && command !== 'retract')
      say(`/data/eventId names an event about an event, which only a retraction may`)
    else if (command === 'correct') for (const fault of faultsOfCorrection(target.type, event)) say(fault)
  }

  const fault = (place: number, finding: string): void =>
    void findings.push({ place, stream: null, eventId: null, finding })

  return {
    fault,
    column(place, { text: written, id, stream, revision, recordedAt }) {
      let event: Partial<Event>
      try {
        event = JSON.parse(written) as Partial<Event>
      } catch {
        return
      }
      for (const [name, value] of Object.entries({ id, stream, revision, recordedAt }))
        if (event[name as keyof Event] !== value)
          findings.push({
            place,
            stream: text(event.stream),
            eventId: text(event.id),
            finding: `${name} is ${shown(value)} in the table, and ${shown(event[name as keyof Event])} in the event`,
          })
    },
    take(place, value) {
      if (value === null || typeof value !== 'object' || Array.isArray(value))
        return fault(place, 'is no object')
      events++
      const event = value as Partial<Event> & { refs?: Record<string, unknown> }
      const stream = text(event.stream)
      const eventId = text(event.id)
      const say = (finding: string) => void findings.push({ place, stream, eventId, finding })

      const { position: _position, ...rest } = event
      for (const fault of faultsOf(positions ? rest : event)) say(fault)
      checkOrder(event, say)
      if (stream !== null) checkStream(stream, event, say)
      checkTarget(stream, event, say)
      for (const [field, names] of Object.entries(event.refs ?? {}))
        for (const [index, id] of (Array.isArray(names) ? (names as unknown[]) : []).entries())
          if (typeof id === 'string')
            refs.push({ place, stream, eventId, pointer: pointerTo(['refs', field, index]), id })

      if (eventId === null) return
      const seen = ids.get(eventId)
      if (seen) say(`id is taken by the event at ${seen.place}`)
      else
        ids.set(eventId, {
          stream: stream ?? '',
          place,
          type: String(event.type),
        })
    },
    end() {
      for (const { id, pointer, ...where } of refs)
        if (!ids.has(id)) findings.push({ ...where, finding: `${pointer} names ${id}, which does not exist` })
      return { events, streams: streams.size, findings: findings.toSorted((a, b) => a.place - b.place) }
    },
  }
}
