import { parentPort, workerData } from 'node:worker_threads'
import { openEvents } from '../log/events.ts'
import type { Purpose } from '../log/file.ts'
import { openCore } from './store.ts'

/** What the thread is told: the file of the log or of its replica, the file to make, and by what. */
export type Order = { log: string; purpose: Purpose; path: string; fingerprint: string }
/** What it tells: how far it came, or that it came to the end. */
export type Report = { position: number; head: number; done: boolean }

// A thread that makes a read model anew from the log, going on where one before it was broken off.
const { log, purpose, path, fingerprint } = workerData as Order
const events = openEvents(log, purpose, 'read')
const core = openCore(path, events, fingerprint, { atHand: 50_000, unsaved: 20_000, waiting: Infinity })
const page = 2000
const report = (done: boolean) =>
  parentPort!.postMessage({ position: core.position(), head: events.head(), done } satisfies Report)

report(false)
for (;;) {
  const next = events.after(core.position(), page)
  if (next.length === 0) break
  core.take(next)
  // Saving must not fall behind: what waits for it is in memory.
  if (core.isBehind()) await core.save()
  report(false)
}
await core.close()
report(true)
events.close()
