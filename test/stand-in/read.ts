import { randomUUID } from 'node:crypto'
import streams from '@eventstore/db-client/generated/streams_pb.js'
import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js'
import { type handleServerStreamingCall, type ServerWritableStream, status } from '@grpc/grpc-js'
import type { Database } from './database.ts'
import { type Faults, reset } from './faults.ts'
import { eventMessage, failure, identifier, nameOf, notLeader, streamDeleted } from './messages.ts'
import type { Row } from './row.ts'

type Call = ServerWritableStream<ReadReq, ReadResp>

/** What the call that reads stands on. */
export type Reading = { database: Database; faults: Faults; open: Set<object> }

/** `Read`: of one stream or of all, once or as a subscription. */
export const read =
  (reading: Reading): handleServerStreamingCall<ReadReq, ReadResp> =>
  (call) => {
    reading.open.add(call)
    const over = () => reading.open.delete(call)
    call.on('cancelled', over)
    const { leader } = reading.faults
    const elsewhere = leader === undefined ? undefined : notLeader(call, leader)
    if (elsewhere !== undefined) {
      over()
      call.emit('error', failure(elsewhere))
      return
    }
    const { denied } = reading.faults
    if (denied !== undefined) {
      over()
      call.emit('error', failure(denied))
      return
    }
    const fault = reading.faults.reads.shift()
    if (fault && 'ignore' in fault) return
    const sink = sinkOf(call, fault?.breakAfter)
    const options = call.request.getOptions()!
    const answered = options.hasSubscription()
      ? subscribe(reading.database, options, sink)
      : readOnce(shownBy(reading), options, sink)
    answered.then(
      (isOver) => {
        if (!isOver) return
        over()
        call.end()
      },
      (error: Error) => {
        over()
        call.emit('error', error)
      },
    )
  }

const shownBy = ({ database, faults: { end } }: Reading): Database =>
  end === undefined
    ? database
    : { ...database, rows: database.rows.filter(({ position }) => position <= end) }

/** Writes to a call, and resolves when it takes more. `isOpen`: the client still listens. */
type Sink = { write(message: ReadResp): Promise<void>; isOpen(): boolean; ended: Promise<void> }

const sinkOf = (call: Call, breakAfter = Number.POSITIVE_INFINITY): Sink => {
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  call.on('cancelled', () => resolve())
  let drained: (() => void) | undefined
  call.on('drain', () => drained?.())
  let left = breakAfter
  return {
    ended,
    isOpen: () => !call.cancelled,
    write: async (message) => {
      if (message.hasEvent() && left-- <= 0) throw failure(reset)
      if (call.cancelled || call.write(message)) return
      await Promise.race([ended, new Promise<void>((resolve) => (drained = resolve))])
    },
  }
}

const unknown = (details: string, code = status.UNKNOWN) => failure({ code, details })

const readOnce = async (database: Database, options: ReadReq.Options, sink: Sink): Promise<boolean> => {
  const isBackwards = options.getReadDirection() === streams.ReadReq.Options.ReadDirection.BACKWARDS
  const count = Number(options.getCount())
  // A real server never answers this, and uses up a core.
  if (options.hasAll() && count === 0) return false
  const found = options.hasAll()
    ? allFrom(database, options.getAll()!, isBackwards)
    : streamFrom(database, options.getStream()!, isBackwards, count)
  if (found === undefined) {
    const name = nameOf(options.getStream()!.getStreamIdentifier())
    await sink.write(
      new streams.ReadResp().setStreamNotFound(
        new streams.ReadResp.StreamNotFound().setStreamIdentifier(identifier(name)),
      ),
    )
    return true
  }
  const isWanted = filterOf(options)
  for (const row of found.filter(isWanted).slice(0, count)) {
    if (!sink.isOpen()) return false
    await sink.write(eventMessage(row))
  }
  return sink.isOpen()
}

/** Forwards the position itself is included, backwards it is not; it must be one where an event begins. */
const allFrom = ({ rows }: Database, from: ReadReq.Options.AllOptions, isBackwards: boolean): Row[] => {
  const position = Number(from.getPosition()?.getCommitPosition() ?? 0)
  if (Number(from.getPosition()?.getPreparePosition() ?? 0) > position)
    throw unknown('Unexpected ReadAllResult: Error')
  if (from.hasStart() || (from.hasPosition() && position === 0)) return isBackwards ? [] : [...rows]
  if (from.hasEnd()) return isBackwards ? rows.toReversed() : []
  if (position > (rows.at(-1)?.position ?? 0)) {
    if (isBackwards) throw unknown('Unexpected ReadAllResult: Error')
    return []
  }
  const index = rows.findIndex((row) => row.position === position)
  if (index < 0) throw unknown('Unexpected ReadAllResult: InvalidPosition')
  return isBackwards ? rows.slice(0, index).reverse() : rows.slice(index)
}

const streamFrom = (
  database: Database,
  from: ReadReq.Options.StreamOptions,
  isBackwards: boolean,
  count: number,
): readonly Row[] | undefined => {
  const name = nameOf(from.getStreamIdentifier())
  if (database.isTombstoned(name)) throw failure(streamDeleted(name))
  if (count === 0 || (from.hasEnd() && !isBackwards)) throw unknown('Unexpected ReadStreamResult: Error')
  const rows = database.stream(name)
  if (rows === undefined) return undefined
  const revision = from.hasRevision() ? Number(from.getRevision()) : undefined
  if (isBackwards)
    return rows.filter((row) => row.revision <= (revision ?? Number.MAX_SAFE_INTEGER)).reverse()
  return rows.filter((row) => row.revision >= (revision ?? 0))
}

const filterOf = (options: ReadReq.Options): ((row: Row) => boolean) => {
  if (options.hasStream()) {
    const name = nameOf(options.getStream()!.getStreamIdentifier())
    return ({ stream }) => stream === name
  }
  const filter = options.getFilter()
  if (filter === undefined) return () => true
  const expression = filter.getStreamIdentifier() ?? filter.getEventType()!
  const of = ({ stream, type }: Row) => (filter.hasStreamIdentifier() ? stream : type)
  const prefixes = expression.getPrefixList()
  if (prefixes.length > 0) return (row) => prefixes.some((prefix) => of(row).startsWith(prefix))
  const regex = new RegExp(expression.getRegex())
  return (row) => regex.test(of(row))
}

/** So many live events a real server keeps for a slow reader; beyond that it reads again from the log, and catches up anew. */
const liveBuffer = 32

/**
 * Confirmation, what there is after the place given, a checkpoint if there is a filter, caughtUp, and from then on what is
 * new. One index into the rows serves both: nothing is lost between them, and nothing comes twice.
 */
const subscribe = async (database: Database, options: ReadReq.Options, sink: Sink): Promise<boolean> => {
  const { rows } = database
  const isWanted = filterOf(options)
  const after = startOf(database, options)
  const confirmation = new streams.ReadResp.SubscriptionConfirmation().setSubscriptionId(randomUUID())
  await sink.write(new streams.ReadResp().setConfirmation(confirmation))
  if (after === undefined) throw unknown('Position is no place of an event', status.INVALID_ARGUMENT)

  const window = options.getFilter()?.getMax() || 32
  const interval = (options.getFilter()?.getCheckpointintervalmultiplier() ?? 0) * window
  const checkpoint = async () => {
    const position = String(rows.at(Math.max(index - 1, 0))?.position ?? 0)
    const here = new streams.ReadResp.Checkpoint().setCommitPosition(position).setPreparePosition(position)
    await sink.write(new streams.ReadResp().setCheckpoint(here))
  }
  let index = rows.findIndex(({ position, revision }) => (options.hasAll() ? position : revision) > after)
  if (index < 0) index = rows.length
  // Beyond the head nothing comes until the log has passed that position.
  const isAhead = (row: Row) => (options.hasAll() ? row.position : row.revision) <= after
  let considered = 0
  let isCaughtUp = false

  for (;;) {
    for (; index < rows.length; index++) {
      if (!sink.isOpen()) return false
      const row = rows[index]!
      if (isWanted(row) && !isAhead(row)) await sink.write(eventMessage(row))
      if (interval > 0 && ++considered % interval === 0) await checkpoint()
      if (isCaughtUp && rows.length - index > liveBuffer) isCaughtUp = false
    }
    const next = Promise.withResolvers<void>()
    const stop = database.watch(next.resolve)
    try {
      if (!isCaughtUp) {
        if (interval > 0) await checkpoint()
        await sink.write(new streams.ReadResp().setCaughtUp(new streams.ReadResp.CaughtUp()))
        isCaughtUp = true
      }
      if (index < rows.length) continue
      await Promise.race([next.promise, sink.ended])
    } finally {
      stop()
    }
    if (!sink.isOpen()) return false
  }
}

/** After which position or revision a subscription begins; undefined where that position is no place of an event. */
const startOf = ({ rows }: Database, options: ReadReq.Options): number | undefined => {
  const [all, stream] = [options.getAll(), options.getStream()]
  if (all?.hasStart() || stream?.hasStart()) return -1
  if (stream?.hasRevision()) return Number(stream.getRevision())
  if (all?.hasEnd() || stream?.hasEnd())
    return all
      ? (rows.at(-1)?.position ?? -1)
      : Math.max(-1, ...rows.filter(filterOf(options)).map((row) => row.revision))
  const position = Number(all!.getPosition()!.getCommitPosition())
  const isPlace =
    position === 0 || position > (rows.at(-1)?.position ?? 0) || rows.some((row) => row.position === position)
  return isPlace ? position : undefined
}
