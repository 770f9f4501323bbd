import type { Context } from 'hono'
import { stream } from 'hono/streaming'
import type { StreamingApi } from 'hono/utils/stream'
import { orBreakOff } from './broken-off.ts'
import { type Made, unhurried } from './unhurried.ts'

export const ndjson = 'application/x-ndjson'

/** Whether a request asks for lines of JSON. */
export const wantsLines = (c: Context): boolean => c.req.header('accept')?.includes(ndjson) ?? false

/** Answers with one line of JSON for each text, as fast as they are read, `batch` at a time. */
export const lines = (c: Context, texts: Made, batch = 256): Response => {
  c.header('content-type', ndjson)
  c.header('cache-control', 'no-store')
  const write = orBreakOff(c, async (out: StreamingApi) => {
    let waiting: string[] = []
    for await (const text of unhurried(texts, () => out.aborted || out.closed)) {
      waiting.push(text)
      if (waiting.length < batch) continue
      await out.write(`${waiting.join('\n')}\n`)
      waiting = []
    }
    if (waiting.length > 0) await out.write(`${waiting.join('\n')}\n`)
  })
  return stream(c, write)
}
