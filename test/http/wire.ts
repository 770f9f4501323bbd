import { once } from 'node:events'
import { type IncomingHttpHeaders, request } from 'node:http'
import { connect } from 'node:net'
import { bodyOf, type Json } from '../service.ts'

/** What came back over a connection. */
export type Reply = { status: number; headers: IncomingHttpHeaders; body: Json }

type Sent = {
  method?: string
  headers?: Record<string, string | string[]>
  /** Pieces of a body, in chunks if there is no `content-length` among the headers. */
  body?: readonly (string | Uint8Array)[]
}

/** Sends a request whose path goes over the wire exactly as it is written, and reads the answer once all is sent. */
export const send = async (
  url: string,
  path: string,
  { method = 'GET', headers = {}, body }: Sent = {},
): Promise<Reply> => {
  const { hostname, port } = new URL(url)
  const sending = request({ hostname, port, path, method, headers, agent: false })
  const answered = once(sending, 'response')
  for (const piece of body ?? []) sending.write(piece)
  sending.end()
  const [[response]] = await Promise.all([answered, once(sending, 'finish')])
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return {
    status: response.statusCode,
    headers: response.headers,
    body:
      method === 'HEAD'
        ? ''
        : bodyOf(Buffer.concat(chunks).toString(), response.headers['content-type'] ?? ''),
  }
}

/** Sends bytes that need not be HTTP, and gives all that comes back until the other side closes. */
export const sendRaw = async (url: string, bytes: string | Uint8Array): Promise<string> => {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.write(bytes)
  const chunks: Uint8Array[] = []
  // Whoever is refused may find the connection reset under what it still sends.
  socket.on('error', () => undefined)
  socket.on('data', (chunk) => chunks.push(Buffer.from(chunk)))
  await once(socket, 'close')
  return Buffer.concat(chunks).toString()
}

/** The status and the body of an answer as it came over the wire, its length given. */
export const replyOf = (text: string): Reply => {
  const [head = '', body = ''] = text.split('\r\n\r\n', 2)
  const [line = '', ...fields] = head.split('\r\n')
  const headers = Object.fromEntries(
    fields.map((field) => [
      field.split(':', 1)[0]!.toLowerCase(),
      field.slice(field.indexOf(':') + 1).trim(),
    ]),
  )
  return { status: Number(line.split(' ')[1]), headers, body: bodyOf(body, headers['content-type'] ?? '') }
}
