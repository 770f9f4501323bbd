import { storedEvent } from '../../src/log/batch.ts'
import type { Stored } from '../../src/log/events.ts'
import { entityOf } from '../../src/answer/entity.ts'
import { parseCommand } from '../../src/ledger/command.ts'
import { draft, type View } from '../../src/ledger/draft.ts'
import type { Event } from '../../src/vocabulary/envelope.ts'
import { generated, type Line } from './generator.ts'

/** The generated lines as the events that the ledger would have stored, had it recorded each when it was told. */
export function* recorded(events: number, seed = 1): Generator<Stored & { event: Event }> {
  const revisions = new Map<string, number>()
  const named = new Map<string, Event>()
  const view: View = {
    entity: () => undefined,
    event: (name) => named.get(name),
  }
  let position = 0
  for (const line of generated(events, seed)) {
    position++
    const { recordedAt } = line
    const id = idOf(Date.parse(recordedAt), position, seed)
    const target = line.kind === undefined ? named.get(String(line.data['eventId'])) : undefined
    // What is said about an event looks at its entity, but only at the event that it names.
    const known = target ? { ...view, entity: () => entityOf([target]) } : view
    const { event: drafted } = draft(commandOf(line), known, { now: recordedAt, recordedBy: 'desk', id })
    const { stream, key } = drafted
    const revision = (revisions.get(stream) ?? -1) + 1
    revisions.set(stream, revision)
    const given = { event: drafted, text: JSON.stringify(drafted), bytes: 0 }
    const { text, event } = storedEvent(given, { revision, position, recordedAt })
    if (key !== undefined) named.set(`${stream}#${key}`, event)
    else if (target) named.delete(`${stream}#${target.key}`)
    yield { id, stream, revision, position, recordedAt, text, event }
  }
}

const commandOf = ({ recordedAt: _recordedAt, kind, id, command, key, ...body }: Line) =>
  parseCommand({
    command,
    key,
    recordedBy: 'desk',
    about: kind === undefined ? { event: String(body.data['eventId']), inBody: true } : { kind, id: id! },
    body,
  })

/** A UUID of version 7 that is the same each time: in place of chance, the seed and the position. */
const idOf = (milliseconds: number, position: number, seed: number): string => {
  const time = milliseconds.toString(16).padStart(12, '0')
  const place = position.toString(16).padStart(14, '0')
  const variant = (0x8000 + (seed & 0x3fff)).toString(16)
  return `${time.slice(0, 8)}-${time.slice(8)}-7${place.slice(0, 3)}-${variant}-0${place.slice(3)}`
}
