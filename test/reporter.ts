import type { Reporter, TestModule } from 'vitest/node'

/**
 * Ends a run with one line such as `212 passed, 0 failed` (`, 3 skipped` if there are any). A file or a suite that
 * breaks outside its tests, and an error nobody caught, count as failed: no run that fails says `0 failed`.
 */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0, pending: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) count[test.result().state] += 1
      for (const suite of [module, ...module.children.allSuites()])
        if (suite.errors().length > 0) count.failed += 1
    }
    const skipped = count.skipped + count.pending
    const line =
      `${count.passed} passed, ${count.failed} failed` + (skipped > 0 ? `, ${skipped} skipped` : '')
    // At the exit, because other reporters still write when the run has ended.
    process.once('exit', () => console.log(line))
  }
}
