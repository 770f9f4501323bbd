import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'

/**
 * A connection that reads the tables of a file, as `log`, in another order than their own: so many bytes of rows are sorted in
 * one piece of memory.
 *
 * With `temp_store = MEMORY` each row has a piece of its own, and a thread spends a tenth of its time on making and freeing
 * them. In one piece SQLite sorts as much as the cache of `main` may hold, and nothing else is in that: the file's own is small.
 */
export const openSorter = (path: string, bytes: number): DatabaseSync => {
  const database = new DatabaseSync(':memory:')
  database.exec(`PRAGMA main.cache_size = -${Math.ceil(bytes / 1024)}; PRAGMA temp_store = FILE`)
  database.prepare('ATTACH ? AS log').run(`${pathToFileURL(path).href}?mode=ro`)
  return database
}
