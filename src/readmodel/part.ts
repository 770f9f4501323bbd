import { openEvents, type Share } from '../log/events.ts'
import type { Event } from '../vocabulary/envelope.ts'
import type { Limits } from './core.ts'
import { handed, type Handed } from './handed.ts'
import type { PartOrder } from './order.ts'
import { openCore } from './store.ts'

/** What the thread of a part tells: up to where it has all of its share, and how many events it has. */
export type PartReach = { position: number; events: number }
/** What comes from the thread: how far it is, or all of the part, the last of which may still be on its way into the file. */
export type PartReport = { reach: PartReach } | { made: Handed }

/** Parts are of use only to others that share with them. */
export const partFingerprint = (fingerprint: string, { index, of }: Share): string =>
  `${fingerprint} ${index + 1}/${of}`

const mebibyte = 2 ** 20

/** How much is taken together: so many events, and so many bytes of them; and how many bytes of texts of states may wait to be written. */
export type PartMost = { events: number; bytes: number; waiting: number }

/** So many events come stream by stream: of most things all there is to tell. */
const usual: PartMost = { events: 75_000, bytes: 128 * mebibyte, waiting: 8 * mebibyte }

/**
 * Nothing is kept at hand where the events of a stream come one after another, and the file follows only where all up to a
 * position were taken.
 */
export const partLimits: Limits = {
  atHand: { events: 0, bytes: 0 },
  unsaved: { events: Infinity, bytes: Infinity },
  waiting: Infinity,
}

/** So often is told how far it is, in events. */
const often = 2000

/** Makes a part of a read model, going on where one before it was broken off. It is in its file when this resolves. */
export const makePart = async (
  { log, purpose, path, fingerprint, share, upTo }: PartOrder,
  { told, made }: { told: (reach: PartReach) => void; made: (part: Handed) => void },
  most = usual,
): Promise<void> => {
  const events = openEvents(log, purpose, 'read')
  const core = openCore(path, events, partFingerprint(fingerprint, share), partLimits, share.index)
  const { timeline, states } = core.tables
  let reached = core.position()
  let [saved, flushed] = [Promise.resolve(), Promise.resolve()]

  /** The last position of those that are taken together, and how many they are. */
  let [last, count] = [reached, 0]

  const tell = () => told({ position: reached, events: timeline.length() })
  /** The next events until there are no more, or what was made of them takes too much memory. */
  function* taken(next: Iterator<Event>, ended: () => void): Generator<Event> {
    while (states.waiting() < most.waiting) {
      const { done, value } = next.next()
      if (done) {
        ended()
        return
      }
      if (timeline.length() % often === 0) tell()
      last = Math.max(last, value.position)
      count++
      yield value
    }
  }

  try {
    for (;;) {
      tell()
      if (reached === upTo) {
        made(handed(core.tables.kept))
        break
      }
      count = 0
      // What is made of an entity is soon forgotten, and its events with it, when they come together.
      const shared = events.shared(share, reached, upTo, most)
      for (let isEnd = false; ;) {
        core.take(taken(shared, () => (isEnd = true)))
        if (isEnd) break
        await flushed
        flushed = core.flush()
      }
      reached = count < most.events ? upTo : last
      // While these are written the next are made; more than that would fill the memory. Who is killed loses both at the most.
      await Promise.all([saved, flushed])
      saved = core.save()
    }
  } catch (error) {
    // Whoever begins again writes the same files.
    await Promise.allSettled([saved, flushed])
    throw error
  }
  await saved
  await core.close()
  events.close()
}
