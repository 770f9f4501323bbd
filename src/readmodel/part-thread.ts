import { parentPort, workerData } from 'node:worker_threads'
import { openEvents } from '../log/events.ts'
import { makingLimits, type PartOrder, partFingerprint } from './make.ts'
import { openCore } from './store.ts'

/** So many events of all shares are looked at together: of most things all there is to tell. */
const page = 100_000

// A thread that makes a part of a read model, going on where one before it was broken off.
const { log, purpose, path, fingerprint, share, upTo } = workerData as PartOrder
const events = openEvents(log, purpose, 'read')
const made = partFingerprint(fingerprint, share)
const core = openCore(path, events, made, { ...makingLimits, atHand: 0 }, share.index)
for (;;) {
  parentPort!.postMessage(core.position())
  const next = events.shared(core.position(), page, share).filter(({ position }) => position <= upTo)
  if (next.length === 0) break
  core.takeShare(next)
  if (core.isBehind()) await core.save()
}
await core.save()
await core.close()
events.close()
