import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import type { LedgerError } from '../errors.ts'
import { openEvents } from './events.ts'
import { later } from './recorded-at.ts'
import { type Group, refused, settle, type Settled } from './settle.ts'
import { type Handed, together } from './writer.ts'

// A thread that writes the log named to it, so that whoever decides what comes next never waits for the disk.
const port = parentPort!
const table = openEvents(workerData as string, 'log')

const commit = (group: Group): Settled => {
  try {
    return table.commit(() => settle(table, group))
  } catch (error) {
    return { after: 0, outcomes: group.appends.map(() => refused(error as LedgerError)) }
  }
}

const waiting: (Handed | 'close')[] = []
port.on('message', (message: Handed | 'close') => {
  waiting.push(message)
  while (waiting.length > 0) {
    // What came while the last commit ran shares the next.
    for (let more = receiveMessageOnPort(port); more; more = receiveMessageOnPort(port))
      waiting.push(more.message as Handed | 'close')
    if (waiting[0] === 'close') {
      table.close()
      port.close()
      return
    }
    const groups = together(waiting)
    const present = groups.map((group) => group.present).reduce(later)
    port.postMessage(commit({ present, appends: groups.flatMap(({ appends }) => appends) }))
  }
})
