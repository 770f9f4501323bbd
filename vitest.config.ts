import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

// Every ledger that is opened has threads, and half of the start of one is compiling what was compiled for the last.
process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, 'node_modules/.cache/crisis-ledger')
// To have large pages a command starts itself anew, which costs more than what is small here gains by them.
process.env['GLIBC_TUNABLES'] ??= ''

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // A process per test file: what a test kills, locks or leaves open cannot reach another one.
    pool: 'forks',
    // Much of what a test does is to wait: one at a time would leave a machine of two cores idle for half of it.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: ['default', './test/reporter.ts'],
  },
})
