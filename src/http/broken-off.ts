import type { Context } from 'hono'
import { isLedgerError } from '../errors.ts'
import { connectionOf } from './connection.ts'
import type { Logger } from './log-line.ts'

declare module 'hono' {
  interface ContextVariableMap {
    logger: Logger
  }
}

/**
 * Ends an answer that has begun and cannot go on. It must not look as if that were its end: its connection is cut. The log
 * says why, unless it was for what was sent.
 */
export const breakOff = (c: Context, error: unknown): void => {
  const isTheirs = isLedgerError(error) && error.code === 'invalid'
  if (!isTheirs) c.get('logger').error({ requestId: c.get('requestId'), err: error }, 'an answer broke off')
  connectionOf(c).cut()
}

/** Writes an answer, and breaks it off where that fails. */
export const orBreakOff =
  <Out>(c: Context, write: (out: Out) => Promise<void>) =>
  async (out: Out): Promise<void> => {
    try {
      await write(out)
    } catch (error) {
      breakOff(c, error)
    }
  }
