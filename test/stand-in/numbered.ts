import streamService from '@eventstore/db-client/generated/streams_grpc_pb.js'
import streams from '@eventstore/db-client/generated/streams_pb.js'
import type { AppendReq, AppendResp, ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js'
import {
  type ClientReadableStream,
  credentials,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServerWritableStream,
} from '@grpc/grpc-js'
import { empty, nameOf } from './messages.ts'

/**
 * The way to one new ledger on a real server, where its positions are counted from 1 and nobody else's events are seen: for
 * tests that name positions. All else is what the server says.
 */
export type Numbered = { url: string; close(): Promise<void> }

/** `url`: of one node without TLS. */
export const startNumbered = async (url: string, name: string): Promise<Numbered> => {
  const [, target] = /^esdb:\/\/([^?/,@]+)\?tls=false$/.exec(url) ?? []
  if (target === undefined) throw new Error(`${url} is no esdb://host:port?tls=false`)
  const client = new streamService.StreamsClient(target, credentials.createInsecure(), largest)
  const numbers = count(client.read(everythingOf(name)), await end(client))
  await numbers.confirmed
  const server = new Server(largest)
  server.addService(streamService.StreamsService, {
    append: append(client, numbers),
    read: read(client, numbers, name),
  })
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  )
  return {
    url: `esdb://127.0.0.1:${port}?tls=false`,
    close: async () => {
      server.forceShutdown()
      numbers.stop()
      client.close()
    },
  }
}

type Client = InstanceType<typeof streamService.StreamsClient>

const largest = { 'grpc.max_receive_message_length': 16 * 1024 * 1024 - 10_000 }

/** The events of a ledger on the server, in order, and their numbers instead of their positions. */
type Numbers = {
  confirmed: Promise<void>
  /** Which event, from 1, lies at a position. Waits until it is known. */
  of(position: string): Promise<string>
  /** The position up to which all is known: that of the newest event. */
  newest(): string
  /** Where an event lies; one that is not there is beyond the end. */
  position(number: string): string
  events(): readonly ReadResp[]
  stop(): void
}

/** Where the log ends now: before that there is nothing of a ledger that is new. */
const end = async (client: Client): Promise<string> => {
  const asked = client.read(newestFirst())
  try {
    for await (const message of asked as AsyncIterable<ReadResp>) return positionOf(message)!
    return '0'
  } finally {
    asked.cancel()
  }
}

const count = (subscription: ClientReadableStream<ReadResp>, begin: string): Numbers => {
  const numbers = new Map<string, string>()
  const positions: string[] = []
  const events: ReadResp[] = []
  const waiting = new Map<string, (() => void)[]>()
  const { promise: confirmed, resolve, reject } = Promise.withResolvers<void>()
  subscription.on('error', reject)
  subscription.on('data', (message: ReadResp) => {
    if (message.hasConfirmation()) resolve()
    const position = positionOf(message)
    if (position === undefined) return
    const number = String(positions.push(position))
    numbers.set(position, number)
    events.push(renumbered(message, number))
    for (const known of waiting.get(position) ?? []) known()
    waiting.delete(position)
  })
  return {
    confirmed,
    of: async (position) => {
      if (!numbers.has(position))
        await new Promise<void>((known) => waiting.set(position, [...(waiting.get(position) ?? []), known]))
      return numbers.get(position)!
    },
    newest: () => positions.at(-1) ?? begin,
    position: (number) => (number === '0' ? '0' : (positions[Number(number) - 1] ?? '9000000000000000')),
    events: () => events,
    stop: () => subscription.cancel(),
  }
}

const positionOf = (message: ReadResp) => message.getEvent()?.getEvent()?.getCommitPosition()

const renumbered = (message: ReadResp, number: string): ReadResp => {
  const event = message.getEvent()!.setCommitPosition(number)
  event.getEvent()!.setCommitPosition(number).setPreparePosition(number)
  return message
}

const everythingOf = (name: string): ReadReq =>
  new streams.ReadReq().setOptions(
    all()
      .setAll(new streams.ReadReq.Options.AllOptions().setStart(empty()))
      .setSubscription(new streams.ReadReq.Options.SubscriptionOptions())
      .setFilter(
        new streams.ReadReq.Options.FilterOptions()
          .setStreamIdentifier(
            new streams.ReadReq.Options.FilterOptions.Expression().setPrefixList([`${name}.`]),
          )
          .setCount(empty())
          .setCheckpointintervalmultiplier(1000),
      ),
  )

const newestFirst = (): ReadReq =>
  new streams.ReadReq().setOptions(
    all()
      .setAll(new streams.ReadReq.Options.AllOptions().setEnd(empty()))
      .setReadDirection(streams.ReadReq.Options.ReadDirection.BACKWARDS)
      .setCount('1000000')
      .setNoFilter(empty()),
  )

const all = () =>
  new streams.ReadReq.Options().setUuidOption(new streams.ReadReq.Options.UUIDOption().setString(empty()))

/** What of a call's head is for the server. */
const passedOn = (given: Metadata): Metadata => {
  const metadata = new Metadata()
  for (const value of given.get('requires-leader')) metadata.set('requires-leader', value)
  return metadata
}

const append =
  (client: Client, numbers: Numbers): handleClientStreamingCall<AppendReq, AppendResp> =>
  (call, answer) => {
    const numbered = async (response: AppendResp) => {
      // It is said here with 2^64 - 1 for no stream, which these definitions round.
      response.getWrongExpectedVersion()?.clearExpectedRevision2060()
      const position = response.getSuccess()?.getPosition()
      if (position !== undefined) {
        const number = await numbers.of(position.getCommitPosition())
        position.setCommitPosition(number).setPreparePosition(number)
      }
      answer(null, response)
    }
    const passed = client.append(passedOn(call.metadata), (error, response) =>
      error === null ? void numbered(response) : answer(error),
    )
    call.on('data', (request: AppendReq) => void passed.write(request))
    call.on('end', () => void passed.end())
    call.on('cancelled', () => passed.cancel())
  }

type ReadCall = ServerWritableStream<ReadReq, ReadResp>

const read =
  (client: Client, numbers: Numbers, name: string): handleServerStreamingCall<ReadReq, ReadResp> =>
  (call) => {
    const options = call.request.getOptions()!
    const done =
      options.hasSubscription() || options.hasStream()
        ? pass(client, numbers, call)
        : readOnce(client, numbers, name, call)
    done.then(
      () => call.end(),
      (error: Error) => call.cancelled || call.emit('error', error),
    )
  }

/** What the server answers, with numbers. */
const pass = async (client: Client, numbers: Numbers, call: ReadCall): Promise<void> => {
  const place = call.request.getOptions()!.getAll()?.getPosition()
  if (place !== undefined) {
    const position = numbers.position(place.getCommitPosition())
    place.setCommitPosition(position).setPreparePosition(position)
  }
  const passed = client.read(call.request, passedOn(call.metadata))
  const { promise: cancelled, resolve } = Promise.withResolvers<void>()
  call.on('cancelled', () => {
    passed.cancel()
    resolve()
  })
  for await (const message of passed as AsyncIterable<ReadResp>) {
    // Its position is that of anybody's event.
    if (message.hasCheckpoint()) continue
    const position = positionOf(message)
    if (position !== undefined) renumbered(message, await numbers.of(position))
    if (!call.write(message))
      await Promise.race([cancelled, new Promise((drained) => call.once('drain', drained))])
  }
}

/** The server is asked which is the newest, down to what is known here; then all is known. */
const readOnce = async (client: Client, numbers: Numbers, name: string, call: ReadCall): Promise<void> => {
  const asked = client.read(newestFirst(), passedOn(call.metadata))
  call.on('cancelled', () => asked.cancel())
  const known = Number(numbers.newest())
  try {
    for await (const message of asked as AsyncIterable<ReadResp>) {
      if (Number(positionOf(message)) <= known) break
      if (!nameOf(message.getEvent()!.getEvent()!.getStreamIdentifier()).startsWith(`${name}.`)) continue
      await numbers.of(positionOf(message)!)
      break
    }
  } finally {
    asked.cancel()
  }
  const options = call.request.getOptions()!
  const events = numbers.events()
  const place = options.getAll()!.getPosition()
  const isBackwards = options.getReadDirection() === streams.ReadReq.Options.ReadDirection.BACKWARDS
  const from = Number(place?.getCommitPosition() ?? (isBackwards ? events.length + 1 : 1))
  const found = isBackwards
    ? events.slice(0, Math.max(from - 1, 0)).toReversed()
    : events.slice(Math.max(from - 1, 0))
  for (const message of found.slice(0, Number(options.getCount()))) call.write(message)
}
