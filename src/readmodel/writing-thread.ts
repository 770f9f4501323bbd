import { parentPort, workerData } from 'node:worker_threads'
import { type Batch, createWriter } from './batch.ts'
import { openDatabase } from './database.ts'

// A thread that writes batches into the file named to it, so that whoever answers questions never waits for a disk.
const database = openDatabase(workerData as string)
const write = createWriter(database)

parentPort!.on('message', (batch: Batch | 'close') => {
  if (batch === 'close') {
    database.close()
    parentPort!.close()
    return
  }
  try {
    write(batch)
    parentPort!.postMessage(null)
  } catch (error) {
    parentPort!.postMessage((error as Error).message)
  }
})
