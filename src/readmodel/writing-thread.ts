import { parentPort, workerData } from 'node:worker_threads'
import { type Batch, createWriter, letGo } from './batch.ts'
import type { Place } from './file.ts'
import { databaseOf } from './files.ts'
import { openDatabase } from './database.ts'
import { openStateWriter } from './state-file.ts'

// A thread that writes batches into the file named to it, so that whoever answers questions never waits for a disk.
const { path, part } = workerData as Place
const database = openDatabase(databaseOf(path, part))
const writer = createWriter(database, openStateWriter(path))

parentPort!.on('message', (batch: Batch | 'close') => {
  if (batch === 'close') {
    writer.close()
    database.close()
    parentPort!.close()
    return
  }
  try {
    writer.write(batch)
    letGo(batch)
    parentPort!.postMessage(null)
  } catch (error) {
    parentPort!.postMessage((error as Error).message)
  }
})
