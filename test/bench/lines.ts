import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import type { Summary } from '../../src/ledger/line-result.ts'
import { generated } from './generator.ts'

/** Writes generated lines into a file: those of an import, or of a restore, which say when they were recorded. */
export const writeLines = async (
  file: string,
  events: number,
  { seed = 1, restore = false } = {},
): Promise<void> => {
  const lines = function* () {
    let batch: string[] = []
    for (const { recordedAt, ...line } of generated(events, seed)) {
      batch.push(JSON.stringify(restore ? { ...line, recordedAt } : line))
      if (batch.length < 1000) continue
      yield `${batch.join('\n')}\n`
      batch = []
    }
    if (batch.length > 0) yield `${batch.join('\n')}\n`
  }
  await pipeline(Readable.from(lines()), createWriteStream(file))
}

/** Sends a file to a ledger's import. Throws if a line was refused. */
export const importFile = async (url: string, file: string): Promise<Summary & { seconds: number }> => {
  const start = performance.now()
  const outgoing = request(`${url}/v1/import`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
  })
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>
  await pipeline(createReadStream(file, { highWaterMark: 256 * 1024 }), outgoing)
  const [response] = await answered
  const results = (await text(response)).trimEnd().split('\n')
  const summary = JSON.parse(results.at(-1)!) as Summary
  if (summary.refused > 0 || summary.recorded !== summary.lines)
    throw new Error(`Not all was recorded: ${results.find((line) => line.includes('refused'))}`)
  return { ...summary, seconds: (performance.now() - start) / 1000 }
}
