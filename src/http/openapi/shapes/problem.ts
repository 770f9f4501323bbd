import { z } from 'zod'
import { type ErrorCode, LedgerError } from '../../../errors.ts'
import { problemOf } from '../../problem.ts'
import { pascal } from '../pascal.ts'
import { event } from './event.ts'
import { state } from './row.ts'
import { eventOrLine, revision } from './scalar.ts'

const fault = z.strictObject({ pointer: z.string().describe('JSON Pointer (RFC 6901)'), detail: z.string() })

const errors = z.array(fault).optional()

/** What a problem carries besides, by its code. */
const members: Readonly<Record<ErrorCode, z.ZodRawShape>> = {
  invalid: { errors },
  unauthorized: {},
  forbidden: {},
  not_found: { errors },
  method_not_allowed: { allow: z.array(z.string()) },
  lifecycle_violation: {
    state: state.nullable().describe('What the command met'),
    allowed: z.array(z.string()).describe('The commands allowed there'),
    decidedBy: z.array(eventOrLine).describe('The events that gave that state'),
  },
  revision_conflict: {
    revision: revision.nullable().describe('The newest revision; null: there is no such stream'),
    missed: z.array(event).max(100).describe('The events not seen yet'),
  },
  too_large: {},
  unsupported_media_type: {},
  idempotency_mismatch: {
    eventId: eventOrLine.describe('The event that has this key'),
    difference: z.strictObject({ pointer: z.string(), was: z.unknown(), is: z.unknown() }),
  },
  unavailable: {},
  internal: {},
}

const problemShape = (code: ErrorCode) => {
  const { type, title, status } = problemOf(new LedgerError(code, ''))
  return z
    .strictObject({
      type: z.literal(type),
      title: z.literal(title),
      status: z.literal(status),
      code: z.literal(code),
      detail: z.string().describe('A sentence to act on'),
      ...members[code],
    })
    .meta({ id: `${pascal(code)}Problem`, description: title })
}

/** The problem (RFC 9457) of each code. */
export const problems = Object.fromEntries(
  Object.keys(members).map((code) => [code, problemShape(code as ErrorCode)]),
) as Record<ErrorCode, ReturnType<typeof problemShape>>

const [first, ...more] = Object.values(problems)

export const problem = z
  .discriminatedUnion('code', [first!, ...more])
  .meta({ id: 'Problem', description: 'Why something is refused (RFC 9457)' })
