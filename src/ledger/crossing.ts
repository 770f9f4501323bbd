import { type ErrorCode, LedgerError } from '../errors.ts'
import type { Form, Outline } from './form.ts'
import { outlineOf, type Read, readLine, textOf } from './line.ts'
import type { Line } from './lines.ts'

/**
 * What a thread that reads lines tells whoever asked: what must be known of each line at once, as JSON, for nothing else
 * crosses as fast; and what it says, whose JSON waits one after another as bytes, outside of what is looked through for what
 * nobody needs any more.
 */
export type Told = { heads: string; items: Uint8Array<ArrayBuffer> }

/** A line with a fault crosses as it is: it is read again where its fault is told. `end`: where what it says ends. */
type Head = { line: number; size: number } & (
  | (Outline & { end: number })
  | { text: string }
  | { code: ErrorCode; detail: string }
)

/** What lines say, to be told. */
export const toldOf = <Item>(form: Form<Item>, lines: readonly Line[]): Told => {
  const items: Buffer[] = []
  let end = 0
  const headOfLine = (line: Line): Head => {
    const { number } = line
    if ('fault' in line) return { line: number, size: 0, code: line.fault.code, detail: line.fault.message }
    const { text } = line
    const about = { line: number, size: text.length }
    try {
      const item = form.read(textOf(line))
      const bytes = Buffer.from(JSON.stringify(form.named(item)))
      items.push(bytes)
      end += bytes.byteLength
      return { ...about, ...outlineOf(form, item, text), end }
    } catch {
      return { ...about, text }
    }
  }
  const heads = JSON.stringify(lines.map(headOfLine))
  const all = new Uint8Array(end)
  let start = 0
  for (const bytes of items) {
    all.set(bytes, start)
    start += bytes.byteLength
  }
  return { heads, items: all }
}

/** The lines that were told of. */
export const readsOf = <Item>(form: Form<Item>, told: Told): Read<Item>[] => {
  const items = Buffer.from(told.items.buffer)
  let start = 0
  return (JSON.parse(told.heads) as Head[]).map((head): Read<Item> => {
    if ('text' in head) return readLine(form, { number: head.line, text: head.text })
    if ('code' in head)
      return { line: head.line, size: head.size, fault: new LedgerError(head.code, head.detail) }
    const { end, ...rest } = head
    const from = start
    start = end
    const named = () => JSON.parse(items.toString('utf8', from, end)) as object
    return { ...rest, item: () => form.unnamed(named(), rest.about) }
  })
}
