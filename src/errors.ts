/** What can go wrong, in words that stay: callers may depend on a code, never on a sentence. */
export type ErrorCode =
  | 'invalid'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'lifecycle_violation'
  | 'revision_conflict'
  | 'too_large'
  | 'unsupported_media_type'
  | 'idempotency_mismatch'
  | 'unavailable'
  | 'internal'

/** One fault in what was sent: where (a JSON Pointer, RFC 6901) and what to do about it. */
export type Fault = { pointer: string; detail: string }

/** What some codes carry besides: `errors` of `invalid`, `state` of `lifecycle_violation`, `missed` of `revision_conflict`. */
export type ErrorMembers = { errors?: readonly Fault[]; [member: string]: unknown }

/**
 * An error the caller can act on: `code` says what kind it is, `message` is a sentence that says what to do.
 * Recognise one by `isLedgerError`, not by class.
 */
export class LedgerError extends Error {
  readonly code: ErrorCode
  readonly members: ErrorMembers

  constructor(code: ErrorCode, detail: string, members: ErrorMembers = {}, cause?: unknown) {
    super(detail, cause === undefined ? undefined : { cause })
    this.name = 'LedgerError'
    this.code = code
    this.members = members
  }
}

export const isLedgerError = (error: unknown): error is LedgerError =>
  error instanceof Error && error.name === 'LedgerError' && 'code' in error

/** `invalid`, with the places at fault: at least one. What it says names the first. */
export const invalid = (errors: readonly Fault[]): LedgerError => {
  const { pointer, detail } = errors[0]!
  return new LedgerError('invalid', `${pointer || 'the body'}: ${detail}`, { errors })
}

/** `invalid`, with the one place at fault. */
export const invalidAt = (pointer: string, detail: string): LedgerError => invalid([{ pointer, detail }])
