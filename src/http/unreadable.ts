import { type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { LedgerError } from '../errors.ts'
import { problemOf, problemResponse } from './problem.ts'

/** The answer to a request whose address or host cannot be read, before it reaches the application. */
export const unreadable = (error: unknown): Response => {
  if (!(error instanceof Error) || error.name !== 'RequestError') return problemResponse(error)
  return problemResponse(new LedgerError('invalid', `This request cannot be read: ${error.message}.`))
}

/**
 * Answers what is not HTTP with a problem as well, be it the rest of a request whose answer has not begun; one that has is cut off.
 * What came whole before it on the same connection may have done what it asked for, and is answered before. `answering`: the answers
 * under way on each connection, in their order; `grace`: how long, in milliseconds, it may take to read why.
 */
export const refuseWhatIsNoRequest = (
  server: Server,
  answering: ReadonlyMap<Socket, ReadonlySet<ServerResponse>>,
  grace: number,
): void => {
  const refused = new WeakSet<Socket>()
  const refuse = (socket: Socket, refusal: LedgerError) => {
    // What is sent after that is no better, and whoever sends it is still to read why.
    if (refused.has(socket)) return
    refused.add(socket)
    const answers = [...(answering.get(socket) ?? [])]
    const broken = answers.find(({ req }) => !req.complete)
    const end = () => {
      if (broken?.headersSent) socket.destroySoon()
      else socket.end(textOf(broken ? unreadableBody : refusal))
      setTimeout(() => socket.destroy(), grace).unref()
    }
    const before = answers.findLast((answer) => answer !== broken && !answer.writableFinished)
    if (before) before.once('finish', end)
    else end()
  }
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (socket.writable && error.code !== 'ECONNRESET') refuse(socket, refusalOf(error))
    else socket.destroy()
  })
  server.on('connect', (_request, socket: Socket) => refuse(socket, noTunnel))
}

/** A problem as an answer that is written by hand. */
const textOf = (error: LedgerError): string => {
  const { status, ...problem } = problemOf(error)
  const body = JSON.stringify({ status, ...problem })
  return (
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/problem+json\r\n` +
    `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`
  )
}

const refusalOf = ({ code }: NodeJS.ErrnoException): LedgerError =>
  code === 'HPE_HEADER_OVERFLOW'
    ? new LedgerError('too_large', 'The address and the headers of a request have at most 16 KiB.')
    : new LedgerError('invalid', 'This is not a request of HTTP/1.1, or it did not come in time.')

const noTunnel = new LedgerError('invalid', 'This service is no proxy: ask it for what it serves itself.')

const unreadableBody = new LedgerError(
  'invalid',
  'The body cannot be read: its chunks are not those of HTTP/1.1, or it broke off before its end. Send it again.',
)
