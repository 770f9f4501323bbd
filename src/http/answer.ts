import type { Context } from 'hono'

const secure = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; style-src 'self'; frame-ancestors 'none'",
}

/** The headers that every answer has. */
const always = (c: Context): Record<string, string> => ({ ...secure, 'x-request-id': c.get('requestId') })

const complete = new WeakSet<Response>()

/** An answer that is written as JSON, with every header it needs: what is written whole at once is written fast. */
export const answerJson = (
  c: Context,
  text: string,
  status: number,
  headers: Record<string, string>,
): Response => {
  const all = { 'content-type': 'application/json', ...headers, ...always(c) }
  const response = new Response(text, { status, headers: all })
  complete.add(response)
  return response
}

/** Gives an answer the headers that every answer has, where it has none of its own of that name. */
export const completeAnswer = (c: Context): void => {
  if (complete.has(c.res)) return
  const { headers } = c.res
  for (const [name, value] of Object.entries(always(c))) if (!headers.has(name)) headers.set(name, value)
}
