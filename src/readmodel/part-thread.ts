import { parentPort, workerData } from 'node:worker_threads'
import { makePart, type PartOrder } from './part.ts'

// A thread that makes a part of a read model.
await makePart(workerData as PartOrder, (reach) => parentPort!.postMessage(reach))
