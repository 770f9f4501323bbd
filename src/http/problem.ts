import { type ErrorCode, isLedgerError, LedgerError } from '../errors.ts'

const statuses: Readonly<Record<ErrorCode, number>> = {
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  lifecycle_violation: 409,
  revision_conflict: 412,
  too_large: 413,
  unsupported_media_type: 415,
  idempotency_mismatch: 422,
  internal: 500,
  unavailable: 503,
}

const titles: Readonly<Record<ErrorCode, string>> = {
  invalid: 'The request is not well-formed',
  unauthorized: 'A key is needed',
  forbidden: 'Not allowed',
  not_found: 'There is no such thing',
  method_not_allowed: 'This address does not take that method',
  lifecycle_violation: 'The lifecycle does not allow it',
  revision_conflict: 'Somebody was faster',
  too_large: 'Too large',
  unsupported_media_type: 'Not a media type this takes',
  idempotency_mismatch: 'The key names something else',
  internal: 'Something went wrong here',
  unavailable: 'Not available just now',
}

/** Problem details (RFC 9457), with the stable `code` and what that code carries besides. */
export type Problem = {
  type: string
  title: string
  status: number
  code: ErrorCode
  detail: string
  [member: string]: unknown
}

/** The problem an error is. What is not the caller's to mend says nothing of the inside. */
export const problemOf = (error: unknown): Problem => {
  const known =
    isLedgerError(error) && error.code !== 'internal'
      ? error
      : new LedgerError(
          'internal',
          'Something went wrong here, and was written to the log of the service. Please try again.',
        )
  const { code, message, members } = known
  return {
    type: `urn:crisis-ledger:problem:${code}`,
    title: titles[code],
    status: statuses[code],
    code,
    detail: message,
    ...members,
  }
}

/** The answer for an error. `unavailable` says when to come back. */
export const problemResponse = (error: unknown): Response => {
  const problem = problemOf(error)
  const headers = new Headers({ 'content-type': 'application/problem+json', 'cache-control': 'no-store' })
  if (problem.status === 401) headers.set('www-authenticate', 'Bearer')
  if (problem.status === 503) headers.set('retry-after', '1')
  if (Array.isArray(problem['allow'])) headers.set('allow', problem['allow'].join(', '))
  return new Response(JSON.stringify(problem), { status: problem.status, headers })
}
