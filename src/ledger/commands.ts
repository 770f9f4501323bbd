import type { DomainBody, MetaBody } from '../vocabulary/envelope.ts'
import { kindNamed } from '../vocabulary/index.ts'
import type { MetaCommandName } from '../vocabulary/meta.ts'
import { type MetaData, type ParsedCommand, parseCommand } from './command.ts'
import type { Form } from './form.ts'
import { objectOf, requestOf } from './line.ts'

/** A command with the names of what cannot cross. Its data crosses once. */
export type Named = { key?: string } & (
  | { meta: null; kind: string; command: string; body: DomainBody; data: Record<string, unknown> }
  | { meta: MetaCommandName; inBody: boolean; body: MetaBody; data: MetaData }
)

/** The events that a command names. */
const namesIn = (command: ParsedCommand): readonly string[] => {
  const { causedBy = [], basedOn = [] } = command.body.refs ?? {}
  return command.meta === null ? [...causedBy, ...basedOn] : [command.event, ...causedBy, ...basedOn]
}

/** The lines of an import. */
export const commands: Form<ParsedCommand> = {
  name: 'commands',
  read: (text) => parseCommand(requestOf(objectOf(text), '')),
  outline: (command) => ({
    about: command.meta === null ? { stream: command.stream } : { event: command.event },
    names: namesIn(command),
  }),
  named: (command): Named => {
    if (command.meta !== null) {
      const { event: _event, ...rest } = command
      return rest
    }
    const { kind, command: own, stream: _stream, body, ...rest } = command
    return { ...rest, kind: kind.name, command: own.name, body: { ...body, data: {} } }
  },
  unnamed: (named, about): ParsedCommand => {
    const command = named as Named
    const { stream = '', event = '' }: { stream?: string; event?: string } = about
    if (command.meta !== null) return { ...command, event }
    const kind = kindNamed(command.kind)!
    return { ...command, kind, command: kind.commands.get(command.command)!, stream }
  },
}
