import { parentPort } from 'node:worker_threads'

// A thread that tells of the first pieces, and fails.

const port = parentPort!
let pieces = 0
port.once('message', () => {
  port.on('message', () => {
    pieces++
    port.postMessage(`piece ${pieces}`)
    if (pieces === 20) throw new Error('It failed.')
  })
})
port.postMessage('ready')
