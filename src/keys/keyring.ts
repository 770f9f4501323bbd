import { timingSafeEqual } from 'node:crypto'
import { statSync } from 'node:fs'
import { LedgerError } from '../errors.ts'
import { type KeyEntry, readKeys } from './file.ts'
import { hashOf } from './key.ts'
import type { Role } from './role.ts'

/** Whose key a request came with, and what it lets one do. */
export type Access = { readonly name: string; readonly role: Role }

/** The access keys of a service, as their file has them now. */
export type Keyring = {
  /** Whose key this is; null: nobody's. How long it takes says nothing of the keys. */
  find(key: string): Access | null
  /** How many keys there are now. */
  size(): number
  /** Has something ended as soon as this access is taken away, until what this gives is called. */
  follow(access: Access, end: () => void): () => void
  close(): void
}

type Options = {
  /** How often the file is looked at, in milliseconds. */
  interval?: number
  /** Told when the file cannot be read, once until it changes again. */
  failed: (error: unknown) => void
}

type Held = { access: Access; hash: Buffer; ends: Set<() => void> }

/**
 * Opens a file of keys and follows it: a key that is added or revoked counts within half a second. While the file
 * cannot be read, those keys count that it last had; where it is removed, none does.
 *
 * Throws `unavailable` when there is no such file, or it cannot be read.
 */
export const openKeyring = (path: string, { interval = 500, failed }: Options): Keyring => {
  // Looked at before it is read: what changes in between is seen the next time.
  let seen = lookOf(path)
  let held = heldOf(required(path), [])

  const take = (entries: readonly KeyEntry[]) => {
    const before = held
    held = heldOf(entries, before)
    for (const one of before) if (!held.includes(one)) for (const end of one.ends) end()
  }
  const look = () => {
    const now = lookOf(path)
    if (now === seen) return
    seen = now
    try {
      take(readKeys(path) ?? [])
    } catch (error) {
      failed(error)
    }
  }
  const looking = setInterval(look, interval).unref()

  return {
    find: (key) => {
      const hash = hashOf(key)
      let found: Access | null = null
      for (const one of held) if (timingSafeEqual(one.hash, hash)) found = one.access
      return found
    },
    size: () => held.length,
    follow: (access, end) => {
      const ends = held.find((one) => one.access === access)?.ends
      ends?.add(end)
      return () => void ends?.delete(end)
    },
    close: () => clearInterval(looking),
  }
}

/** What differs when a file was written or replaced. */
const lookOf = (path: string): string => {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true })
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ')
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code)
  }
}

const required = (path: string): KeyEntry[] => {
  const keys = readKeys(path)
  if (keys) return keys
  throw new LedgerError(
    'unavailable',
    `There are no access keys at ${path}, which LEDGER_KEYS names: make the first with ` +
      '"crisis-ledger key add NAME --role admin".',
  )
}

/** Entries as they are held; of those that are as before, what is under way goes on. */
const heldOf = (entries: readonly KeyEntry[], before: readonly Held[]): Held[] =>
  entries.map(({ name, role, sha256 }) => {
    const hash = Buffer.from(sha256, 'hex')
    const same = before.find(
      (one) => one.access.name === name && one.access.role === role && one.hash.equals(hash),
    )
    return same ?? { access: { name, role }, hash, ends: new Set() }
  })
