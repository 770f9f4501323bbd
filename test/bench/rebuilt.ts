import { serveParent } from './child.ts'
import { forget, readOnce, rebuild } from './ledgers.ts'

// Makes the answers anew from the log that the argument names, or reads it once.

/** `cpu`: seconds of all cores; `resident`: MiB at most. */
export type Rebuilt = { seconds: number; cpu: number; resident: number; events: number }

const [path = ''] = process.argv.slice(2)

serveParent(async (what: 'rebuild' | 'read'): Promise<Rebuilt> => {
  // A rebuild is made beside what answers, and removes that only when it answers itself.
  if (what === 'rebuild') forget(path)
  const start = performance.now()
  const before = process.cpuUsage()
  const events = await (what === 'rebuild' ? rebuild(path) : readOnce(path))
  const { user, system } = process.cpuUsage(before)
  return {
    seconds: (performance.now() - start) / 1000,
    cpu: (user + system) / 1e6,
    resident: process.resourceUsage().maxRSS / 1024,
    events,
  }
})
