import { once } from 'node:events'
import { styleText } from 'node:util'

/** How a piece of text stands out, where the terminal can show it. */
export type Tone = 'strong' | 'quiet' | 'warning' | 'plain'

const formats = { strong: 'bold', quiet: 'dim', warning: 'yellow' } as const

/** The columns to print in. What is not a terminal gets 100. */
export const columns = (): number => Math.max(40, process.stdout.columns ?? 100)

/** Text in a tone, if standard output is a terminal that shows colours (`NO_COLOR` is kept). */
export const toned = (text: string, tone: Tone): string =>
  tone === 'plain' || text === '' ? text : styleText(formats[tone], text, { stream: process.stdout })

// C0 and C1 controls would let a recorded text command the terminal, and bidirectional overrides reorder a line.
const unprintable = /[\p{Cc}\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu

/** Recorded text as one harmless line. */
export const plain = (text: string): string => text.replaceAll(/\s+/g, ' ').replaceAll(unprintable, '').trim()

const write = async (stream: NodeJS.WriteStream, text: string): Promise<void> => {
  if (!stream.write(text)) await once(stream, 'drain')
}

/** Prints a line on standard output, no faster than it is read. */
export const say = (line = ''): Promise<void> => write(process.stdout, `${line}\n`)

/** Prints lines on standard output. */
export const sayAll = async (lines: readonly string[]): Promise<void> => {
  for (const line of lines) await say(line)
}

/** Prints text on standard output as it is. */
export const put = (text: string): Promise<void> => write(process.stdout, text)

/** Prints a line on standard error. */
export const tell = (line: string): Promise<void> => write(process.stderr, `${line}\n`)
