import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder that is gone when it is disposed of, or when this process ends. */
export const temporaryFolder = () => {
  const path = mkdtempSync(join(tmpdir(), 'crisis-ledger-bench-'))
  const remove = () => rmSync(path, { recursive: true, force: true })
  process.once('exit', remove)
  return {
    path,
    [Symbol.dispose]: () => {
      process.off('exit', remove)
      remove()
    },
  }
}

/** A folder that stays, for what takes long to make and is the same each time: it can be removed at any time. */
export const lastingFolder = (): string => {
  const path = join(tmpdir(), 'crisis-ledger-bench')
  mkdirSync(path, { recursive: true })
  return path
}

/** What tells whether files, or those of folders, are still the same: what was made with others is made anew. */
export const fingerprintOf = (paths: readonly string[]): string => {
  const hash = createHash('sha256')
  const take = (path: string): void => {
    if (statSync(path).isFile()) hash.update(readFileSync(path))
    else for (const name of readdirSync(path).toSorted()) take(join(path, name))
  }
  for (const path of paths) take(path)
  return hash.digest('hex').slice(0, 12)
}
