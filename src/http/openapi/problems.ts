import { projections } from '../../../projections/index.ts'
import { type ErrorCode, LedgerError } from '../../errors.ts'
import { bodyLimit } from '../body.ts'
import { refusals, roleRefusal } from '../guard.ts'
import { type Problem, problemOf } from '../problem.ts'
import { asked, exampleBody, exampleLedger, type Sent, wayTo } from './example-ledger.ts'
import { answered } from './operation.ts'

const first = projections[0]!

/** Problems of every code that the routes answer with, as an example ledger gives them where it can be brought to. */
export const exampleProblems = async (): Promise<Partial<Record<ErrorCode, readonly Problem[]>>> => {
  const ledger = exampleLedger()
  const { kind } = first
  const [command] = wayTo(first, asked(first))
  const path = `/v1/${kind.plural}/${kind.example}/${command!.name}`
  const body = exampleBody(command!, 0)
  const post = (said: object, headers: Record<string, string> = {}): Sent => ({
    path,
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(said),
  })
  const refused = async (sent: string | Sent, status: number) =>
    (await answered(ledger, sent, status)) as Problem
  const told = (code: ErrorCode, detail: string) => problemOf(new LedgerError(code, detail))

  const key = { 'idempotency-key': 'decree-110' }
  await answered(ledger, post(body, key), 201)
  return {
    invalid: [
      await refused(`/v1/${kind.plural}?limit=0`, 400),
      await refused(post({ data: body.data }), 400),
    ],
    unauthorized: [told('unauthorized', refusals.missing), told('unauthorized', refusals.unknown)],
    forbidden: [
      told('forbidden', roleRefusal('read', 'write')),
      await refused({ path: '/v1/picture', headers: { origin: 'https://elsewhere.example' } }, 403),
    ],
    not_found: [await refused('/v1/events/none', 404)],
    lifecycle_violation: [await refused(post(body), 409)],
    revision_conflict: [await refused(post(body, { 'if-none-match': '*' }), 412)],
    too_large: [told('too_large', `A body has at most ${bodyLimit} bytes; this one has 2000000.`)],
    unsupported_media_type: [await refused(post(body, { 'content-type': 'text/plain' }), 415)],
    idempotency_mismatch: [await refused(post({ ...body, note: 'Another' }, key), 422)],
    internal: [problemOf(undefined)],
    unavailable: [told('unavailable', 'Position 42 is not reached yet; the answers are at 41. Try again.')],
  }
}
