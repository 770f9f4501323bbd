import { once } from 'node:events'
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { text } from 'node:stream/consumers'
import type { Summary } from '../../src/ledger/import.ts'
import { start } from './child.ts'
import { generate } from './generator.ts'
import type { Usage } from './served.ts'

/** A folder that is gone when it is disposed of. */
export const temporaryFolder = () => {
  const path = mkdtempSync(join(tmpdir(), 'crisis-ledger-bench-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}

/** Writes generated lines into a file, and says about how many streams they are. */
export const writeLines = async (
  file: string,
  events: number,
  seed?: number,
): Promise<{ streams: number }> => {
  const ids = new Set<string>()
  const lines = function* () {
    let batch: string[] = []
    for (const line of generate(events, seed)) {
      batch.push(JSON.stringify(line))
      if (line.id !== undefined) ids.add(line.id)
      if (batch.length < 1000) continue
      yield `${batch.join('\n')}\n`
      batch = []
    }
    if (batch.length > 0) yield `${batch.join('\n')}\n`
  }
  await pipeline(Readable.from(lines()), createWriteStream(file))
  return { streams: ids.size }
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

/** Records a file in the ledger at a path, by a process that is gone afterwards. */
export const importInto = async (path: string, file: string): Promise<void> => {
  const ledger = start('served.ts', [path])
  await importFile((await ledger.ask<Usage>('usage')).url, file)
  await ledger.end()
}
