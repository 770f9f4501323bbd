import { type StatusObject, status } from '@grpc/grpc-js'
import { exception } from './messages.ts'

/** What goes wrong with one append. */
export type AppendFault =
  /** It is not written, and answered with a status. */
  | { refuse: { code: status; details: string } }
  /** It is written, and its answer lost: the call is reset, or never answered. */
  | { lose: 'reset' | 'silence' }
  /** It is neither written nor answered. */
  | { ignore: true }
  /** It is handled so many milliseconds later. */
  | { delay: number }

/** What goes wrong with one read or subscription: it breaks off after so many events, or is never answered. */
export type ReadFault = { breakAfter: number } | { ignore: true }

/**
 * The faults that the next calls meet, the first call the first of them. `leader`: the port of the node that leads, where
 * this is another: what asks for the leader is sent there, and other appends wait for an answer that never comes. `end`: the
 * position after which it shows nothing, as one that led and stood still does until it finds another in its place. `denied`:
 * every read and subscription ends with this.
 */
export type Faults = {
  appends: AppendFault[]
  reads: ReadFault[]
  leader?: number
  end?: number | undefined
  denied?: Partial<StatusObject> | undefined
}

/** How a real server's ends of calls look to a client. */
export const reset = {
  code: status.INTERNAL,
  details: 'Received RST_STREAM with code 2 (Internal server error)',
}
/** A user who may not read all streams, and one whose password is wrong. */
export const accessDenied = exception('access-denied', status.PERMISSION_DENIED, {})
export const notAuthenticated = { code: status.UNAUTHENTICATED, details: 'Bad HTTP status 401' }
export const notReady = { code: status.UNAVAILABLE, details: 'Server Is Not Ready' }
