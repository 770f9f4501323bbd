import { type ErrorCode, LedgerError } from '../errors.ts'
import type { DomainBody, MetaBody } from '../vocabulary/envelope.ts'
import { kindNamed } from '../vocabulary/index.ts'
import type { MetaCommandName } from '../vocabulary/meta.ts'
import type { MetaData, ParsedCommand } from './command.ts'
import { type Read, readLine } from './line.ts'
import type { Line } from './lines.ts'

// What a thread that reads lines tells whoever asked, as JSON: nothing else crosses as fast.

/** A command with the names of what cannot cross. Its data crosses once. */
type Named = { key?: string } & (
  | {
      meta: null
      kind: string
      command: string
      stream: string
      body: DomainBody
      data: Record<string, unknown>
    }
  | { meta: MetaCommandName; event: string; inBody: boolean; body: MetaBody; data: MetaData }
)

/** A line that is no command crosses as it is: it is read again where its fault is told. */
type Told = { line: number } & (
  | { command: Named; isLong?: true }
  | { text: string }
  | { code: ErrorCode; detail: string }
)

const named = (command: ParsedCommand): Named => {
  if (command.meta !== null) return command
  const { kind, command: own, body, ...rest } = command
  return { ...rest, kind: kind.name, command: own.name, body: { ...body, data: {} } }
}

const told = (line: Line): Told => {
  const { number } = line
  if ('fault' in line) return { line: number, code: line.fault.code, detail: line.fault.message }
  const read = readLine(line)
  return 'command' in read ? { ...read, command: named(read.command) } : { line: number, text: line.text }
}

/** What lines are, to be told. */
export const toldOf = (lines: readonly Line[]): string => JSON.stringify(lines.map(told))

const commandOf = (command: Named): ParsedCommand => {
  if (command.meta !== null) return command
  const kind = kindNamed(command.kind)!
  return { ...command, kind, command: kind.commands.get(command.command)! }
}

const readOf = (one: Told): Read => {
  if ('command' in one) return { ...one, command: commandOf(one.command) }
  if ('text' in one) return readLine({ number: one.line, text: one.text })
  return { line: one.line, fault: new LedgerError(one.code, one.detail) }
}

/** The lines that were told of. */
export const readsOf = (text: string): Read[] => (JSON.parse(text) as Told[]).map(readOf)
