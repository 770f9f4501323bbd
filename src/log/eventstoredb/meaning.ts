import { Silence } from './silence.ts'

/**
 * What a failed call means. `unknown`: it may have been done or not, and the same may be tried again; everything that is
 * not known to be definite counts as that. `isOver`: whether its client no longer serves, because it stands still or
 * because it closed its channel.
 */
export type Meaning =
  | { kind: 'unknown'; isOver: Over }
  | { kind: 'conflict'; actual: number | null }
  | { kind: 'too_large' | 'denied' | 'deleted' | 'missing' | 'refused' }

export type Over = 'no' | 'silent' | 'closed'

/**
 * The one place that reads the client's errors: by their type, where that is missing or "unknown" by the gRPC code, at
 * last by the words.
 */
export const meaningOf = (error: unknown): Meaning => {
  if (error instanceof Silence) return { kind: 'unknown', isOver: 'silent' }
  const { type, code, message = '', actualVersion } = error as Partial<ClientError>
  switch (type) {
    case 'wrong-expected-version':
      return { kind: 'conflict', actual: revisionOf(actualVersion) }
    case 'maximum-append-size-exceeded':
      return { kind: 'too_large' }
    case 'access-denied':
      return { kind: 'denied' }
    case 'stream-deleted':
      return { kind: 'deleted' }
    case 'stream-not-found':
      return { kind: 'missing' }
    case 'invalid-argument':
    case 'invalid-transaction':
      return { kind: 'refused' }
    case 'unavailable':
    case 'cancelled':
      return { kind: 'unknown', isOver: 'closed' }
    case 'timeout':
    case 'deadline-exceeded':
    // The client was told who leads, and goes there with its next call.
    case 'not-leader':
      return { kind: 'unknown', isOver: 'no' }
    case undefined:
    default:
  }
  if (code === RESOURCE_EXHAUSTED) return { kind: 'too_large' }
  if (code === PERMISSION_DENIED) return { kind: 'denied' }
  if (message.includes('BadRequest')) return { kind: 'refused' }
  // Without a type it comes from below the client, and the channel goes with it: code 14, no leader found, a closed channel.
  return { kind: 'unknown', isOver: type === undefined ? 'closed' : 'no' }
}

type ClientError = { type: string; code: number; message: string; actualVersion: bigint | 'no_stream' }

const PERMISSION_DENIED = 7
const RESOURCE_EXHAUSTED = 8

const revisionOf = (actual: bigint | 'no_stream' | undefined): number | null =>
  typeof actual !== 'bigint' || actual < 0n ? null : Number(actual)
