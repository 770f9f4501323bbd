import { parentPort } from 'node:worker_threads'
import { toldOf } from './crossing.ts'
import { createCutter, type Place } from './lines.ts'

// A thread that reads the lines of a long file: it goes on from a place, and tells what each piece says.

const port = parentPort!
port.once('message', (place: Place) => {
  const cutter = createCutter(place)
  port.on('message', (chunk: Uint8Array | 'rest') => {
    const told = toldOf(chunk === 'rest' ? cutter.rest() : cutter.take(chunk))
    port.postMessage(told, [told.commands.buffer])
  })
})
port.postMessage('ready')
