import { parentPort, workerData } from 'node:worker_threads'
import { make } from './make.ts'
import type { Order } from './order.ts'
import type { Reach } from './pace.ts'

/** What the thread tells: how far it came, or that it came to the end. */
export type Report = Reach & { done: boolean }

// A thread in which a read model is made anew from the log.
let reached: Reach = { position: 0, head: 0, events: 0, share: 0 }
const report = (done: boolean) => parentPort!.postMessage({ ...reached, done } satisfies Report)
await make(workerData as Order, (reach) => {
  reached = reach
  report(false)
})
report(true)
