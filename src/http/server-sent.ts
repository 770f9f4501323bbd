const encoder = new TextEncoder()

/** One server-sent event with a JSON value as its data. With an id, whoever comes again says it in `Last-Event-ID`. */
export const serverSent = (event: string, data: object, id?: number): Uint8Array =>
  serverSentText(event, JSON.stringify(data), id)

/** As `serverSent`, of a value that is JSON already. */
export const serverSentText = (event: string, data: string, id?: number): Uint8Array =>
  encoder.encode(`event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${data}\n\n`)

/** A comment, which nobody is told of, and an id for whoever comes again. */
export const heartbeat = (id: number): Uint8Array => encoder.encode(`:\nid: ${id}\n\n`)
