import type { Context } from 'hono'
import { isLedgerError, LedgerError } from '../errors.ts'
import { parsedJson } from '../ledger/json.ts'

/** The largest body of a single command, in bytes. An event may have 256 KiB. */
export const bodyLimit = 1024 * 1024

const strict = new TextDecoder('utf-8', { fatal: true })

/** Text of bytes that are well-formed UTF-8. Throws `invalid`. */
export const decoded = (bytes: Uint8Array | ArrayBuffer): string => {
  try {
    return strict.decode(bytes)
  } catch {
    throw new LedgerError('invalid', 'The body is not well-formed UTF-8: send it as UTF-8.')
  }
}

/** Throws `unsupported_media_type` unless the body is of one of these media types, and as it is. */
export const requireMediaType = (c: Context, ...types: readonly string[]): void => {
  const encoding = c.req.header('content-encoding')
  if (encoding && encoding.toLowerCase() !== 'identity')
    throw new LedgerError(
      'unsupported_media_type',
      `Send the body as it is, not with Content-Encoding: ${encoding}.`,
    )
  const header = c.req.header('content-type') ?? ''
  if (types.includes(header)) return
  const [given, ...parameters] = header
    .toLowerCase()
    .split(';')
    .map((part) => part.trim())
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))
  if (charset && !/^charset="?utf-8"?$/.test(charset))
    throw new LedgerError('unsupported_media_type', `Send the body as UTF-8, not with ${charset}.`)
  if (!types.includes(given!))
    throw new LedgerError(
      'unsupported_media_type',
      `Send the body as ${types.join(' or ')}${given ? `, not as ${given}` : ''}.`,
    )
}

/** A body in pieces, read to its end also when it is too large: whoever sends may not be listening before that. */
const collected = async (body: ReadableStream<Uint8Array>): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size <= bodyLimit) chunks.push(chunk)
    else chunks.length = 0
  }
  if (size > bodyLimit)
    throw new LedgerError('too_large', `A body has at most ${bodyLimit} bytes; this one has ${size}.`)
  return Buffer.concat(chunks)
}

/** A body that broke off: its sender has left, or has sent less than it said. */
export const brokenOff = (cause: unknown): LedgerError =>
  new LedgerError('invalid', 'The request broke off before its end: send it again.', {}, cause)

const bytesOf = async (c: Context): Promise<Uint8Array | ArrayBuffer> => {
  const length = Number(c.req.header('content-length') ?? Number.NaN)
  try {
    if (length <= bodyLimit) return await c.req.arrayBuffer()
    return c.req.raw.body ? await collected(c.req.raw.body) : new Uint8Array()
  } catch (error) {
    throw isLedgerError(error) ? error : brokenOff(error)
  }
}

/** The JSON value of a request's body. Throws `unsupported_media_type`, `too_large` or `invalid`. */
export const jsonBody = async (c: Context): Promise<unknown> => {
  const bytes = await bytesOf(c)
  requireMediaType(c, 'application/json')
  return parsedJson(decoded(bytes))
}

/** So much of a body that nobody wants is read, in bytes. */
const droppedAtMost = 64 * 1024 * 1024

/** Reads what nobody has read of a body, and forgets it: whoever is refused may not be listening before all is sent. */
export const dropBody = async ({ method, raw }: Context['req']): Promise<void> => {
  if (method === 'GET' || method === 'HEAD' || raw.bodyUsed || !raw.body) return
  let size = 0
  try {
    for await (const chunk of raw.body) {
      size += chunk.byteLength
      if (size > droppedAtMost) return
    }
  } catch {
    // Its sender has left.
  }
}
