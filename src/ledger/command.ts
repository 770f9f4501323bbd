import { invalidAt, LedgerError } from '../errors.ts'
import {
  type DomainBody,
  domainBody,
  key as keySchema,
  type MetaBody,
  metaBody,
  streamOf,
} from '../vocabulary/envelope.ts'
import { kindNamed } from '../vocabulary/index.ts'
import type { Command, Kind } from '../vocabulary/kind.ts'
import { isMetaCommand, type MetaCommandName, metaCommands } from '../vocabulary/meta.ts'
import { id as idSchema } from '../vocabulary/text.ts'
import { parsed } from './faults.ts'

/** A request to record one event, as it comes in: about an entity, or about an event. */
export type Request = {
  command: string
  /** An entity, or an event: by its id or `<stream>#<key>`, and whether the body names it or the address does. */
  about: { kind: string; id: string } | { event: string; inBody?: boolean }
  body: unknown
  key?: string | undefined
  /** The revision the writer has seen; `no_stream`: that there is none. */
  ifMatch?: number | 'no_stream' | undefined
  recordedBy: string
}

/** A well-formed command. Nothing in it depends on what is recorded. */
export type ParsedCommand = { key?: string } & (
  | {
      meta: null
      kind: Kind
      command: Command
      stream: string
      body: DomainBody
      data: Record<string, unknown>
    }
  | { meta: MetaCommandName; event: string; inBody: boolean; body: MetaBody; data: MetaData }
)

/** What a command is about: a stream, or the one of an event, by its id or `<stream>#<key>`. */
export type Subject = { stream: string } | { event: string }

/** The own fields of an event about another one. */
export type MetaData = {
  eventId: string
  reason?: string
  when?: string
  zone?: string
  places?: NonNullable<DomainBody['places']>
  note?: string
  data?: Record<string, unknown>
  reliability?: string
  credibility?: string
}

const commandOf = (kindName: string, name: string): { kind: Kind; command: Command } => {
  const kind = kindNamed(kindName)
  if (!kind) throw new LedgerError('not_found', `There is no kind "${kindName}".`)
  const command = kind.commands.get(name)
  if (!command)
    throw new LedgerError(
      'not_found',
      `There is no command "${name}" for ${kind.plural}. They take: ${[...kind.commands.keys()].join(', ')}.`,
    )
  return { kind, command }
}

const misplaced = ['when', 'zone', 'places'] as const

const requireMetaCommand = (name: string): MetaCommandName => {
  if (isMetaCommand(name)) return name
  throw new LedgerError(
    'not_found',
    `There is no command "${name}" for events. They take: ${Object.keys(metaCommands).join(', ')}.`,
  )
}

const parseMeta = (command: string, event: string, inBody: boolean, body: unknown): ParsedCommand => {
  const name = requireMetaCommand(command)
  for (const field of misplaced)
    if (body !== null && typeof body === 'object' && Object.hasOwn(body, field))
      throw invalidAt(`/${field}`, `what ${name} says of ${field} belongs in data: move it to data.${field}`)
  const { schema, sourced } = metaCommands[name]
  const envelope = parsed(metaBody, body)
  const { eventId: named } = envelope.data
  if (named !== undefined && named !== event)
    throw invalidAt('/data/eventId', 'must be the event of the address, or be left out')
  const data = parsed(schema, { ...envelope.data, eventId: event }, '/data') as MetaData
  if (sourced && !envelope.source) throw invalidAt('/source', `is required: say who ${name}s it`)
  return { meta: name, event, inBody, body: envelope, data }
}

const parseDomain = (kindName: string, entityId: string, name: string, body: unknown): ParsedCommand => {
  const { kind, command } = commandOf(kindName, name)
  const id = parsed(idSchema, entityId, '/id')
  const envelope = parsed(domainBody, body)
  return {
    meta: null,
    kind,
    command,
    stream: streamOf(kind.name, id),
    body: envelope,
    data: parsed(command.schema, envelope.data, '/data'),
  }
}

/** Throws `not_found` for a command that what it is about does not take, and says which it takes. */
export const requireCommand = ({ command, about }: Pick<Request, 'command' | 'about'>): void => {
  if ('event' in about) requireMetaCommand(command)
  else commandOf(about.kind, command)
}

/** Reads a request against the vocabulary. Throws `invalid` with pointers, or `not_found` for an unknown command. */
export const parseCommand = ({ command, about, body, key }: Request): ParsedCommand => {
  const read =
    'event' in about
      ? parseMeta(command, about.event, about.inBody ?? false, body)
      : parseDomain(about.kind, about.id, command, body)
  return key === undefined ? read : { ...read, key: parsed(keySchema, key, '/key') }
}
