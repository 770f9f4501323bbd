import { type ErrorCode, LedgerError } from '../errors.ts'
import type { DomainBody, MetaBody } from '../vocabulary/envelope.ts'
import { kindNamed } from '../vocabulary/index.ts'
import type { MetaCommandName } from '../vocabulary/meta.ts'
import type { MetaData, ParsedCommand, Subject } from './command.ts'
import { commandIn, outlineOf, isLong, type Read, readLine } from './line.ts'
import type { Line } from './lines.ts'

/**
 * What a thread that reads lines tells whoever asked: what must be known of each line at once, as JSON, for nothing else
 * crosses as fast; and the commands, whose JSON waits one after another as bytes, outside of what is looked through for what
 * nobody needs any more.
 */
export type Told = { heads: string; commands: Uint8Array<ArrayBuffer> }

/** A line that is no command crosses as it is: it is read again where its fault is told. `end`: where its command ends. */
type Head = { line: number; size: number } & (
  | { about: Subject; names: readonly string[]; end: number; isLong?: true }
  | { text: string }
  | { code: ErrorCode; detail: string }
)

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

const named = (command: ParsedCommand): Named => {
  if (command.meta !== null) return command
  const { kind, command: own, body, ...rest } = command
  return { ...rest, kind: kind.name, command: own.name, body: { ...body, data: {} } }
}

const unnamed = (command: Named): ParsedCommand => {
  if (command.meta !== null) return command
  const kind = kindNamed(command.kind)!
  return { ...command, kind, command: kind.commands.get(command.command)! }
}

/** What lines are, to be told. */
export const toldOf = (lines: readonly Line[]): Told => {
  const commands: Buffer[] = []
  let end = 0
  const headOfLine = (line: Line): Head => {
    const { number } = line
    if ('fault' in line) return { line: number, size: 0, code: line.fault.code, detail: line.fault.message }
    const { text } = line
    const about = { line: number, size: text.length }
    try {
      const command = commandIn(line)
      const bytes = Buffer.from(JSON.stringify(named(command)))
      commands.push(bytes)
      end += bytes.byteLength
      return { ...about, ...outlineOf(command), end, ...(isLong(text) && { isLong: true }) }
    } catch {
      return { ...about, text }
    }
  }
  const heads = JSON.stringify(lines.map(headOfLine))
  const all = new Uint8Array(end)
  let start = 0
  for (const bytes of commands) {
    all.set(bytes, start)
    start += bytes.byteLength
  }
  return { heads, commands: all }
}

/** The lines that were told of. */
export const readsOf = (told: Told): Read[] => {
  const commands = Buffer.from(told.commands.buffer)
  let start = 0
  return (JSON.parse(told.heads) as Head[]).map((head): Read => {
    if ('text' in head) return readLine({ number: head.line, text: head.text })
    if ('code' in head)
      return { line: head.line, size: head.size, fault: new LedgerError(head.code, head.detail) }
    const { end, ...rest } = head
    const from = start
    start = end
    return { ...rest, command: () => unnamed(JSON.parse(commands.toString('utf8', from, end)) as Named) }
  })
}
