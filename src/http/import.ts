import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Hono } from 'hono'
import { z } from 'zod'
import { importLines } from '../ledger/import.ts'
import type { LineResult, Summary } from '../ledger/line-result.ts'
import { brokenOff, requireMediaType } from './body.ts'
import { breakOff } from './broken-off.ts'
import { recorderOf } from './guard.ts'
import { ndjson } from './ndjson.ts'
import { problemOf } from './problem.ts'
import { queryOf } from './query.ts'
import type { Service } from './service.ts'

export const importParameters = z.strictObject({
  onAnomaly: z
    .enum(['record', 'reject'])
    .optional()
    .describe(
      'Record and flag what a lifecycle does not allow (default: files tell events backwards), or refuse it',
    ),
  results: z
    .enum(['all'])
    .optional()
    .describe('A result for every line. Default: for refused and flagged ones'),
  dryRun: z.enum(['true', 'false']).optional().describe('Everything but the append'),
})

/** How many results are given of those worth telling. */
const toldAtMost = 10_000

const isTold = (result: LineResult): boolean => result.result === 'refused' || result.flags !== undefined

/** So much of the answer is put together: many results with large states would not fit into one text. */
const pieceLength = 64 * 1024

const written = (result: LineResult | Summary): string =>
  `${JSON.stringify('problem' in result ? { ...result, problem: problemOf(result.problem) } : result)}\n`

/**
 * Reading never waits for the answer to be read: whoever sends a whole file first must not hang. Where the results break off,
 * `broken` is told why, and no summary is given.
 */
const answered = (
  results: AsyncIterable<readonly (LineResult | Summary)[]>,
  all: boolean,
  noteFault: (result: LineResult | Summary) => void,
  broken: (error: unknown) => void,
): ReadableStream<Uint8Array> => {
  const encoder = new TextEncoder()
  let told = 0
  return new ReadableStream({
    async start(out) {
      let open = true
      const write = (text: string) => {
        try {
          if (open) out.enqueue(encoder.encode(text))
        } catch {
          // Whoever asked has left; the lines are recorded all the same.
          open = false
        }
      }
      try {
        for await (const some of results) {
          const worth = some.filter(
            (result) => 'done' in result || all || (isTold(result) && told++ < toldAtMost),
          )
          for (const result of some) noteFault(result)
          let piece = ''
          for (const result of worth) {
            piece += written(result)
            if (piece.length < pieceLength) continue
            write(piece)
            piece = ''
            // To write much takes long: others have a turn.
            await nextTurn()
          }
          if (piece !== '') write(piece)
        }
      } catch (error) {
        broken(error)
      }
      if (open) out.close()
    },
  })
}

/** The pieces of a body. Throws `invalid` when it breaks off. */
const piecesOf = async function* (body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  try {
    if (body) yield* body
  } catch (error) {
    throw brokenOff(error)
  }
}

/** Records a file of commands, one a line. */
export const importRoutes = (app: Hono, service: Service): void => {
  app.post('/v1/import', (c) => {
    requireMediaType(c, ndjson)
    const { onAnomaly = 'record', results, dryRun } = queryOf(c, importParameters)
    const pieces = piecesOf(c.req.raw.body)
    const options = { onAnomaly, dryRun: dryRun === 'true', recordedBy: recorderOf(c, service) }
    const noteFault = (result: LineResult | Summary) => {
      if ('problem' in result && result.problem.code === 'internal')
        c.get('logger').error(
          { requestId: c.get('requestId'), line: result.line, err: result.problem.cause },
          'a line failed',
        )
    }
    const lines = importLines(service.ledger, pieces, options)
    const body = answered(lines, results === 'all', noteFault, (error) => breakOff(c, error))
    return new Response(body, { headers: { 'content-type': ndjson, 'cache-control': 'no-store' } })
  })
}
