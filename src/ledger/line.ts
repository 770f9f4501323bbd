import { hash } from 'node:crypto'
import { z } from 'zod'
import { LedgerError } from '../errors.ts'
import { limits } from '../log/log.ts'
import { isMetaCommand } from '../vocabulary/meta.ts'
import { text } from '../vocabulary/text.ts'
import { canonicalJson } from './canonical.ts'
import { type ParsedCommand, parseCommand, type Request, type Subject } from './command.ts'
import { parsed } from './faults.ts'
import { parsedJson } from './json.ts'
import type { Line } from './lines.ts'

const about = z.object({ command: text, key: z.string().optional() })
const entityLine = z.object({ kind: text, id: text })
const eventLine = z.object({ data: z.object({ eventId: text }) })

/** The JSON object of a line. Throws `invalid`. */
export const objectOf = (written: string): Record<string, unknown> => {
  const value = parsedJson(written, 'The line')
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new LedgerError('invalid', 'The line must be a JSON object: {"kind", "id", "command", …}.')
  return value as Record<string, unknown>
}

/** What of a line is not its body. */
const around: ReadonlySet<string> = new Set(['command', 'key', 'kind', 'id'])

const bodyOf = (line: Record<string, unknown>): Record<string, unknown> => {
  const body: Record<string, unknown> = {}
  for (const name of Object.keys(line)) if (!around.has(name)) body[name] = line[name]
  return body
}

/** The request a line makes. Without a key its own canonical JSON (RFC 8785) is its key, so that a file twice adds nothing. */
export const requestOf = (line: Record<string, unknown>, recordedBy: string): Request => {
  const { command, key } = parsed(about, line)
  const body = bodyOf(line)
  const ownKey = () => hash('sha256', canonicalJson(line))
  const request = { command, key: key ?? ownKey(), recordedBy }
  if (isMetaCommand(command) && line['kind'] === undefined && line['id'] === undefined)
    return { ...request, about: { event: parsed(eventLine, body).data.eventId, inBody: true }, body }
  return { ...request, about: parsed(entityLine, line), body }
}

/**
 * A line as the command that it is, or why it is none. What it is about and the events it names are at hand; the command is
 * made when it is asked for, so that many lines can wait. `size`: how long it is; `isLong`: its event may be too large for the log.
 */
export type Read = { line: number; size: number } & (
  | { about: Subject; names: readonly string[]; command: () => ParsedCommand; isLong?: true }
  | { fault: unknown }
)

/** More bytes than the event of a line has of a length: what it is more are defaults, windows, and numbers written out. */
export const bytesAbove = (length: number): number => length * 8

/** Whether the event of a line may be too large for the log. */
export const isLong = (written: string): boolean => bytesAbove(written.length) >= limits.event

/** The events that a command names. */
const namesIn = (command: ParsedCommand): readonly string[] => {
  const { causedBy = [], basedOn = [] } = command.body.refs ?? {}
  return command.meta === null ? [...causedBy, ...basedOn] : [command.event, ...causedBy, ...basedOn]
}

/** What of a command must be known before its turn comes. */
export const outlineOf = (command: ParsedCommand): { about: Subject; names: readonly string[] } => ({
  about: command.meta === null ? { stream: command.stream } : { event: command.event },
  names: namesIn(command),
})

/** Reads a line against the vocabulary. Throws what is wrong with it. */
export const commandIn = (line: Line): ParsedCommand => {
  if ('fault' in line) throw line.fault
  return parseCommand(requestOf(objectOf(line.text), ''))
}

/** The same, with what is wrong as a finding. */
export const readLine = (line: Line): Read => {
  const size = 'text' in line ? line.text.length : 0
  try {
    const command = commandIn(line)
    const long = 'text' in line && isLong(line.text)
    return {
      line: line.number,
      size,
      ...outlineOf(command),
      command: () => command,
      ...(long && { isLong: true }),
    }
  } catch (fault) {
    return { line: line.number, size, fault }
  }
}
