import features from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js'
import featureMessages from '@eventstore/db-client/generated/serverfeatures_pb.js'
import gossip from '@eventstore/db-client/generated/gossip_grpc_pb.js'
import gossipMessages from '@eventstore/db-client/generated/gossip_pb.js'
import streamService from '@eventstore/db-client/generated/streams_grpc_pb.js'
import type { DeleteReq, TombstoneReq } from '@eventstore/db-client/generated/streams_pb.js'
import streams from '@eventstore/db-client/generated/streams_pb.js'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import { append, batchAppend } from './append.ts'
import { createDatabase, type Database } from './database.ts'
import type { Faults } from './faults.ts'
import { nameOf, uuid } from './messages.ts'
import { read } from './read.ts'
import { createWire, type Wire } from './wire.ts'

/**
 * An EventStoreDB for tests, in this process: the real protocol, spoken with the client's own definitions, and what a real
 * server was seen to do. It stores in memory, and is no engine.
 */
export type StandIn = {
  /** The connection string. */
  url: string
  database: Database
  /** What goes wrong with the next calls. */
  faults: Faults
  /** What goes wrong on the way. */
  wire: Wire
  /** How many calls are open. */
  open(): number
  /** Kills the server: what it has not flushed is lost, and so is its cache of ids. */
  kill(): Promise<void>
  /** Starts it again, on the same port and with what it has flushed. */
  start(): Promise<void>
  close(): Promise<void>
}

type Options = {
  flushAfter?: number
  isShared?: boolean
  isDense?: boolean
  /** How long the repeat of an append that is not flushed yet waits for its DeadlineExceeded. A real server takes 2 to 3 s. */
  repeatTakes?: number
  /** Whether appends may share one call. */
  hasBatchAppend?: boolean
}

export const startStandIn = async (options: Options = {}): Promise<StandIn> => {
  const database = createDatabase(options)
  const faults: Faults = { appends: [], reads: [] }
  const open = new Set<object>()
  let server: Server | undefined

  const serve = async (): Promise<number> => {
    server = new Server({ 'grpc.max_receive_message_length': 16 * 1024 * 1024 - 10_000 })
    const { repeatTakes = 2000, hasBatchAppend = true } = options
    const writing = { database, faults, repeatTakes, open }
    server.addService(streamService.StreamsService, {
      append: append(writing),
      batchAppend: batchAppend(writing),
      read: read({ database, faults, open }),
      delete: remover(database, 'delete'),
      tombstone: remover(database, 'tombstone'),
    })
    server.addService(features.ServerFeaturesService, {
      getSupportedMethods: (_call: unknown, answer: Answer) => answer(null, supported(hasBatchAppend)),
    })
    server.addService(gossip.GossipService, {
      read: (_call: unknown, answer: Answer) => answer(null, cluster(network.port)),
    })
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    )
    return promise
  }

  const kill = async () => {
    await network.down()
    server?.forceShutdown()
    open.clear()
    database.crash()
  }

  const network: Wire = await createWire(await serve())
  return {
    url: `esdb://127.0.0.1:${network.port}?tls=false`,
    database,
    faults,
    wire: network,
    open: () => open.size,
    kill,
    start: async () => network.up(await serve()),
    close: kill,
  }
}

type Answer = (error: null, message: unknown) => void

const remover =
  (database: Database, how: 'delete' | 'tombstone') =>
  (call: { request: DeleteReq | TombstoneReq }, answer: Answer): void => {
    const name = nameOf(call.request.getOptions()!.getStreamIdentifier())
    const response = how === 'delete' ? new streams.DeleteResp() : new streams.TombstoneResp()
    void database.remove(name, how).then(() => answer(null, response))
  }

const supported = (hasBatchAppend: boolean) => {
  const names = ['read', 'append', 'delete', 'tombstone', ...(hasBatchAppend ? ['batchappend'] : [])]
  return new featureMessages.SupportedMethods()
    .setEventStoreServerVersion('24.10.14')
    .setMethodsList(
      names.map((name) =>
        new featureMessages.SupportedMethod()
          .setServiceName('event_store.client.streams.streams')
          .setMethodName(name),
      ),
    )
}

const cluster = (port: number) =>
  new gossipMessages.ClusterInfo().setMembersList([
    new gossipMessages.MemberInfo()
      .setInstanceId(uuid('00000000-0000-4000-8000-000000000001'))
      .setState(gossipMessages.MemberInfo.VNodeState.LEADER)
      .setIsAlive(true)
      .setHttpEndPoint(new gossipMessages.EndPoint().setAddress('127.0.0.1').setPort(port)),
  ])
