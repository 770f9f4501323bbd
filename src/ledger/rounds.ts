import { placesByStream } from '../answer/by-stream.ts'
import type { View } from './draft.ts'
import type { Outline } from './form.ts'
import { streamOfCommand } from './judge.ts'
import type { Read } from './line.ts'

/** Lines that can be decided together, in their order, and the streams they are about; null: what has a fault. */
export type Group<Item> = { reads: readonly Read<Item>[]; streams: readonly (string | null)[] }

/**
 * Whether a line about a stream names events that may still be on their way: of some other of these streams, or by an unknown
 * id. The event that it is about is looked up once, to find its stream: '' where it is not known.
 */
const mustWait = (
  { about, names }: Outline,
  own: string | null,
  streams: ReadonlySet<string | null>,
  view: View,
): boolean =>
  names.some((name) => {
    const at = name.indexOf('#')
    if (at < 0) return 'event' in about && name === about.event ? own === '' : view.event(name) === undefined
    const stream = name.slice(0, at)
    return stream !== own && streams.has(stream)
  })

/**
 * The lines of a window in their order, those together that can be decided together: not one that names an event of another,
 * and one alone that the log may refuse: what comes after it would be decided anew, and come after all others. Each is asked for
 * when those before it are recorded.
 */
export function* groupsOf<Item>(window: readonly Read<Item>[], view: View): Generator<Group<Item>> {
  let reads: Read<Item>[] = []
  let streams: (string | null)[] = []
  let among = new Set<string | null>()
  const taken = (): Group<Item> => {
    const group = { reads, streams }
    reads = []
    streams = []
    among = new Set()
    return group
  }
  for (const read of window) {
    const isAlone = 'about' in read && read.isAlone === true
    const streamOf = () => ('about' in read ? streamOfCommand(read.about, view) : null)
    let stream = streamOf()
    const waits = () => 'about' in read && mustWait(read, stream, among, view)
    if (reads.length > 0 && (isAlone || waits())) {
      yield taken()
      // What it names may be known only now.
      stream = streamOf()
    }
    reads.push(read)
    streams.push(stream)
    among.add(stream)
    if (isAlone) yield taken()
  }
  if (reads.length > 0) yield taken()
}

/** So many lines share a commit; and more than so many are recorded stream by stream. */
const [together, inOrder] = [512, 2048]

/** Whether the lines of a group are so many that they are recorded stream by stream. */
export const isMany = ({ streams }: Pick<Group<unknown>, 'streams'>): boolean => streams.length > inOrder

/** The places of commands that are recorded together, and streams of which nothing more comes in their group. */
export type Round = { places: readonly number[]; over: ReadonlySet<string> }

/**
 * The rounds in which the commands of a group are recorded. Many are taken stream by stream. What is known of one need not be
 * kept then: what lasts costs most.
 */
export function* roundsOf({ streams }: Pick<Group<unknown>, 'streams'>): Generator<Round> {
  const isStreamByStream = isMany({ streams })
  const places = isStreamByStream ? placesByStream(streams) : [...streams.keys()]
  const commands = places.filter((place) => streams[place] !== null)
  for (let start = 0; start < commands.length; start += together) {
    const places = commands.slice(start, start + together)
    const over = new Set(isStreamByStream ? places.map((place) => streams[place]!) : [])
    const next = commands[start + together]
    if (next !== undefined) over.delete(streams[next]!)
    yield { places, over }
  }
}
