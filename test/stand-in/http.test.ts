import { describe, vi } from 'vitest'

// Read whenever a service is opened, which is after this file has been read. `npm run test:stand-in` runs the whole suite.
vi.stubEnv('TEST_LOG', 'stand-in')

describe('on a log on a server,', () => {
  describe('commands', async () => {
    await import('../http/commands.test.ts')
  })
  describe('refusals', async () => {
    await import('../http/refusals.test.ts')
  })
  describe('the ledger itself', async () => {
    await import('../http/events.test.ts')
  })
  describe('what many do at once', async () => {
    await import('../ledger/concurrency.test.ts')
  })
  describe('what shares commits', async () => {
    await import('../ledger/together.test.ts')
  })
  describe('a restore', async () => {
    await import('../ledger/restore.test.ts')
  })
})
