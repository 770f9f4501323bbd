import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import { fileAt, type OpenedFile } from './checkpoints.ts'

// A thread that brings what is in the WAL of a file into the file, each time it is asked. It holds nobody up: what is in use it
// leaves where it is.

const port = parentPort!
const opened = workerData as OpenedFile
// It makes no file: SQLite would remove the WAL that lies beside an empty one.
const url = pathToFileURL(opened.path)
url.searchParams.set('mode', 'rw')
const database = new DatabaseSync(url)
// Nothing was read of it yet, and so nothing of the WAL. Another file at this path would be written over with it.
const there = fileAt(opened.path)
if (there?.device !== opened.device || there.number !== opened.number)
  throw new Error(`Another file is at ${opened.path} by now`)
// On the disk before it may be forgotten in the WAL, also on macOS.
database.exec('PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON')
const checkpoint = database.prepare('PRAGMA wal_checkpoint(PASSIVE)')

port.on('message', () => {
  checkpoint.get()
  port.postMessage('done')
})
