import type { Json } from '../service.ts'

/** A server-sent event, or a comment, which has no data. */
export type Message = { event?: string; id?: string; data?: Json }

/** What a stream tells, message by message. */
export type Told = {
  response: Response
  /** The next message that is no comment; null: it has ended. */
  next: () => Promise<Message | null>
  /** The next message of any sort. */
  any: () => Promise<Message | null>
  /** The next so many messages that are no comments. Throws where it ends before. */
  take: (count: number) => Promise<Message[]>
  /** All that is left, until it ends. */
  rest: () => Promise<Message[]>
  leave: () => Promise<void>
}

const messageOf = (block: string): Message => {
  const fields = new Map(
    block.split('\n').map((line): [string, string] => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')]
    }),
  )
  const [event, id, data] = [fields.get('event'), fields.get('id'), fields.get('data')]
  return {
    ...(event !== undefined && { event }),
    ...(id !== undefined && { id }),
    ...(data !== undefined && { data: JSON.parse(data) }),
  }
}

async function* messagesIn(body: AsyncIterable<Uint8Array>): AsyncGenerator<Message> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true })
    const blocks = text.split('\n\n')
    text = blocks.pop()!
    for (const block of blocks) yield messageOf(block)
  }
}

/** Reads server-sent events as the HTML standard writes them. */
export const toldBy = (response: Response): Told => {
  const messages = messagesIn(response.body!)
  const any = async () => (await messages.next()).value ?? null
  const next = async (): Promise<Message | null> => {
    for (;;) {
      const message = await any()
      if (message === null || message.data !== undefined) return message
    }
  }
  return {
    response,
    any,
    next,
    take: async (count) => {
      const taken: Message[] = []
      while (taken.length < count) {
        const message = await next()
        if (message === null) throw new Error(`It ended after ${taken.length} of ${count} messages.`)
        taken.push(message)
      }
      return taken
    },
    rest: async () => {
      const taken: Message[] = []
      for (let message = await next(); message; message = await next()) taken.push(message)
      return taken
    },
    leave: async () => void (await messages.return(undefined)),
  }
}
