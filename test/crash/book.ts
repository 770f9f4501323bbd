import { isDeepStrictEqual } from 'node:util'
import type { Event } from '../../src/vocabulary/envelope.ts'
import { recorded } from '../../src/vocabulary/recorded.ts'

/** What a request says: the part of its event that its sender knows beforehand. The zone is that of `when`. */
export type Said = Pick<Event, 'kind' | 'stream' | 'type' | 'source' | 'note' | 'data'> & {
  key: string
  when?: { text: string; zone: string }
}

/** What an acknowledgement says of an event: all of it, or where to find it. */
export type Acknowledged = Event | Pick<Event, 'id' | 'position'>

/** What was sent, what was acknowledged, and what the log held when it was last looked at. */
export type Book = {
  /** Notes a request, before it is sent. */
  sending(said: Said): void
  acknowledged(said: Said, by: Acknowledged): void
  /** What is wrong with a log of these lines (one event each, as JSON): nothing is an empty list. */
  look(lines: readonly string[]): string[]
  /** The event of a request, if the log had it when it was last looked at. */
  eventOf(said: Said): Event | undefined
  /** The requests since the last look that nobody acknowledged. */
  unanswered(): Said[]
  /** The newest revision of each stream at the last look. */
  revisions(): ReadonlyMap<string, number>
  /** The newest event at the last look. */
  last(): Event | undefined
}

/** The name of an event before its id is known. */
export const nameOf = ({ stream, key }: { stream: string; key?: string }): string => `${stream}#${key}`

export const createBook = (): Book => {
  const sent = new Map<string, Said>()
  const answers = new Map<string, Acknowledged[]>()
  const open = new Map<string, Said>()
  const events = new Map<string, Event>()
  const ids = new Set<string>()
  const revisions = new Map<string, number>()
  let seen: readonly string[] = []
  let last: Event | undefined

  const take = (line: string): string[] => {
    const event = wholeEvent(line)
    if (event === null) return [`half an event: ${line.slice(0, 300)}`]
    const name = nameOf(event)
    const said = sent.get(name)
    const faults: string[] = []
    if (!said) faults.push(`${name} was never sent`)
    else if (!isDeepStrictEqual(saidIn(event), said)) faults.push(`${name} is not what was sent: ${line}`)
    if (events.has(name)) faults.push(`${name} is there twice`)
    if (ids.has(event.id)) faults.push(`the id ${event.id} is there twice`)
    const revision = (revisions.get(event.stream) ?? -1) + 1
    if (event.revision !== revision)
      faults.push(`${event.stream} has revision ${event.revision} in place of ${revision}`)
    if (last && event.position <= last.position)
      faults.push(`position ${event.position} comes after ${last.position}`)
    if (last && event.recordedAt < last.recordedAt)
      faults.push(`${event.recordedAt} is recorded after ${last.recordedAt}`)
    events.set(name, event)
    ids.add(event.id)
    revisions.set(event.stream, event.revision)
    last = event
    return faults
  }

  const missed = (name: string, acknowledged: readonly Acknowledged[]): string[] => {
    const event = events.get(name)
    if (!event) return [`${name} was acknowledged and is lost`]
    return acknowledged
      .filter((one) =>
        'type' in one
          ? !isDeepStrictEqual(one, event)
          : one.id !== event.id || one.position !== event.position,
      )
      .map((one) => `${name} was acknowledged as ${JSON.stringify(one)} and is ${JSON.stringify(event)}`)
  }

  return {
    sending(said) {
      sent.set(nameOf(said), said)
      open.set(nameOf(said), said)
    },
    acknowledged(said, by) {
      const name = nameOf(said)
      const before = answers.get(name)
      if (before) before.push(by)
      else answers.set(name, [by])
      open.delete(name)
    },
    look(lines) {
      const changed = seen.findIndex((line, index) => lines[index] !== line)
      if (changed >= 0) return [`was ${seen[changed]} and is ${lines[changed] ?? 'lost'}`]
      const faults = lines.slice(seen.length).flatMap(take)
      for (const [name, acknowledged] of answers) faults.push(...missed(name, acknowledged))
      // What the log has now is held to it, line by line, at every later look.
      answers.clear()
      seen = lines
      return faults
    },
    eventOf: (said) => events.get(nameOf(said)),
    unanswered: () => [...open.values()],
    revisions: () => revisions,
    last: () => last,
  }
}

const wholeEvent = (line: string): Event | null => {
  try {
    const { position, ...rest } = JSON.parse(line) as Event
    return Number.isSafeInteger(position) && position > 0 && recorded.safeParse(rest).success
      ? { ...rest, position }
      : null
  } catch {
    return null
  }
}

/** What the request of an event said. */
export const saidIn = ({ kind, stream, type, source, note, data, key, when }: Event): Said => ({
  kind,
  stream,
  type,
  data,
  key: key ?? '',
  ...(source && { source }),
  ...(note !== undefined && { note }),
  ...(when && { when: { text: when.text ?? '', zone: when.zone ?? '' } }),
})
