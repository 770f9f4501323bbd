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

/** `isBrief`: of a refusal only what it is, and not the state it met, which may be large. */
const written = (result: LineResult | Summary, isBrief: boolean): string => {
  if (!('problem' in result)) return `${JSON.stringify(result)}\n`
  const { type, title, status, code, detail, ...more } = problemOf(result.problem)
  const problem = { type, title, status, code, detail, ...(!isBrief && more) }
  return `${JSON.stringify({ ...result, problem })}\n`
}

/** While so many bytes of an answer wait to be read, what is told is brief. */
const waitingAtMost = 64 * 1024 * 1024

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
  let isOpen = true

  const isWorthTelling = (result: LineResult | Summary): boolean =>
    'done' in result || all || (isTold(result) && told++ < toldAtMost)

  const writeAll = async (out: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    const write = (text: string) => {
      if (isOpen) out.enqueue(encoder.encode(text))
    }
    for await (const some of results) {
      let piece = ''
      for (const result of some) {
        noteFault(result)
        if (!isWorthTelling(result)) continue
        piece += written(result, isOpen && out.desiredSize! <= 0)
        if (piece.length < pieceLength) continue
        write(piece)
        piece = ''
        // To write much takes long: others have a turn.
        await nextTurn()
      }
      if (piece !== '') write(piece)
    }
  }

  return new ReadableStream<Uint8Array>(
    {
      async start(out) {
        await writeAll(out).catch(broken)
        if (isOpen) out.close()
      },
      // Whoever asked has left; the lines are recorded all the same.
      cancel: () => void (isOpen = false),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: waitingAtMost }),
  )
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
