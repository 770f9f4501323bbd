import { Hono } from 'hono'
import type { Projection } from '../../../projections/projection.ts'
import type { Told } from '../../../projections/told.ts'
import { createLedger } from '../../ledger/ledger.ts'
import type { EventsTable } from '../../log/events.ts'
import type { EventLog } from '../../log/log.ts'
import { oneByOne } from '../../log/one-by-one.ts'
import { memoryModel } from '../../readmodel/store.ts'
import { type Instant, instantOf, millisecondsOf } from '../../time/instant.ts'
import type { Event } from '../../vocabulary/envelope.ts'
import type { Command } from '../../vocabulary/kind.ts'
import { commandRoutes } from '../commands.ts'
import { diffRoutes } from '../diff.ts'
import { eventRoutes } from '../events.ts'
import { guard } from '../guard.ts'
import { importRoutes } from '../import.ts'
import { problemResponse } from '../problem.ts'
import { questionRoutes } from '../questions.ts'
import { replayRoutes } from '../replay.ts'
import type { Service } from '../service.ts'
import { streamRoutes } from '../stream.ts'
import { versionsRoutes } from '../versions.ts'

/** What a source says in every example. */
export const exampleSource = {
  publisher: 'Example News',
  medium: 'press',
  url: 'https://news.example/2024/01/09/emergency',
  publishedAt: '2024-01-09',
  language: 'es',
} as const

const firstDay = 8
const recordedFrom = millisecondsOf('2024-01-20T14:00:00.000Z')

/** The body of a command, with every field of its own; `day` is which day of the story it tells of. */
export const exampleBody = ({ example }: Command, day: number) => ({
  when: `2024-01-${String(firstDay + day).padStart(2, '0')}`,
  zone: 'America/Guayaquil',
  source: exampleSource,
  places: [{ name: 'Guayaquil', country: 'EC', subdivision: 'EC-G', precision: 'settlement' }],
  crisis: 'ecuador-2024',
  data: example,
})

/** Whether a status is the one looked for; null: nothing is recorded. */
type Wanted = (status: string | null) => boolean

/** The shortest series of commands of a kind that leads to a status. Throws where none does. */
export const wayTo = (projection: Projection, wanted: Wanted): Command[] => {
  const { kind } = projection
  const seen = new Set<string | null>()
  const ways: { status: string | null; commands: Command[] }[] = [{ status: null, commands: [] }]
  // The list grows while it is walked: shorter ways come first.
  for (const { status, commands } of ways) {
    if (wanted(status)) return commands
    if (seen.has(status)) continue
    seen.add(status)
    for (const name of projection.allowed(status)) {
      const command = kind.commands.get(name)!
      const state = status === null ? null : { status, title: '', places: [] }
      ways.push({
        status: projection.gives(state, { type: command.event } as Told) ?? status,
        commands: [...commands, command],
      })
    }
  }
  throw new Error(`No series of commands of ${kind.plural} leads there.`)
}

/** Whether a status is one that a kind is asked for by name; where there is no such question, an active one. */
export const asked = ({ questions, active }: Projection): Wanted => {
  const named = Object.values(questions).flat()
  const statuses = named.length > 0 ? named : active
  return (status) => status !== null && statuses.includes(status)
}

/** The service over an empty ledger in memory, for documents: what it answers is what any ledger would answer. */
export const exampleService = (): Service => {
  const events: Event[] = []
  const model = memoryModel({
    stream: (name) => events.filter(({ stream }) => stream === name),
    at: (positions) => positions.map((position) => events[position - 1]!),
    recordedAtOf: (position) => events[position - 1]?.recordedAt ?? null,
  })
  const clock = (): Instant => instantOf(recordedFrom + events.length * 60_000)
  const append: EventLog['append'] = (_stream, drafts, expected) => {
    const first = expected === 'no_stream' ? 0 : expected + 1
    const added = drafts.map(({ id, type, schemaVersion, kind, stream, ...draft }, index) => {
      const revision = first + index
      const position = events.length + 1
      const event: Event = {
        id,
        type,
        schemaVersion,
        kind,
        stream,
        revision,
        position,
        recordedAt: clock(),
        ...draft,
      }
      events.push(event)
      return event
    })
    model.apply(added)
    return Promise.resolve({
      revision: added.at(-1)!.revision,
      position: events.length,
      events: added,
      texts: added.map((event) => JSON.stringify(event)),
    })
  }
  const log: EventLog = {
    append,
    appendAll: oneByOne(append),
    head: () => Promise.resolve(events.length),
    subscribe: () => Promise.resolve(() => Promise.resolve()),
    close: () => Promise.resolve(),
  }
  const one = (id: string) => events.find((event) => event.id === id)
  const table: EventsTable = {
    one,
    stream: (name) => events.filter(({ stream }) => stream === name),
    at: (positions) => positions.map((position) => events[position - 1]!),
    after: (position, limit) => events.slice(position, position + limit),
    *from(after, upTo) {
      yield* events.slice(after, upTo)
    },
    head: () => events.length,
    positionAt: (instant) => events.findLastIndex(({ recordedAt }) => recordedAt <= instant) + 1,
    recordedAtOf: (position) => events[Math.min(position, events.length) - 1]?.recordedAt ?? null,
  }
  let ids = 0
  const newId = () => `018d2748-1e00-7000-8000-${String(++ids).padStart(12, '0')}`
  const event = (name: string) =>
    one(name) ?? events.find(({ stream, key }) => key !== undefined && name === `${stream}#${key}`)
  return {
    ledger: createLedger({ log, model, event, clock, newId }),
    model,
    table,
    zone: 'UTC',
    operator: 'desk',
    ticks: () => 0,
    notReady: () => null,
    fault: () => null,
    isCold: () => false,
    progress: () => null,
    rebuild: {
      start: () => Promise.resolve(),
      progress: () => null,
      lastError: () => null,
      stop: () => Promise.resolve(),
    },
  }
}

/** What is sent to an example ledger, and what it answers. */
export type Sent = { path: string; method?: string; headers?: Record<string, string>; body?: string }

export type ExampleLedger = {
  ask: (sent: string | Sent) => Promise<Response>
  /** Records a command of a kind about the example of that kind. */
  record: (projection: Projection, command: Command, day: number) => Promise<Event>
}

const allRoutes = [
  eventRoutes,
  questionRoutes,
  replayRoutes,
  diffRoutes,
  versionsRoutes,
  streamRoutes,
  importRoutes,
  commandRoutes,
]

/** An empty ledger in memory behind routes of the service. */
export const exampleLedger = (
  routes: readonly ((app: Hono, service: Service) => void)[] = allRoutes,
): ExampleLedger => {
  const service = exampleService()
  const app = new Hono()
  app.use(guard())
  for (const add of routes) add(app, service)
  app.onError(problemResponse)
  return {
    ask: async (sent) => {
      const { path, ...init } = typeof sent === 'string' ? { path: sent } : sent
      return app.request(`http://localhost${path}`, init)
    },
    record: async ({ kind }, command, day) => {
      const about = { kind: kind.name, id: kind.example }
      const body = exampleBody(command, day)
      const { event } = await service.ledger.execute({
        command: command.name,
        about,
        body,
        recordedBy: 'desk',
      })
      return event
    },
  }
}

/** Records the series of commands that leads to a status. */
export const tell = async (
  { record }: ExampleLedger,
  projection: Projection,
  wanted: Wanted,
): Promise<Event[]> => {
  const told: Event[] = []
  for (const [day, command] of wayTo(projection, wanted).entries())
    told.push(await record(projection, command, day))
  return told
}
