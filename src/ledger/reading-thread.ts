import { parentPort } from 'node:worker_threads'
import { commands } from './commands.ts'
import { toldOf } from './crossing.ts'
import { createCutter } from './lines.ts'
import { past } from './past.ts'
import type { Begin } from './reader.ts'

// A thread that reads the lines of a long file: it goes on from a place, and tells what each piece says.

const port = parentPort!
port.once('message', ({ form, place }: Begin) => {
  const cutter = createCutter(place)
  const told = form === 'past' ? toldOf.bind(null, past) : toldOf.bind(null, commands)
  port.on('message', (chunk: Uint8Array | 'rest') => {
    const said = told(chunk === 'rest' ? cutter.rest() : cutter.take(chunk))
    port.postMessage(said, [said.items.buffer])
  })
})
port.postMessage('ready')
