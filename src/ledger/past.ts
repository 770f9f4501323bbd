import { invalidAt, LedgerError } from '../errors.ts'
import { commandOf, kindNamed } from '../vocabulary/index.ts'
import { metaCommandOf } from '../vocabulary/meta.ts'
import { type Exported, recorded } from '../vocabulary/recorded.ts'
import { commands, type Named } from './commands.ts'
import { type ParsedCommand, parseCommand } from './command.ts'
import { parsed } from './faults.ts'
import type { Form } from './form.ts'
import { objectOf, requestOf } from './line.ts'

/** What a line of a restore says: an event as an export has it, or a command of then. */
export type Past = { exported: Exported } | Then

/** A command, and when it was recorded, as it is written. */
export type Then = { command: ParsedCommand; recordedAt: unknown }

const exportedIn = (value: unknown): Exported => {
  const event = parsed(recorded, value) as Exported
  if (!kindNamed(event.kind))
    throw invalidAt('/kind', `"${event.kind}" is no kind of this version: restore it with a newer one`)
  return event
}

const isKnown = (type: string): boolean => (commandOf(type) ?? metaCommandOf(type)) !== undefined

/** The lines of a restore. One of a type that is not known here may be refused by the log. */
export const past: Form<Past> = {
  name: 'past',
  read: (text) => {
    const value = objectOf(text)
    if (!('command' in value)) return { exported: exportedIn(value) }
    const { recordedAt, ...line } = value
    if (recordedAt === undefined)
      throw new LedgerError(
        'invalid',
        'A line to restore says when it was recorded: add recordedAt, or import the file.',
        { errors: [{ pointer: '/recordedAt', detail: 'is required' }] },
      )
    return { command: parseCommand(requestOf(line, '')), recordedAt }
  },
  outline: (one) => {
    if ('command' in one) return commands.outline(one.command)
    const { stream, id, type, revision, recordedAt, key } = one.exported
    const head = { id, type, revision, recordedAt, ...(key !== undefined && { key }) }
    return { about: { stream }, names: [], ...(!isKnown(type) && { isAlone: true }), head }
  },
  named: (one) =>
    'command' in one ? { command: commands.named(one.command), recordedAt: one.recordedAt } : one,
  unnamed: (named, about) => {
    const one = named as { exported: Exported } | { command: Named; recordedAt: unknown }
    return 'command' in one ? { ...one, command: commands.unnamed(one.command, about) } : one
  },
}
