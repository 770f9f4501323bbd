import { once } from 'node:events'
import { flushCompileCache } from 'node:module'
import { pino } from 'pino'
import { readSettings } from '../../src/config.ts'
import { open } from '../../src/main.ts'

// Once it is told to, serves the ledger in the file that its argument names, on a free port, and tells the address.

// Whoever is killed does not come to do it at the exit.
flushCompileCache()
process.once('disconnect', () => process.exit())
await once(process, 'message')

const settings = readSettings({ LEDGER_LOG: `sqlite:${process.argv[2]}`, LEDGER_PORT: '0' })
const ledger = await open(settings, pino({ level: 'silent' }))
const { url } = await ledger.serve()
process.send!(url)
