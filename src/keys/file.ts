import {
  chownSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { LedgerError } from '../errors.ts'
import { faultOf } from '../log/fault.ts'
import { makeFolder, syncFolder } from '../log/file.ts'
import { parseInstant } from '../time/instant.ts'
import { text } from '../vocabulary/text.ts'
import { roles } from './role.ts'

/** The name of a key: `recordedBy` of what is recorded with it. It is one line, so that it can be listed. */
export const keyName = text
  .max(100, 'must have at most 100 characters')
  .refine((name) => name.trim() === name, 'must not begin or end with a space')
  .refine((name) => !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(name), 'must be one line of visible characters')

const entry = z.strictObject({
  name: keyName,
  role: z.enum(roles),
  madeAt: z.string().refine((value) => parseInstant(value) === value, 'must be an instant'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in lower-case hexadecimal'),
})

/** What is kept of an access key: whose it is, and the SHA-256 by which it is recognised. */
export type KeyEntry = z.output<typeof entry>

const contents = z
  .strictObject({ keys: z.array(entry) })
  .refine(
    ({ keys }) => new Set(keys.map(({ name }) => name)).size === keys.length,
    'each name must be there once',
  )
  .refine(
    ({ keys }) => new Set(keys.map(({ sha256 }) => sha256)).size === keys.length,
    'each key must be there once',
  )

/**
 * The keys of a file, in the order in which they were made; null: there is no such file. Throws `unavailable` for one
 * that cannot be read or is no file of keys.
 */
export const readKeys = (path: string): KeyEntry[] | null => {
  try {
    return parsed(readFileSync(path, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new LedgerError(
      'unavailable',
      `The access keys cannot be read from ${path}: ${(error as Error).message}. Put a copy of it back, or name ` +
        'another file in LEDGER_KEYS.',
    )
  }
}

/** Changes a file of keys, or makes it: others who change it wait, and whoever reads it finds all of it or what was before. */
export const changeKeys = (
  path: string,
  change: (keys: readonly KeyEntry[]) => readonly KeyEntry[],
): void => {
  try {
    makeFolder(dirname(resolve(path)))
    const real = realOf(path)
    alone(real, () => write(real, change(readKeys(real) ?? [])))
  } catch (error) {
    throw faultOf(error, path)
  }
}

const parsed = (json: string): KeyEntry[] => {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    throw new Error('it is not JSON')
  }
  const result = contents.safeParse(value)
  if (result.success) return result.data.keys
  const [{ path, message }] = result.error.issues as [z.core.$ZodIssue]
  throw new Error(`${path.length > 0 ? `${path.join('.')} ` : ''}${message}`)
}

/** Where a file lies itself: what links to it is not replaced. */
const realOf = (path: string): string => {
  try {
    return realpathSync(path)
  } catch {
    return resolve(path)
  }
}

/** Works while nobody else does: SQLite's lock of a file beside it, which ends with the process in whatever way. */
const alone = (path: string, work: () => void): void => {
  const file = `${path}.lock`
  closeSync(openSync(file, 'a', secret))
  try {
    keepOwner(path, file)
  } catch {
    // Only root can give it away.
  }
  const database = new DatabaseSync(file, { timeout: 10_000 })
  try {
    database.exec('BEGIN EXCLUSIVE')
    work()
  } finally {
    database.close()
  }
}

/** Only its owner may read or write it. */
const secret = 0o600

const write = (path: string, keys: readonly KeyEntry[]): void => {
  const part = `${path}.new`
  rmSync(part, { force: true })
  const descriptor = openSync(part, 'wx', secret)
  try {
    writeFileSync(descriptor, `${JSON.stringify({ keys }, null, 2)}\n`)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  keepOwner(path, part)
  renameSync(part, path)
  syncFolder(dirname(path))
}

/** What an administrator changes must stay readable for the service, which is often another user. */
const keepOwner = (path: string, part: string): void => {
  const owner = statSync(path, { throwIfNoEntry: false })
  const own = statSync(part)
  if (owner && (owner.uid !== own.uid || owner.gid !== own.gid)) chownSync(part, owner.uid, owner.gid)
}
