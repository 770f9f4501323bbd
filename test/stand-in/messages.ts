import shared from '@eventstore/db-client/generated/shared_pb.js'
import streams from '@eventstore/db-client/generated/streams_pb.js'
import { Metadata, type StatusObject, status } from '@grpc/grpc-js'
import { mostBytes } from './database.ts'
import type { Proposed, Row } from './row.ts'

export const empty = () => new shared.Empty()

export const uuid = (text: string) => new shared.UUID().setString(text)

export const identifier = (name: string) =>
  new shared.StreamIdentifier().setStreamName(new Uint8Array(Buffer.from(name)))

export const nameOf = (given: InstanceType<typeof shared.StreamIdentifier> | undefined): string =>
  Buffer.from(given?.getStreamName_asU8() ?? []).toString()

/** The error by which a call ends with a status. */
export const failure = (given: Partial<StatusObject>): Error => Object.assign(new Error(given.details), given)

/** The status of a call that a rule of the server ends, with the trailers that tell it to the client. */
export const exception = (
  name: string,
  code: status,
  trailers: Record<string, string>,
): Partial<StatusObject> => {
  const metadata = new Metadata()
  for (const [key, value] of Object.entries({ exception: name, ...trailers })) metadata.set(key, value)
  return { code, details: name, metadata }
}

export const streamDeleted = (name: string) =>
  exception('stream-deleted', status.FAILED_PRECONDITION, { 'stream-name': name })

export const tooLarge = () =>
  exception('maximum-append-size-exceeded', status.INVALID_ARGUMENT, {
    'maximum-append-size': String(mostBytes),
  })

/** Where a call goes that asks for the leader at a node that is none; undefined where it does not ask. */
export const notLeader = (
  { metadata }: { metadata: Metadata },
  leader: number,
): Partial<StatusObject> | undefined =>
  metadata.get('requires-leader')[0] === 'true'
    ? exception('not-leader', status.NOT_FOUND, {
        'leader-endpoint-host': '127.0.0.1',
        'leader-endpoint-port': String(leader),
      })
    : undefined

type Message = InstanceType<typeof streams.AppendReq.ProposedMessage>

/** Both kinds of append send events in the same shape. */
export const proposedOf = (
  message: Pick<Message, 'getId' | 'getMetadataMap' | 'getData_asU8' | 'getCustomMetadata_asU8'>,
): Proposed => ({
  id: message.getId()!.getString().toLowerCase(),
  type: message.getMetadataMap().get('type') ?? '',
  contentType: message.getMetadataMap().get('content-type') ?? '',
  data: message.getData_asU8(),
  metadata: message.getCustomMetadata_asU8(),
})

export const eventMessage = (row: Row) => {
  const position = String(row.position)
  const recorded = new streams.ReadResp.ReadEvent.RecordedEvent()
    .setId(uuid(row.id))
    .setStreamIdentifier(identifier(row.stream))
    .setStreamRevision(String(row.revision))
    .setCommitPosition(position)
    .setPreparePosition(position)
    .setData(row.data)
    .setCustomMetadata(row.metadata)
  // Ticks of 100 nanoseconds.
  const told = { type: row.type, 'content-type': row.contentType, created: `${row.created}0000` }
  for (const [key, value] of Object.entries(told)) recorded.getMetadataMap().set(key, value)
  return new streams.ReadResp().setEvent(
    new streams.ReadResp.ReadEvent().setEvent(recorded).setCommitPosition(position),
  )
}
