import { startStandIn } from '../stand-in/server.ts'
import { contract } from './log.contract.ts'
import { openOn } from './eventstoredb.ts'

contract('eventstoredb, on a stand-in that others write to as well,', async () => {
  const standIn = await startStandIn({ isShared: true })
  return openOn({ url: standIn.url, name: 'ledger', release: () => standIn.close() })
})
