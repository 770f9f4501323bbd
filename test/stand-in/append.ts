import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises'
import codes from '@eventstore/db-client/generated/code_pb.js'
import shared from '@eventstore/db-client/generated/shared_pb.js'
import statusMessages from '@eventstore/db-client/generated/status_pb.js'
import streams from '@eventstore/db-client/generated/streams_pb.js'
import type {
  BatchAppendReq,
  AppendReq,
  AppendResp,
  BatchAppendResp,
} from '@eventstore/db-client/generated/streams_pb.js'
import { type handleClientStreamingCall, type handleBidiStreamingCall, status } from '@grpc/grpc-js'
import anyMessages from 'google-protobuf/google/protobuf/any_pb.js'
import emptyMessages from 'google-protobuf/google/protobuf/empty_pb.js'
import { type Database, mostBytes } from './database.ts'
import { type Faults, reset } from './faults.ts'
import { empty, identifier, nameOf, notLeader, proposedOf, streamDeleted, tooLarge } from './messages.ts'
import type { Expected, Outcome, Proposed } from './row.ts'

/** What the calls that write stand on. `repeatTakes`: how long a repeat of what is about to be written waits for nothing. */
export type Writing = { database: Database; faults: Faults; repeatTakes: number; open: Set<object> }

type Failure = { code?: status; details?: string }

/** What became of an append, or the status that ends the call; undefined: there is no answer. */
const appended = async (
  { database, faults, repeatTakes }: Writing,
  stream: string,
  events: readonly Proposed[],
  expected: Expected,
): Promise<Result | undefined> => {
  const fault = faults.appends.shift()
  if (fault && 'refuse' in fault) return { failure: fault.refuse }
  if (fault && 'ignore' in fault) return undefined
  if (fault && 'delay' in fault) await wait(fault.delay)
  const outcome = await database.append(stream, events, expected)
  if (fault && 'lose' in fault) return fault.lose === 'reset' ? { failure: reset } : undefined
  if (outcome.kind !== 'dropped') return { outcome }
  await wait(repeatTakes)
  return { failure: { code: status.DEADLINE_EXCEEDED, details: '' } }
}

/** `Append`: one call an append. */
export const append =
  (writing: Writing): handleClientStreamingCall<AppendReq, AppendResp> =>
  (call, answer) => {
    let options: AppendReq.Options | undefined
    const events: Proposed[] = []
    writing.open.add(call)
    call.on('cancelled', () => writing.open.delete(call))
    call.on('data', (request: AppendReq) => {
      if (request.hasOptions()) options = request.getOptions()
      else events.push(proposedOf(request.getProposedMessage()!))
    })
    const finish = async () => {
      // A call that breaks off ends like one that is complete, and only then is cancelled. Of that nothing is written.
      await nextTurn()
      if (call.cancelled) return
      const { leader } = writing.faults
      if (leader !== undefined) {
        const elsewhere = notLeader(call, leader)
        if (elsewhere !== undefined) answer(elsewhere)
        return
      }
      const stream = nameOf(options!.getStreamIdentifier())
      const expected = expectedOf(options!, options!.hasRevision() ? options!.getRevision() : undefined)
      const result = await appended(writing, stream, events, expected)
      if (result === undefined) return
      writing.open.delete(call)
      if ('failure' in result) return answer(result.failure)
      const { outcome } = result
      if (outcome.kind === 'written') answer(null, success(outcome))
      else if (outcome.kind === 'conflict') answer(null, wrongVersion(outcome.actual, expected))
      else answer(failureOf(outcome, stream))
    }
    call.on('end', () => void finish())
  }

const expectedOf = (
  options: Pick<AppendReq.Options, 'hasNoStream' | 'hasAny'>,
  exact: string | undefined,
): Expected => {
  if (exact !== undefined) return Number(exact)
  if (options.hasNoStream()) return -1
  return options.hasAny() ? 'any' : 'stream_exists'
}

const failureOf = ({ kind }: Outcome, stream: string): Failure => {
  if (kind === 'deleted') return streamDeleted(stream)
  if (kind === 'too_large') return tooLarge()
  return { code: status.UNKNOWN, details: 'Exception was thrown by handler.' }
}

const success = ({ revision, position }: { revision: number; position: number }) =>
  new streams.AppendResp().setSuccess(
    new streams.AppendResp.Success()
      .setCurrentRevision(String(revision))
      .setPosition(
        new streams.AppendResp.Position()
          .setCommitPosition(String(position))
          .setPreparePosition(String(position)),
      ),
  )

const wrongVersion = (actual: number, expected: Expected) => {
  const wrong = new streams.AppendResp.WrongExpectedVersion()
  if (actual < 0) wrong.setCurrentNoStream(empty())
  else wrong.setCurrentRevision(String(actual))
  if (expected === 'any') wrong.setExpectedAny(empty())
  else if (expected === 'stream_exists') wrong.setExpectedStreamExists(empty())
  else if (expected < 0) wrong.setExpectedNoStream(empty())
  else wrong.setExpectedRevision(String(expected))
  return new streams.AppendResp().setWrongExpectedVersion(wrong)
}

/** `BatchAppend`: one call for many appends, each by its correlation id; errors are packed into the answers. */
export const batchAppend =
  (writing: Writing): handleBidiStreamingCall<BatchAppendReq, BatchAppendResp> =>
  (call) => {
    const begun = new Map<string, { options: BatchAppendReq.Options; events: Proposed[] }>()
    writing.open.add(call)
    call.on('cancelled', () => writing.open.delete(call))
    call.on('end', () => {
      writing.open.delete(call)
      call.end()
    })
    call.on('data', (request: BatchAppendReq) => {
      const correlation = request.getCorrelationId()!
      const id = correlation.getString()
      const batch = begun.get(id) ?? { options: request.getOptions()!, events: [] }
      begun.set(id, batch)
      batch.events.push(...request.getProposedMessagesList().map(proposedOf))
      if (!request.getIsFinal()) return
      begun.delete(id)
      const { options, events } = batch
      const stream = nameOf(options.getStreamIdentifier())
      const exact = options.hasStreamPosition() ? options.getStreamPosition() : undefined
      const expected = expectedOf(options, exact)
      void appended(writing, stream, events, expected).then((result) => {
        if (result === undefined || call.cancelled) return
        const failure = 'failure' in result ? result.failure : undefined
        if (failure?.code === status.INTERNAL) call.emit('error', failure)
        else call.write(batchAnswer(stream, result).setCorrelationId(correlation))
      })
    })
  }

type Result = { outcome: Outcome } | { failure: Failure }

const batchAnswer = (stream: string, result: Result) => {
  const answer = new streams.BatchAppendResp().setStreamIdentifier(identifier(stream))
  if ('failure' in result) return answer.setError(packed(result.failure))
  const { outcome } = result
  return outcome.kind === 'written'
    ? answer.setSuccess(batchSuccess(outcome))
    : answer.setError(packed(outcome))
}

const batchSuccess = ({ revision, position }: { revision: number; position: number }) =>
  new streams.BatchAppendResp.Success()
    .setCurrentRevision(String(revision))
    .setPosition(
      new shared.AllStreamPosition().setCommitPosition(String(position)).setPreparePosition(String(position)),
    )

/** An error as `google.rpc.Status`, with what it is about in an `Any`; the client reads its details without asking. */
const packed = (cause: Outcome | Failure) => {
  const [type, message, bytes] = packable(cause)
  const details = new anyMessages.Any()
  details.pack(bytes, `event_store.client.${type}`)
  return new statusMessages.Status().setCode(codes.Code.UNKNOWN).setMessage(message).setDetails(details)
}

const packable = (cause: Outcome | Failure): [type: string, message: string, bytes: Uint8Array] => {
  if (!('kind' in cause))
    return cause.code === status.DEADLINE_EXCEEDED
      ? ['Timeout', 'Timeout', new shared.Timeout().serializeBinary()]
      : // The client has no name for it and repeats the message.
        ['Empty', cause.details ?? '', empty().serializeBinary()]
  switch (cause.kind) {
    case 'conflict': {
      const wrong = new shared.WrongExpectedVersion()
      if (cause.actual < 0) wrong.setCurrentNoStream(new emptyMessages.Empty())
      else wrong.setCurrentStreamRevision(String(cause.actual))
      return ['WrongExpectedVersion', 'WrongExpectedVersion', wrong.serializeBinary()]
    }
    case 'deleted':
      return ['StreamDeleted', 'StreamDeleted', new shared.StreamDeleted().serializeBinary()]
    case 'too_large': {
      const most = new shared.MaximumAppendSizeExceeded().setMaxappendsize(mostBytes)
      return ['MaximumAppendSizeExceeded', 'MaximumAppendSizeExceeded', most.serializeBinary()]
    }
    case 'bad':
    case 'dropped':
    case 'written':
    default:
      return ['BadRequest', 'BadRequest', new shared.BadRequest().serializeBinary()]
  }
}
