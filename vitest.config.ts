import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { configDefaults, defineConfig } from 'vitest/config'

// Every ledger that is opened has threads, and half of the start of one is compiling what was compiled for the last.
process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, 'node_modules/.cache/crisis-ledger')
// To have large pages a command starts itself anew, which costs more than what is small here gains by them.
process.env['GLIBC_TUNABLES'] ??= ''

/** They put something in the place of a module, or are made of other files, so that nobody may have loaded those before. */
const alone = ['test/keys/keyring.test.ts', 'test/ledger/reader.test.ts', 'test/stand-in/http.test.ts']

export default defineConfig({
  test: {
    // Files share a process, which has loaded the ledger for the first of them; what a test kills is a process of its own.
    projects: [
      {
        extends: true,
        test: {
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...alone],
          isolate: false,
          unstubEnvs: true,
        },
      },
      { extends: true, test: { name: 'alone', include: alone } },
    ],
    pool: 'forks',
    // Much of what a test does is to wait: one at a time would leave a machine of two cores idle for half of it.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // What hangs is found all the same; what only waits for a busy machine is not taken for it.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 10_000 } },
    reporters: ['default', './test/reporter.ts'],
  },
})
