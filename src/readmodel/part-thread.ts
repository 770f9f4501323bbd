import { parentPort, workerData } from 'node:worker_threads'
import { movedOf } from './handed.ts'
import type { PartOrder } from './order.ts'
import { makePart, type PartReport } from './part.ts'

// A thread that makes a part of a read model.
const report = (told: PartReport, moved: ArrayBuffer[] = []) => parentPort!.postMessage(told, moved)
await makePart(workerData as PartOrder, {
  told: (reach) => report({ reach }),
  made: (made) => report({ made }, movedOf(made)),
})
