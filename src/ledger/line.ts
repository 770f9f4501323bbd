import { hash } from 'node:crypto'
import { z } from 'zod'
import { LedgerError } from '../errors.ts'
import { limits } from '../log/log.ts'
import { isMetaCommand } from '../vocabulary/meta.ts'
import { text } from '../vocabulary/text.ts'
import { canonicalJson } from './canonical.ts'
import type { Request } from './command.ts'
import { parsed } from './faults.ts'
import type { Form, Outline } from './form.ts'
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
 * A line as what it says, or what is wrong with it. What it is about and the events it names are at hand; what it says is made
 * when it is asked for, so that many lines can wait. `size`: how long it is.
 */
export type Read<Item> = { line: number; size: number } & (
  | (Outline & { item: () => Item })
  | { fault: unknown }
)

/** More bytes than the event of a line has of a length: what it is more are defaults, windows, and numbers written out. */
export const bytesAbove = (length: number): number => length * 8

/** Whether the event of a line may be one that the log does not take: for its size, or for NUL. */
const mayBeRefused = (text: string): boolean =>
  bytesAbove(text.length) >= limits.event || text.includes('\\u0000')

/** What of a line must be known before its turn comes. */
export const outlineOf = <Item>(form: Form<Item>, item: Item, text: string): Outline => ({
  ...form.outline(item),
  ...(mayBeRefused(text) && { isAlone: true }),
})

/** The text of a line. Throws why it has none. */
export const textOf = (line: Line): string => {
  if ('fault' in line) throw line.fault
  return line.text
}

/** Reads a line. */
export const readLine = <Item>(form: Form<Item>, line: Line): Read<Item> => {
  const size = 'text' in line ? line.text.length : 0
  try {
    const text = textOf(line)
    const item = form.read(text)
    return { line: line.number, size, ...outlineOf(form, item, text), item: () => item }
  } catch (fault) {
    return { line: line.number, size, fault }
  }
}
