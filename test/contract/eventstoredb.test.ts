import { randomUUID } from 'node:crypto'
import { describe } from 'vitest'
import { openOn } from './eventstoredb.ts'
import { contract } from './log.contract.ts'

const url = process.env['EVENTSTORE_URL']

describe.skipIf(url === undefined)(
  url ? 'on a real server' : 'on a real server (not run: EVENTSTORE_URL names none)',
  () => {
    // Nothing can be deleted there: every ledger has a name of its own.
    contract('eventstoredb', () =>
      openOn({ url: url!, name: `contract-${randomUUID()}`, release: async () => {} }),
    )
  },
)
