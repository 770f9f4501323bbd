import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** A fenced block of a Markdown document: the language of its fence, what is in it, and the line of its fence. */
export type Block = { language: string; text: string; line: number }

/** The fenced blocks of a document, in its order. Throws for a fence that is not read: one indented or left open. */
export const blocksOf = (markdown: string): Block[] => {
  const blocks = [...markdown.matchAll(/^```(\S*)\n(.*?)^```$/gms)]
  const fences = markdown.match(/^\s*(```|~~~)/gm) ?? []
  if (fences.length !== 2 * blocks.length)
    throw new Error('A fence is indented, unlike the others, or left open.')
  return blocks.map(({ 1: language = '', 2: text = '', index }) => ({
    language,
    text,
    line: markdown.slice(0, index).split('\n').length,
  }))
}

/** The rows of the table of a document whose heading row begins so, cell by cell. Throws where there is none. */
export const tableOf = (markdown: string, heading: string): string[][] => {
  const start = markdown.indexOf(`\n${heading}`)
  if (start < 0) throw new Error(`There is no table with the heading ${heading}`)
  const lines = markdown.slice(start + 1).split('\n')
  const end = lines.findIndex((line) => !line.startsWith('|'))
  return lines.slice(2, end).map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.replaceAll('\\|', '|').trim()),
  )
}

/** The names in a cell that stand in backticks. */
export const namesIn = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!)

/** What a script prints, errors too, as a terminal has it. Throws where it fails. */
export const printed = async (
  script: string,
  cwd: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string> => {
  const shell = spawn('bash', ['-euo', 'pipefail', '-c', `exec 2>&1\n${script}`], {
    cwd,
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const chunks: Buffer[] = []
  shell.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  const [code] = (await once(shell, 'close')) as [number | null]
  const text = Buffer.concat(chunks).toString()
  if (code !== 0) throw new Error(`${script}\nfails with ${code}: ${text}`)
  return text
}

/**
 * A text without what differs from run to run: ids, and moments of recording, which all lie after those of which the
 * documents tell.
 */
export const masked = (text: string): string =>
  text
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')
    .replaceAll(/20(2[6-9]|[3-9]\d)-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{3})?)?Z?/g, '<recorded>')

const gap = '…'

/** A JSON value as a document shows it, where `…` stands for members or items left out. */
export const shownJson = (text: string): unknown => {
  const open: string[] = []
  return JSON.parse(
    text.replaceAll(/"(?:[^"\\]|\\.)*"|[[\]{}…]/g, (token) => {
      if (token === '[' || token === '{') open.push(token)
      if (token === ']' || token === '}') open.pop()
      if (token !== gap) return token
      return open.at(-1) === '{' ? `"${gap}": true` : `"${gap}"`
    }),
  )
}

/** A JSON value without what is left out where it is shown. */
export const asShown = (value: unknown, shown: unknown): unknown => {
  if (Array.isArray(value) && Array.isArray(shown)) {
    const at = shown.indexOf(gap)
    const rest = at < 0 ? 0 : shown.length - at - 1
    const kept = at < 0 ? value : [...value.slice(0, at), gap, ...value.slice(value.length - rest)]
    return kept.map((item, index) => asShown(item, shown[index]))
  }
  if (isObject(value) && isObject(shown)) {
    const names = Object.keys(value).filter((name) => !(gap in shown) || name in shown)
    const kept = names.map((name) => [name, asShown(value[name], shown[name])])
    return Object.fromEntries(gap in shown ? [...kept, [gap, true]] : kept)
  }
  return value
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
