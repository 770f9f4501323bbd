import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** What is used of Emmett's event store on PostgreSQL. */
export type Emmett = {
  appendToStream(stream: string, events: readonly { type: string; data: object }[]): Promise<unknown>
  close(): Promise<void>
}

/** Emmett's event store in a database, its tables made. The first use installs it, in the folder `emmett` beside this file. */
export const openEmmett = async (url: string): Promise<Emmett> => {
  const folder = join(import.meta.dirname, 'emmett')
  if (!existsSync(join(folder, 'node_modules'))) {
    const { status, stderr } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
      cwd: folder,
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`Emmett could not be installed: ${stderr}`)
  }
  const found = createRequire(join(folder, 'package.json')).resolve('@event-driven-io/emmett-postgresql')
  const { getPostgreSQLEventStore } = (await import(pathToFileURL(found).href)) as {
    getPostgreSQLEventStore: (url: string) => Emmett & { schema: { migrate(): Promise<unknown> } }
  }
  const store = getPostgreSQLEventStore(url)
  await store.schema.migrate()
  return store
}
