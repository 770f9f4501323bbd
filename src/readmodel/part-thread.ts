import { parentPort, workerData } from 'node:worker_threads'
import { openEvents } from '../log/events.ts'
import type { Event } from '../vocabulary/envelope.ts'
import { partLimits, type PartOrder, type PartReach, partFingerprint } from './make.ts'
import { openCore } from './store.ts'

/** Of so many events those of a share come stream by stream: of most things all there is to tell. */
const page = 150_000
/** So often is told how far it is. */
const often = 2000

// A thread that makes a part of a read model, going on where one before it was broken off.
const { log, purpose, path, fingerprint, share, upTo } = workerData as PartOrder
const events = openEvents(log, purpose, 'read')
const made = partFingerprint(fingerprint, share)
const core = openCore(path, events, made, partLimits, share.index)
let reached = core.position()
let saved = Promise.resolve()

const tell = (): void => {
  const { timeline } = core.tables
  parentPort!.postMessage({ position: reached, events: timeline.length() } satisfies PartReach)
}
function* told(taken: Iterable<Event>): Generator<Event> {
  let count = 0
  for (const event of taken) {
    if (++count % often === 0) tell()
    yield event
  }
}

for (;;) {
  tell()
  if (reached === upTo) break
  const next = Math.min(events.positionAfter(reached, page) ?? upTo, upTo)
  // What is made of an entity is soon forgotten, and its events with it, when they come together.
  core.take(told(events.shared(share, reached, next)))
  reached = next
  // While these are written the next are made; more than that would fill the memory. Who is killed loses both at the most.
  await saved
  saved = core.save()
}
await saved
await core.close()
events.close()
