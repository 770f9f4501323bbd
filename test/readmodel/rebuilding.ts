import { join } from 'node:path'
import { openEvents } from '../../src/log/events.ts'
import { createModel } from '../../src/readmodel/model.ts'
import { createRebuild } from '../../src/readmodel/rebuild.ts'
import { filesBeside, openCore } from '../../src/readmodel/store.ts'

export const made = 'a fingerprint'

/** A ledger in a folder, its read model live, and what makes that anew. */
export const rebuilding = async (path: string) => {
  const log = join(path, 'ledger.db')
  const events = openEvents(log, 'log', 'read')
  const files = filesBeside(log)
  const model = createModel(openCore(files[0], events, made))
  model.apply([...events.from(model.position())])
  await model.core().save()
  const rebuild = createRebuild({
    model,
    events,
    log,
    files,
    fingerprint: made,
    ticks: () => performance.now(),
  })
  const close = async () => {
    await rebuild.stop()
    await model.core().close()
    events.close()
  }
  return { model, rebuild, files, close, events }
}
