import { toned, type Tone } from './terminal.ts'

/** A paragraph of a cell. */
export type Piece = string | { text: string; tone: Tone }
export type Cell = readonly Piece[]

const gap = '  '
const wide =
  /^[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|^\p{Emoji_Presentation}/u
const ascii = /^[ -~]*$/

let segmenter: Intl.Segmenter | undefined
const graphemes = (text: string): string[] => {
  // Most texts are ASCII, and it takes longer to make than to load any file here.
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  return [...segmenter.segment(text)].map(({ segment }) => segment)
}
const widthOf = (grapheme: string): number => (wide.test(grapheme) ? 2 : 1)

/** How many columns of a terminal a text takes. */
export const width = (text: string): number =>
  ascii.test(text) ? text.length : graphemes(text).reduce((sum, grapheme) => sum + widthOf(grapheme), 0)

const broken = (word: string, room: number): string[] => {
  const parts = ['']
  let used = 0
  for (const grapheme of graphemes(word)) {
    const size = widthOf(grapheme)
    if (used + size > room && used > 0) {
      parts.push('')
      used = 0
    }
    parts[parts.length - 1] += grapheme
    used += size
  }
  return parts
}

/** The words of a text as lines of at most so many columns; a longer word is broken, after a hyphen if it has one. */
export const wrapped = (text: string, room: number): string[] => {
  const lines: string[] = ['']
  const words = text.split(' ').flatMap((word) => {
    if (width(word) <= room) return [{ word, space: true }]
    const parts = word
      .split(/(?<=[-/])/)
      .flatMap((part) => (width(part) <= room ? [part] : broken(part, room)))
    return parts.map((part, index) => ({ word: part, space: index === 0 }))
  })
  for (const { word, space } of words) {
    const last = lines.at(-1)!
    const joined = last === '' ? word : `${last}${space ? ' ' : ''}${word}`
    if (width(joined) <= room) lines[lines.length - 1] = joined
    else lines.push(word)
  }
  return lines
}

const textOf = (piece: Piece): string => (typeof piece === 'string' ? piece : piece.text)
const toneOf = (piece: Piece): Tone => (typeof piece === 'string' ? 'plain' : piece.tone)

/** No column is made narrower than this, or than its widest word if that is less. */
const least = 12

const widthsFor = (rows: readonly (readonly Cell[])[], room: number): number[] => {
  const ofColumn = rows[0]!.map((_, index) => rows.flatMap((row) => row[index] ?? []).map(textOf))
  const widths = ofColumn.map((texts) => Math.max(1, ...texts.map(width)))
  const floors = ofColumn.map((texts) =>
    Math.min(least, Math.max(1, ...texts.flatMap((text) => text.split(' ')).map(width))),
  )
  let excess = widths.reduce((sum, one) => sum + one, 0) - room
  for (; excess > 0; excess--) {
    const slack = widths.map((one, index) => (one > floors[index]! ? one : 0))
    const widest = slack.indexOf(Math.max(...slack))
    if (slack[widest] === 0) break
    widths[widest]!--
  }
  return widths
}

const rendered = (row: readonly Cell[], widths: readonly number[], indent: string): string[] => {
  const columns = row.map((cell, index) =>
    cell.flatMap((piece) =>
      wrapped(textOf(piece), widths[index]!).map((line) => ({ line, tone: toneOf(piece) })),
    ),
  )
  const height = Math.max(...columns.map((lines) => lines.length))
  return Array.from({ length: height }, (_, at) => {
    const cells = columns.map((lines, index) => {
      const { line, tone } = lines[at] ?? { line: '', tone: 'plain' as const }
      const last = index === columns.length - 1
      return toned(line, tone) + (last ? '' : ' '.repeat(Math.max(0, widths[index]! - width(line))))
    })
    return (indent + cells.join(gap)).trimEnd()
  })
}

/** A table as lines: a heading, then the rows, each cell wrapped so that all fit into `room` columns. */
export const table = (
  titles: readonly string[],
  rows: readonly (readonly Cell[])[],
  room: number,
  indent = '',
): string[] => {
  const heading = titles.map((title): Cell => [{ text: title.toUpperCase(), tone: 'quiet' }])
  const all = [heading, ...rows]
  const widths = widthsFor(all, room - indent.length - gap.length * (titles.length - 1))
  return all.flatMap((row) => rendered(row, widths, indent))
}
