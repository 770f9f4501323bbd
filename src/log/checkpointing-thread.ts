import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'

// A thread that brings what is in the WAL of a file into the file, each time it is asked. It holds nobody up: what is in use it
// leaves where it is.

const port = parentPort!
const database = new DatabaseSync(workerData as string)
// On the disk before it may be forgotten in the WAL, also on macOS.
database.exec('PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON')
const checkpoint = database.prepare('PRAGMA wal_checkpoint(PASSIVE)')

port.on('message', () => {
  checkpoint.get()
  port.postMessage('done')
})
